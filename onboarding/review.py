"""Staff decide on a submission. Each decision is a conditional UPDATE, so that deciding twice does nothing."""

from collections.abc import Callable, Iterable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from directory_sync import connections, notify, tasks
from directory_sync.connections import ConnectionRefused
from directory_sync.models import Connection, Credential

from . import links
from .activity import record
from .models import SetupLink, Submission

State = Submission.State


@transaction.atomic
def approve(submission: Submission, *, by, attributes: Iterable[str], group_ids: Iterable[str] | None = None) -> bool:
    """Make the submission a live connection and queue its first sync.

    `attributes` are the approved ones of those that were asked for. Only `group_ids` may list more than 15 groups:
    passing them raises the cap. False when somebody has decided already. Raises ConnectionRefused, in words.
    """
    if not _decide(submission, State.APPROVED, by):
        return False
    approved = _approved(submission, attributes)
    if submission.credential is None or not submission.credential.sealed:
        raise ConnectionRefused("The secret of this submission is gone; ask for changes, so that it is sent again.")
    new = connections.NewConnection(
        name=submission.company_name,
        cloud=submission.cloud,
        tenant_id=submission.tenant_id,
        client_id=submission.client_id,
        owner_name=submission.owner_name,
        owner_email=submission.owner_email,
        group_ids=_listed(submission, group_ids),
        attributes=approved,
        declined_attributes=tuple(name for name in submission.attributes if name not in approved),
        username_fallback=submission.username_fallback,
        sync_contacts=submission.sync_contacts,
    )
    connection = connections.open_connection(new, submission.credential, [submission.organization], by=str(by), user=by)
    Submission.objects.filter(pk=submission.pk).update(connection=connection)
    SetupLink.objects.filter(pk=submission.link_id).update(connection=connection, draft={}, draft_credential=None)
    submission.connection = connection
    record(submission, "submission approved", by=by, attributes=list(approved))
    transaction.on_commit(tasks.dispatch, robust=True)
    _tell(submission, notify.approved)
    return True


@transaction.atomic
def ask_for_changes(submission: Submission, *, by, message: str) -> bool:
    """Reopen the form with everything in it, and mail the message. False when somebody has decided already."""
    if not _decide(submission, State.CHANGES_REQUESTED, by, message):
        return False
    link = submission.link
    expires_at = max(link.expires_at, timezone.now() + links.LIFE)
    SetupLink.objects.filter(pk=link.pk).update(submitted_at=None, expires_at=expires_at)
    record(submission, "changes requested", by=by)
    _tell(submission, notify.changes_requested, message)
    return True


@transaction.atomic
def decline(submission: Submission, *, by, message: str = "") -> bool:
    """Say no, and destroy the secret at once. False when somebody has decided already."""
    if not _decide(submission, State.DECLINED, by, message):
        return False
    if submission.credential:
        Credential.objects.filter(pk=submission.credential.pk, connection=None).update(
            sealed="", slot=Credential.Slot.RETIRED, retired_at=timezone.now()
        )
    record(submission, "submission declined", by=by)
    return True


def _decide(submission: Submission, state: str, by, message: str = "") -> bool:
    """Take the decision, if nobody has; afterwards `submission` is as the database has it."""
    undecided = Submission.objects.filter(pk=submission.pk, state=State.RECEIVED)
    if not undecided.update(state=state, decided_by=by, decided_at=timezone.now(), message=message):
        return False
    submission.refresh_from_db()
    return True


def _approved(submission: Submission, attributes: Iterable[str]) -> tuple[str, ...]:
    approved = tuple(dict.fromkeys(attributes))
    if not_asked_for := [name for name in approved if name not in submission.attributes]:
        raise ConnectionRefused(f"The customer did not ask for: {', '.join(not_asked_for)}.")
    return approved


def _listed(submission: Submission, group_ids: Iterable[str] | None) -> tuple[str, ...]:
    """The groups to read; none means the whole directory, and only when the customer said so."""
    if submission.scope == Connection.Scope.DIRECTORY:
        return ()
    listed = tuple(submission.group_ids if group_ids is None else group_ids)
    if not listed:
        raise ConnectionRefused("The customer lists groups; at least one has to be approved.")
    if not set(listed) <= set(submission.group_ids):
        raise ConnectionRefused("Only groups that the customer listed can be approved.")
    if group_ids is None and len(listed) > connections.MOST_LISTED_GROUPS:
        raise ConnectionRefused(
            f"{len(listed)} groups are listed, more than {connections.MOST_LISTED_GROUPS}; raise the limit to approve."
        )
    return listed


def _tell(submission: Submission, mail: Callable[..., object], *more: str) -> None:
    """Mail the setup owner once all is written, with an address of its own for this link."""

    def send() -> None:
        url = links.url(links.new_token(submission.link))
        mail(submission.organization.name, submission.owner_name, submission.owner_email, url, *more)

    transaction.on_commit(send, robust=True)


def age(submission: Submission) -> timedelta:
    """How long it has waited, or did until it was decided."""
    return (submission.decided_at or timezone.now()) - submission.created_at
