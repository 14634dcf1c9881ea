"""What a customer sent: testimony, never edited afterwards. Approval makes it a connection."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from directory_sync.models import Connection, Credential, Organization

from .link import SetupLink

# The answers, by the names of the form's fields; beside them stands the sealed secret.
SENT = (
    *("organizations", "company_name", "owner_name", "owner_email", "client_id", "tenant_id", "secret_id"),
    *("secret_expires_on", "cloud", "scope", "group_ids", "attributes", "username_fallback", "sync_contacts"),
)


class SubmissionQuerySet(models.QuerySet["Submission"]):
    def awaiting_review(self):
        """Received and not decided; longest waiting first."""
        return self.filter(state=Submission.State.RECEIVED).order_by("created_at")


class Submission(models.Model):
    class State(models.TextChoices):
        RECEIVED = "received", "Received"
        CHANGES_REQUESTED = "changes_requested", "Changes requested"
        APPROVED = "approved", "Approved"
        DECLINED = "declined", "Declined"
        SUPERSEDED = "superseded", "Superseded"

    link = models.ForeignKey(SetupLink, on_delete=models.CASCADE, related_name="submissions")
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="submissions")
    created_at = models.DateTimeField("sent", default=timezone.now, editable=False)

    organizations = models.JSONField(default=list, help_text="As typed; none but the link's own is looked up.")
    company_name = models.CharField(max_length=200)
    owner_name = models.CharField("setup owner", max_length=200)
    owner_email = models.EmailField("e-mail of the setup owner", max_length=254)
    client_id = models.CharField("application (client) ID", max_length=36)
    tenant_id = models.CharField("directory (tenant) ID", max_length=36)
    secret_id = models.CharField("secret ID", max_length=36)
    secret_expires_on = models.DateField()
    cloud = models.CharField(max_length=20, choices=Connection.CloudName)
    scope = models.CharField(max_length=20, choices=Connection.Scope)
    group_ids = models.JSONField("listed groups", default=list)
    attributes = models.JSONField(default=list)
    username_fallback = models.BooleanField(default=False)
    sync_contacts = models.BooleanField("contacts", default=False)
    credential = models.ForeignKey(Credential, null=True, on_delete=models.SET_NULL, related_name="+")

    state = models.CharField(max_length=20, choices=State, default=State.RECEIVED)
    checks = models.JSONField(null=True, blank=True, help_text="Answers of the last live check; none yet when empty.")
    message = models.TextField(blank=True, help_text="What the customer was told with the decision.")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    decided_at = models.DateTimeField(null=True, blank=True)
    connection = models.ForeignKey(
        Connection, null=True, blank=True, on_delete=models.SET_NULL, related_name="submissions"
    )

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        permissions = [("approve_submission", "Can approve and decline submissions")]
        constraints = [
            models.UniqueConstraint(
                fields=["link"], condition=Q(state="received"), name="one_submission_per_link_awaits_review"
            )
        ]

    def __str__(self) -> str:
        return f"{self.company_name}, sent {self.created_at:%Y-%m-%d}"

    @property
    def other_organizations(self) -> list[str]:
        """Names typed beside the link's own organization; each needs its own owner's confirmation."""
        own = self.organization.name.casefold()
        return [name for name in self.organizations if name.casefold() != own]
