"""A setup link: one customer's way in, with the draft of what they fill in."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from directory_sync.models import Connection, Credential, Organization

STATUS_DAYS = 90


class SetupLinkQuerySet(models.QuerySet["SetupLink"]):
    def open(self, now: datetime):
        """Links that still lead somewhere: to the form, or after sending to the status page."""
        sent = Q(submitted_at__gt=now - timedelta(days=STATUS_DAYS))
        return self.filter(Q(submitted_at=None, expires_at__gt=now) | sent, revoked_at=None)

    def to_fill_in(self, now: datetime):
        """Links whose form can be changed: open and not sent."""
        return self.filter(submitted_at=None, expires_at__gt=now, revoked_at=None)


class SetupLink(models.Model):
    class Intent(models.TextChoices):
        CONNECT = "connect", "Connect a directory"
        RENEW = "renew", "Renew the secret"
        CHANGE = "change", "Change options"

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="setup_links")
    intent = models.CharField(max_length=10, choices=Intent, default=Intent.CONNECT)
    owner_name = models.CharField("setup owner", max_length=200)
    owner_email = models.EmailField("e-mail of the setup owner", max_length=254)
    connection = models.ForeignKey(
        Connection, null=True, blank=True, on_delete=models.CASCADE, related_name="setup_links"
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    mailed_at = models.DateTimeField(null=True, blank=True, editable=False)
    expires_at = models.DateTimeField(editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    submitted_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Since when the form is closed; empty while it can be edited."
    )
    draft = models.JSONField(default=dict, blank=True, editable=False, help_text="As typed, without the secret.")
    draft_credential = models.ForeignKey(
        Credential, null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    saved_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = SetupLinkQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.organization}: {self.get_intent_display()}, for {self.owner_name}"

    @property
    def state(self) -> str:
        """`revoked`, `sent`, `expired`, `started` or `waiting`: one word for lists."""
        if self.revoked_at:
            return "revoked"
        if self.submitted_at:
            return "sent"
        if self.expires_at <= timezone.now():
            return "expired"
        return "started" if self.saved_at else "waiting"


class LinkToken(models.Model):
    """One key to a link. Only the hash is kept; each mail brings its own, and resending drops the others."""

    link = models.ForeignKey(SetupLink, on_delete=models.CASCADE, related_name="tokens")
    token_hash = models.CharField(max_length=64, unique=True, help_text="SHA-256, in hexadecimal.")
    asked_for = models.BooleanField(default=False, help_text="Mailed because somebody asked at /connect/.")
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"Token of link {self.link_id}"


class LinkRequest(models.Model):
    """Somebody asked for a link; kept until a worker has answered, so that every answer takes the same time."""

    email = models.EmailField(max_length=254)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"Request of {self.created_at:%Y-%m-%d %H:%M}"
