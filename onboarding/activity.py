"""Entries of the activity log that concern links and submissions. By id; no names, never a token or a secret."""

from directory_sync.models import Event

from .models import SetupLink, Submission

STAFF_UNKNOWN = "system"


def record(subject: SetupLink | Submission, verb: str, *, by=None, label: str = "", **facts) -> Event:
    """Enter an act. `by` is the user who acted; without one, `label` says who did."""
    kind = "setup link" if isinstance(subject, SetupLink) else "submission"
    return Event.objects.create(
        actor=by,
        actor_label=str(by) if by else label or f"customer, {kind} {subject.pk}",
        verb=verb,
        organization=subject.organization,
        connection=subject.connection,
        subject=f"{kind} {subject.pk}",
        facts=facts,
    )
