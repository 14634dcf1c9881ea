"""What a full round says of people, while the run that reads it plans: in a temporary table of one session.

The columns are called as those of `Recipient`, so that the recipient rule can be asked of both.
"""

from typing import ClassVar

from django.db import models

from .people import Recipient


class StagedPerson(models.Model):
    """`state` says what the round means for the row that we have; facts only where that row is to be written."""

    class State(models.TextChoices):
        REMOVED = "removed", "Removed"
        GONE_BEFORE = "gone_before", "Removed, as we know already"
        SHOWN = "shown", "Shown, and as we know it"
        CHANGED = "changed", "Changed"
        ARRIVED = "arrived", "New, or back again"

    pk = models.CompositePrimaryKey("stream", "entra_id")
    stream = models.CharField(max_length=20)
    entra_id = models.CharField(max_length=36)
    state = models.CharField(max_length=20, choices=State)

    kind = models.CharField(max_length=20, null=True, choices=Recipient.Kind)
    name = models.CharField(max_length=400, null=True)
    mail = models.CharField(max_length=400, null=True)
    username = models.CharField(max_length=400, null=True)
    enabled = models.BooleanField(null=True)
    user_type = models.CharField(max_length=40, null=True)
    attributes = models.JSONField(null=True)
    manager_entra_id = models.CharField(max_length=36, null=True)
    facts_hash = models.CharField(max_length=32, null=True)
    is_read = models.BooleanField(null=True)
    removed_at = models.DateTimeField(null=True)
    mail_is_valid = models.BooleanField(null=True)
    username_is_valid = models.BooleanField(null=True)

    objects: ClassVar[models.Manager["StagedPerson"]] = models.Manager()

    class Meta:
        managed = False
        app_label = "staging"  # of no installed app: there is nothing to migrate, to dump or to administer
        db_table = "staged_person"

    def __str__(self) -> str:
        return f"{self.entra_id}: {self.state}"
