"""The directory as Entra has it, and what follows from it.

Links are kept direct, as Entra gives them: `Membership` (person in group) and `Nesting` (group in group).
`GroupClosure` is derived. Groups that contain each other share one `component` (the lowest id among
them), and closure rows exist for components only, so a cycle of n groups costs n rows.
"""

from django.db import models

from .connection import Connection

MOST_NAMED = 1_000  # groups that one query names


class Group(models.Model):
    class Kind(models.TextChoices):
        SECURITY = "security", "Security"
        MICROSOFT_365 = "m365", "Microsoft 365"
        MAIL_SECURITY = "mail_security", "Mail-enabled security"
        DISTRIBUTION = "distribution", "Distribution list"

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SYNCING = "syncing", "Syncing"
        SYNCED = "synced", "Synced"
        ERROR = "error", "Error"
        HELD = "held", "Held"
        GONE = "gone", "Gone"

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="groups")
    entra_id = models.CharField("object ID", max_length=36)
    is_read = models.BooleanField(default=False, help_text="Whether its own object has been read yet.")
    name = models.CharField(max_length=400, blank=True)
    mail = models.CharField(max_length=400, blank=True)
    kind = models.CharField(max_length=20, choices=Kind, blank=True)
    is_dynamic = models.BooleanField(default=False)
    is_hidden = models.BooleanField("hidden membership", default=False)
    is_on_premises = models.BooleanField("synced from on-premises", default=False)

    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    status_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=60, blank=True)
    reread_due = models.BooleanField(
        default=False, db_default=False, editable=False, help_text="To be read anew, member by member."
    )
    counts_due = models.BooleanField(
        default=False, db_default=False, editable=False, help_text="Its numbers are from before the last change."
    )
    component = models.BigIntegerField(null=True, blank=True, db_index=True, editable=False)

    entra_direct = models.PositiveIntegerField(default=0)
    entra_transitive = models.PositiveIntegerField(default=0)
    people = models.PositiveIntegerField(default=0)
    recipients = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["connection", "entra_id"], name="one_group_per_object_id")]
        indexes = [
            models.Index(fields=["connection", "name"]),
            models.Index(fields=["connection", "-recipients"]),
            models.Index(fields=["connection"], condition=models.Q(counts_due=True), name="groups_counts_due"),
        ]

    def __str__(self) -> str:
        return self.name or self.entra_id

    def members(self):
        """Everybody reached by this group, at any depth, recipient or not; each once."""
        return GroupClosure.objects.filter(ancestor_id=self.component).people()

    def reached(self):
        """Those of its members to whom a newsletter goes."""
        return self.members().filter(left_out="")


class Recipient(models.Model):
    """A user or contact of the directory, or the placeholder of a member that is neither or not yet read."""

    class Kind(models.TextChoices):
        USER = "user", "User"
        CONTACT = "contact", "Contact"
        DEVICE = "device", "Device"
        SERVICE_PRINCIPAL = "service_principal", "Service principal"
        OTHER = "other", "Other object"

    class LeftOut(models.TextChoices):
        REMOVED = "removed", "Deleted in Entra"
        OTHER_OBJECT = "other_object", "Not a person"
        CONTACT = "contact", "Contacts are not synced"
        UNREAD = "unread", "Entra did not let us read this account"
        DISABLED = "disabled", "Account disabled"
        EXCLUDED = "excluded", "Excluded by a setting"
        NO_ADDRESS = "no_address", "No e-mail address"
        INVALID_ADDRESS = "invalid_address", "Invalid e-mail address"

    # Without an index of its own: those below begin with it, and serve better.
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="recipients", db_index=False)
    entra_id = models.CharField("object ID", max_length=36)
    kind = models.CharField(max_length=20, choices=Kind)

    # Facts, as Entra gave them
    is_read = models.BooleanField(default=False, help_text="Whether its own object has been read yet.")
    name = models.CharField(max_length=400, blank=True)
    mail = models.CharField(max_length=400, blank=True)
    username = models.CharField("user principal name", max_length=400, blank=True)
    enabled = models.BooleanField("account enabled", null=True, blank=True)
    user_type = models.CharField(max_length=40, blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    manager_entra_id = models.CharField(max_length=36, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)
    facts_hash = models.CharField(max_length=32, blank=True, editable=False)
    links_due = models.BooleanField(default=False, editable=False)

    # What follows from them; `sync.derive` alone writes these
    mail_is_valid = models.BooleanField(default=False, editable=False)
    username_is_valid = models.BooleanField(default=False, editable=False)
    email = models.CharField(max_length=400, blank=True)
    left_out = models.CharField(max_length=20, choices=LeftOut, blank=True, default=LeftOut.UNREAD)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["connection", "entra_id"], name="one_recipient_per_object_id")]
        indexes = [
            models.Index(fields=["name"], name="recipients_by_name"),  # staff's list, of all directories
            # Who is reached, by name and with the address, without a look at the rows, which are wide. What Entra
            # allows of both (256 letters each) fits into a row of an index of PostgreSQL.
            models.Index(fields=["connection", "left_out", "name", "email", "id"], name="recipients_reached"),
            models.Index(fields=["connection"], condition=models.Q(links_due=True), name="recipients_links_due"),
        ]

    def __str__(self) -> str:
        return self.name or self.entra_id


class Membership(models.Model):
    """A person's direct link to a group. Links of removed people stay: a restored person has them back."""

    pk = models.CompositePrimaryKey("group_id", "recipient_id")
    # Checked by the one statement that writes them, which joins both tables: to have the database check each
    # row again costs twice what it costs to write it. The key serves who asks by group.
    group = models.ForeignKey(
        Group, on_delete=models.CASCADE, related_name="memberships", db_constraint=False, db_index=False
    )
    recipient = models.ForeignKey(Recipient, on_delete=models.CASCADE, related_name="memberships", db_constraint=False)

    def __str__(self) -> str:
        return f"{self.recipient_id} in {self.group_id}"


class Nesting(models.Model):
    """A group's direct link to a group that contains it."""

    pk = models.CompositePrimaryKey("parent_id", "child_id")
    parent = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="child_links")
    child = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="parent_links")

    def __str__(self) -> str:
        return f"{self.child_id} in {self.parent_id}"


class GroupClosureQuerySet(models.QuerySet["GroupClosure"]):
    def people(self):
        """Everybody whom these rows reach, recipient or not; each once.

        Few groups are named one by one: PostgreSQL then knows from its statistics how many people that will be,
        and finds them in a way that suits.
        """
        reached = self.order_by().values_list("descendant", flat=True).distinct()
        few = list(reached[: MOST_NAMED + 1])
        links = Membership.objects.filter(group__in=few if len(few) <= MOST_NAMED else reached)
        return Recipient.objects.filter(pk__in=links.values("recipient"))


class GroupClosure(models.Model):
    """`descendant` is reached from every group of the component that `ancestor` stands for, itself included."""

    pk = models.CompositePrimaryKey("ancestor_id", "descendant_id")
    ancestor = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="closure_down")
    descendant = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="closure_up")

    objects = GroupClosureQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.ancestor_id} reaches {self.descendant_id}"
