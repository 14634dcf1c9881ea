"""Deletes what links leave behind: secrets of drafts that can't be sent any more, and requests nobody answered."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from directory_sync.models import Credential, Event

from . import renewal
from .models import LinkRequest, RenewalCode, SetupLink, Submission

A_DAY = timedelta(days=1)


def purge(now: datetime) -> dict[str, int]:
    """What was deleted, in rows."""
    secrets = _destroy_stray_secrets(now)
    unverified = renewal.destroy_unverified(now - A_DAY)
    RenewalCode.objects.filter(created_at__lt=now - A_DAY).delete()
    requests, _ = LinkRequest.objects.filter(created_at__lt=now - A_DAY).delete()
    return {"draft_secrets": secrets, "unverified_secrets": unverified, "link_requests": requests}


def _destroy_stray_secrets(now: datetime) -> int:
    """Those of drafts whose link is closed, and those that nothing points at; a submission in review keeps its own."""
    open_links = SetupLink.objects.open(now).filter(draft_credential=OuterRef("pk"))
    in_review = Submission.objects.filter(credential=OuterRef("pk"), state=Submission.State.RECEIVED)
    closed_links = SetupLink.objects.filter(draft_credential=OuterRef("pk"))
    drafts = Credential.objects.filter(slot=Credential.Slot.DRAFT, connection=None).exclude(sealed="")
    stray = drafts.exclude(Exists(open_links)).exclude(Exists(in_review))
    # One that was sealed just now may not have its link yet.
    stray = stray.filter(Exists(closed_links)) | stray.filter(created_at__lt=now - A_DAY)
    destroyed = stray.update(sealed="", slot=Credential.Slot.RETIRED, retired_at=now)
    if destroyed:
        Event.objects.create(at=now, verb="draft secrets purged", actor_label="purge", facts={"secrets": destroyed})
    return destroyed
