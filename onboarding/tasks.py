"""What the cluster `now` does for the intake. Arguments are ids and nothing else; who is gone is passed over."""

from django.utils import timezone

from . import checking, links, purging, renewal
from .models import LinkRequest, LiveCheck


def check(check_id: int) -> bool:
    """Do a live check."""
    wanted = LiveCheck.objects.filter(pk=check_id).select_related(
        "link__organization", "link__draft_credential", "submission__credential"
    )
    found = wanted.first()
    return found is not None and checking.perform(found)


def renew(check_id: int) -> bool:
    """Try a new secret, and put it to use when Entra takes it."""
    found = LiveCheck.objects.filter(pk=check_id).select_related("link__organization", "link__connection").first()
    return found is not None and renewal.verify(found)


def answer_request(request_id: int) -> int:
    """Mail the links of whoever asked at /connect/."""
    found = LinkRequest.objects.filter(pk=request_id).first()
    return links.answer(found) if found else 0


def purge() -> dict[str, int]:
    """Delete what links leave behind."""
    return purging.purge(timezone.now())
