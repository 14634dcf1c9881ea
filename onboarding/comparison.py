"""A submission beside what was there before it."""

from directory_sync.models import Connection

from .forms import IntakeForm
from .models import Submission
from .models.submission import SENT


def differences(submission: Submission) -> list[tuple[str, str, str]]:
    """(field, before, now) against the live connection that the link is about, else what was sent before."""
    before = _before(submission)
    return [
        (label, told(before[name]), told(getattr(submission, name)))
        for name, label in labels().items()
        if name in before and before[name] != getattr(submission, name)
    ]


def _before(submission: Submission) -> dict[str, object]:
    if submission.connection and submission.state == Submission.State.RECEIVED:
        return _live(submission.connection)
    former = submission.link.submissions.filter(created_at__lt=submission.created_at).first()
    return {name: getattr(former, name) for name in SENT} if former else {}


def _live(connection: Connection) -> dict[str, object]:
    same = ("owner_name", "owner_email", "client_id", "tenant_id", "cloud", "scope")
    facts: dict[str, object] = {name: getattr(connection, name) for name in same}
    options = {"username_fallback": connection.username_fallback, "sync_contacts": connection.sync_contacts}
    return {**facts, **options, "company_name": connection.name, "group_ids": connection.scope_group_ids}


def labels() -> dict[str, str]:
    """Names of the answers for people, in the order of the form."""
    return {name: str(IntakeForm.base_fields[name].label) for name in IntakeForm.base_fields if name in SENT}


def told(value: object) -> str:
    """An answer as text: lists by commas, options by yes and no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
