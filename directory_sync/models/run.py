"""Runs, what they read (the journal), and where the next one starts (delta links)."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from .connection import Connection
from .people import Group


class SyncRunQuerySet(models.QuerySet["SyncRun"]):
    def active(self):
        """Runs that hold their connection: at work, or parked until a worker goes on with them."""
        return self.filter(state__in=SyncRun.ACTIVE)


class SyncRun(models.Model):
    class Trigger(models.TextChoices):
        SCHEDULE = "schedule", "Schedule"
        APPROVAL = "approval", "Approval"
        MANUAL = "manual", "Sync now"
        COMMAND = "command", "Command line"
        RETRY = "retry", "Retry"
        RELEASE = "release", "Released"

    class Kind(models.TextChoices):
        FULL = "full", "Full"
        INCREMENTAL = "incremental", "Incremental"
        GROUP = "group", "One group"

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        SUCCEEDED = "succeeded", "Succeeded"
        PARTIAL = "partial", "Succeeded in part"
        FAILED = "failed", "Failed"
        HELD = "held", "Held"
        SUPERSEDED = "superseded", "Superseded"
        DISMISSED = "dismissed", "Dismissed"

    ACTIVE = (State.QUEUED, State.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="runs")
    trigger = models.CharField(max_length=20, choices=Trigger, default=Trigger.SCHEDULE)
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.INCREMENTAL)
    state = models.CharField(max_length=20, choices=State, default=State.QUEUED)
    stage = models.CharField(max_length=20, blank=True)
    attempt = models.PositiveIntegerField(default=0)
    worker = models.CharField(max_length=200, blank=True, editable=False, help_text="Host and process at work on it.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    problem = models.CharField(max_length=60, blank=True)
    problem_subject = models.CharField(max_length=200, blank=True)
    request_id = models.CharField("Microsoft's request id", max_length=80, blank=True)

    losses = models.JSONField(default=list, blank=True, help_text="Object ids of people who would leave; when held.")
    releases = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, help_text="The held run whose losses are accepted."
    )
    expected_objects = models.PositiveIntegerField(default=0, help_text="What Entra counted when the run began.")
    read_objects = models.PositiveIntegerField(default=0)
    requests = models.PositiveIntegerField(default=0)
    pages = models.PositiveIntegerField(default=0)
    users = models.PositiveIntegerField(default=0, help_text="User objects read.")
    groups = models.PositiveIntegerField(default=0, help_text="Group objects read.")
    contacts = models.PositiveIntegerField(default=0, help_text="Contact objects read.")
    memberships = models.PositiveIntegerField(default=0, help_text="Links read.")
    added = models.PositiveIntegerField(default=0, help_text="People who became recipients.")
    changed = models.PositiveIntegerField(default=0, help_text="People written otherwise.")
    removed = models.PositiveIntegerField(default=0, help_text="People who ceased to be recipients.")
    held = models.PositiveIntegerField(default=0)
    peak_rss_mib = models.PositiveIntegerField(default=0)

    objects = SyncRunQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["connection", "-created_at"])]
        constraints = [
            models.UniqueConstraint(
                fields=["connection"],
                condition=Q(state__in=["queued", "running"]),
                name="one_active_run_per_connection",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} run of {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def percent(self) -> int | None:
        """How much of what Entra counted has been read, 0 to 100; None when nothing was counted."""
        if not self.expected_objects:
            return None
        return min(100, 100 * self.read_objects // self.expected_objects)

    @property
    def seconds_left(self) -> float | None:
        """At the pace so far; None before there is one."""
        if not self.expected_objects or not self.read_objects:
            return None
        return self.seconds * max(self.expected_objects - self.read_objects, 0) / self.read_objects

    @property
    def seconds(self) -> float:
        if not self.started_at:
            return 0.0
        return ((self.finished_at or timezone.now()) - self.started_at).total_seconds()


class GroupChange(models.Model):
    """What a run changed in one group, or in the whole connection; by object id, up to 1,000 each way."""

    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="group_changes")
    group = models.ForeignKey(Group, null=True, blank=True, on_delete=models.CASCADE, related_name="changes")
    added = models.PositiveIntegerField(default=0)
    removed = models.PositiveIntegerField(default=0)
    added_ids = models.JSONField(default=list, blank=True)
    removed_ids = models.JSONField(default=list, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "group"], name="one_change_per_run_and_group")]

    def __str__(self) -> str:
        return f"+{self.added} −{self.removed} in {self.group or 'the connection'}"


class DriftCheck(models.Model):
    """When a group's count was last held against Entra's own, and since when it differs.

    Apart from the group, so that a night without changes writes no row of the directory.
    """

    group = models.OneToOneField(Group, on_delete=models.CASCADE, related_name="drift_check")
    checked_at = models.DateTimeField()
    differs_since = models.DateTimeField(null=True, blank=True)
    difference = models.IntegerField(default=0, help_text="Entra's count minus ours.")

    def __str__(self) -> str:
        return f"{self.group}: {self.difference:+}"


class HeldRemoval(models.Model):
    """A link that Entra has dropped and that stands until somebody decides, or Entra brings it back."""

    class Decision(models.TextChoices):
        WAITING = "waiting", "Waiting"
        KEPT = "kept", "Kept"
        ACCEPTED = "accepted", "Accepted"

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="held_removals")
    member_entra_id = models.CharField(max_length=36)
    decision = models.CharField(max_length=10, choices=Decision, default=Decision.WAITING)
    held_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "member_entra_id"], name="one_held_removal_per_link")]

    def __str__(self) -> str:
        return f"{self.member_entra_id} out of {self.group}: {self.get_decision_display()}"


class JournalPage(models.Model):
    """One answer of Graph, kept until the run that read it is over. Written once, never edited."""

    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="journal")
    source = models.CharField(max_length=20)
    number = models.PositiveIntegerField()
    is_full = models.BooleanField(help_text="Whether the round that the page belongs to started from nothing.")
    fingerprint = models.CharField(max_length=64)
    next_link = models.TextField(blank=True)
    delta_link = models.TextField(blank=True)
    body = models.BinaryField(help_text="Compressed JSON of the page's objects.")
    read_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["source", "number"]
        constraints = [models.UniqueConstraint(fields=["run", "source", "number"], name="journal_page_written_once")]

    def __str__(self) -> str:
        return f"{self.source} {self.number}"


class DeltaLink(models.Model):
    """Where the next round of a stream starts. Microsoft keeps it for 7 days (delta-query-overview)."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="delta_links")
    stream = models.CharField(max_length=20)
    link = models.TextField()
    fingerprint = models.CharField(max_length=64, help_text="Of the app, and of what was selected.")
    taken_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "stream"], name="one_delta_link_per_stream")]

    def __str__(self) -> str:
        return f"{self.stream} as of {self.taken_at:%Y-%m-%d %H:%M}"
