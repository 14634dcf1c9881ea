"""A submission in words for staff, and beside what was there before it."""

from directory_sync.models import Connection

from .models import Submission
from .wording import ATTRIBUTES

LABELS = {
    "organizations": "Organizations",
    "company_name": "Company",
    "owner_name": "Setup owner",
    "owner_email": "E-mail",
    "client_id": "Application (client) ID",
    "tenant_id": "Directory (tenant) ID",
    "cloud": "Cloud",
    "secret_id": "Secret ID",
    "secret_expires_on": "Secret expires on",
    "scope": "What is read",
    "group_ids": "Listed groups",
    "attributes": "Attributes asked for",
    "username_fallback": "Username as fallback",
    "sync_contacts": "Contacts",
}
CHOICES = {"cloud": Connection.CloudName, "scope": Connection.Scope}


def answers(submission: Submission) -> list[tuple[str, str]]:
    """(label, answer), in the order of the form."""
    return [(label, told(name, getattr(submission, name))) for name, label in LABELS.items()]


def differences(submission: Submission) -> list[tuple[str, str, str]]:
    """(label, before, now) against the live connection that the link is about, else what was sent before."""
    before = _before(submission)
    return [
        (label, told(name, before[name]), told(name, getattr(submission, name)))
        for name, label in LABELS.items()
        if name in before and before[name] != getattr(submission, name)
    ]


def _before(submission: Submission) -> dict[str, object]:
    if submission.connection and submission.state == Submission.State.RECEIVED:
        return _live(submission.connection)
    former = submission.link.submissions.filter(created_at__lt=submission.created_at).first()
    return {name: getattr(former, name) for name in LABELS} if former else {}


def _live(connection: Connection) -> dict[str, object]:
    same = ("owner_name", "owner_email", "client_id", "tenant_id", "cloud", "scope")
    facts: dict[str, object] = {name: getattr(connection, name) for name in same}
    options = {"username_fallback": connection.username_fallback, "sync_contacts": connection.sync_contacts}
    return {**facts, **options, "company_name": connection.name, "group_ids": connection.scope_group_ids}


def told(name: str, value: object) -> str:
    """An answer as text: lists by lines, options by yes and no, choices by their labels."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name in CHOICES:
        return str(CHOICES[name](value).label)
    if isinstance(value, list):
        return "\n".join(str(ATTRIBUTES.get(entry, entry)) for entry in value)
    return str(value)
