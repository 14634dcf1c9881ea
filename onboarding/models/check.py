"""One live check of a draft or a submission: asked for by a person, answered by a worker."""

from django.db import models
from django.utils import timezone

from .link import SetupLink
from .submission import Submission


class LiveCheck(models.Model):
    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        DONE = "done", "Done"

    link = models.ForeignKey(SetupLink, on_delete=models.CASCADE, related_name="live_checks")
    submission = models.ForeignKey(
        Submission, null=True, blank=True, on_delete=models.CASCADE, related_name="live_checks"
    )
    tenant_id = models.CharField(max_length=36)
    fingerprint = models.CharField(max_length=64, help_text="Of what is checked; answers about anything else are old.")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    answers = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["tenant_id", "created_at"])]

    def __str__(self) -> str:
        return f"Check of {self.created_at:%Y-%m-%d %H:%M}: {self.get_state_display()}"
