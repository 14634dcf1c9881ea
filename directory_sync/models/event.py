"""The activity log: who did what, when, to what."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from .connection import Connection
from .organization import Organization


class EventIsFinal(Exception):
    """An entry of the activity log can't be changed or deleted one by one."""


class Event(models.Model):
    """One consequential act. Of people in the directory it holds ids, never names; nobody may change it."""

    at = models.DateTimeField(default=timezone.now, db_index=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    actor_label = models.CharField(max_length=200, help_text="Who acted, in words that outlive the account.")
    verb = models.CharField(max_length=60)
    connection = models.ForeignKey(Connection, null=True, blank=True, on_delete=models.SET_NULL, related_name="events")
    organization = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.SET_NULL, related_name="events"
    )
    subject = models.CharField(max_length=200, blank=True, help_text="The object acted on, by id.")
    facts = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor_label}: {self.verb}"

    def save(self, *args, **kwargs) -> None:
        if self.pk:
            raise EventIsFinal
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise EventIsFinal
