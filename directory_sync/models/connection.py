"""A customer's directory, the credential that opens it, and who may see what of it."""

import hashlib
import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from .organization import Organization


class ConnectionQuerySet(models.QuerySet["Connection"]):
    def live(self):
        """Everything that has not been disconnected."""
        return self.exclude(state=Connection.State.DISCONNECTED)

    def due(self, now: datetime):
        """Connections whose time has come; longest waiting first."""
        return (
            self.filter(state__in=[Connection.State.ACTIVE, Connection.State.QUARANTINED], due_at__lte=now)
            .exclude(runs__state__in=["queued", "running"])
            .order_by("due_at")
        )


class Connection(models.Model):
    """One tenant's directory. Cloud and tenant never change: another tenant is another connection."""

    class CloudName(models.TextChoices):
        GLOBAL = "global", "Azure (global)"
        USGOV_L4 = "usgov_l4", "Azure Government (L4)"

    class Scope(models.TextChoices):
        DIRECTORY = "directory", "Whole directory"
        SELECTED = "selected", "Listed groups only"

    class Cadence(models.TextChoices):
        NIGHTLY = "nightly", "Nightly"
        WEEKLY = "weekly", "Weekly, on Monday"

    class State(models.TextChoices):
        ACTIVE = "active", "Active"
        PAUSED = "paused", "Paused"
        QUARANTINED = "quarantined", "Credentials rejected"
        DISCONNECTED = "disconnected", "Disconnected"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200, blank=True, help_text="The customer's own company name.")
    cloud = models.CharField(max_length=20, choices=CloudName, default=CloudName.GLOBAL)
    tenant_id = models.CharField("directory (tenant) ID", max_length=36)
    client_id = models.CharField("application (client) ID", max_length=36)
    owner_name = models.CharField(max_length=200)
    owner_email = models.EmailField(max_length=254)

    username_fallback = models.BooleanField(default=False)
    sync_contacts = models.BooleanField(default=False)
    exclude_guests = models.BooleanField(default=False)
    excluded_values = models.JSONField(
        default=list, blank=True, help_text='People left out by an approved attribute: [{"attribute": …, "value": …}].'
    )
    guard = models.JSONField(default=dict, blank=True, help_text="Thresholds that differ from the usual ones.")
    scope = models.CharField(max_length=20, choices=Scope, default=Scope.DIRECTORY)
    scope_group_ids = models.JSONField(default=list, blank=True)

    state = models.CharField(max_length=20, choices=State, default=State.ACTIVE)
    cadence = models.CharField(max_length=20, choices=Cadence, default=Cadence.NIGHTLY)
    due_at = models.DateTimeField(null=True, blank=True, db_index=True)
    due_trigger = models.CharField(max_length=20, default="schedule")
    derived_with = models.CharField(max_length=100, blank=True, editable=False)
    synced_at = models.DateTimeField(null=True, blank=True, help_text="When a run last brought everything up to date.")
    problem = models.CharField(max_length=60, blank=True, help_text="Code of what stops it at present.")
    problem_subject = models.CharField(max_length=200, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0, help_text="Failed runs since the last good one.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        ordering = ["name", "created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["cloud", "tenant_id", "client_id"],
                condition=~Q(state="disconnected"),
                name="one_live_connection_per_app_registration",
            )
        ]

    def __str__(self) -> str:
        return self.name or f"Tenant {self.tenant_id}"

    @property
    def option_fingerprint(self) -> str:
        """The options that decide who is a recipient; when it changes, a run derives everybody anew."""
        options = (self.username_fallback, self.sync_contacts, self.exclude_guests, self.excluded_values)
        return hashlib.blake2b(repr(options).encode(), digest_size=16).hexdigest()

    def current_credential(self) -> "Credential | None":
        return self.credentials.filter(slot=Credential.Slot.CURRENT).first()

    def approved_attributes(self) -> list[str]:
        """Union over all organizations: what may be fetched from Graph beyond the base set."""
        grants = AttributeGrant.objects.filter(access__connection=self, state=AttributeGrant.State.APPROVED)
        return sorted(set(grants.values_list("attribute", flat=True)))


class Credential(models.Model):
    """A client secret, sealed to this row's own id. Nothing here can open it; workers can."""

    class Slot(models.TextChoices):
        DRAFT = "draft", "Draft"
        CURRENT = "current", "Current"
        NEXT = "next", "Next"
        RETIRED = "retired", "Retired"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    connection = models.ForeignKey(
        Connection, null=True, blank=True, on_delete=models.CASCADE, related_name="credentials"
    )
    slot = models.CharField(max_length=10, choices=Slot, default=Slot.DRAFT)
    sealed = models.TextField(blank=True, editable=False)
    secret_id = models.CharField(max_length=36, blank=True)
    expires_on = models.DateField(null=True, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "slot"],
                condition=Q(slot__in=["current", "next"]),
                name="one_current_and_one_next_credential_per_connection",
            )
        ]

    def __str__(self) -> str:
        return f"Client secret {self.secret_id or self.id}"


class Access(models.Model):
    """What one organization may see of one connection: all its groups, or those listed."""

    class Sees(models.TextChoices):
        ALL = "all", "All groups"
        LISTED = "listed", "Listed groups"

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="accesses")
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="accesses")
    sees = models.CharField(max_length=10, choices=Sees, default=Sees.ALL)
    listed_group_ids = models.JSONField(default=list, blank=True)

    class Meta:
        verbose_name_plural = "accesses"
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "organization"], name="one_access_per_connection_and_organization"
            )
        ]

    def __str__(self) -> str:
        return f"{self.organization} → {self.connection}"

    def groups(self):
        """The groups of this connection that the organization may see."""
        return self.connection.groups.filter(self.seen())

    def seen(self, path: str = "") -> Q:
        """The same as a condition on rows whose group is at `path`, like "group__"; on groups themselves without."""
        seen = Q(**{f"{path}connection": self.connection_id, f"{path}is_read": True})
        return seen if self.sees == self.Sees.ALL else seen & Q(**{f"{path}entra_id__in": self.listed_group_ids})


class AttributeGrant(models.Model):
    """One of the 17 attributes, for one organization: asked for, then approved or declined by staff."""

    class State(models.TextChoices):
        REQUESTED = "requested", "Requested"
        APPROVED = "approved", "Approved"
        DECLINED = "declined", "Declined"

    access = models.ForeignKey(Access, on_delete=models.CASCADE, related_name="grants")
    attribute = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=State, default=State.REQUESTED)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["access", "attribute"], name="one_grant_per_access_and_attribute")
        ]

    def __str__(self) -> str:
        return f"{self.attribute}: {self.get_state_display()}"
