"""Which of the 17 attributes an organization gets of a connection: approved, declined and withdrawn one by one."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import F, Func, JSONField
from django.utils import timezone

from .connections import ConnectionRefused, record
from .models import Access, AttributeGrant, Connection, JournalPage, Recipient, SyncRun
from .sync.attributes import NAMES, PARTS, SOURCES

State = AttributeGrant.State


def approve(access: Access, attribute: str, *, by: str, user=None) -> bool:
    """Let the organization have the attribute, from the next run on. False when it has it already.

    Raises ConnectionRefused for an attribute that is none of the 17.
    """
    if attribute not in NAMES:
        raise ConnectionRefused(f"Unknown attribute: {attribute}. Known are: {', '.join(NAMES)}.")
    with transaction.atomic():
        AttributeGrant.objects.get_or_create(access=access, attribute=attribute)
        return _decide(access, attribute, [State.REQUESTED, State.DECLINED], State.APPROVED, "approved", by, user)


def decline(access: Access, attribute: str, *, by: str, user=None) -> bool:
    """Refuse what was asked for. False when it is not waiting for a decision."""
    return _decide(access, attribute, [State.REQUESTED], State.DECLINED, "declined", by, user)


@transaction.atomic
def withdraw(access: Access, attribute: str, *, by: str, user=None) -> bool:
    """Take an approved attribute back; its values are deleted at once unless another organization still has it.

    False when it is not approved. A run under way starts over: what it has read may hold the values.
    """
    if not _decide(access, attribute, [State.APPROVED], State.DECLINED, "withdrawn", by, user):
        return False
    connection = access.connection
    connection.runs.active().update(state=SyncRun.State.QUEUED, attempt=F("attempt") + 1)
    JournalPage.objects.filter(run__connection=connection).delete()
    _forget_unapproved(connection, attribute)
    return True


def _decide(access: Access, attribute: str, before: list[State], after: State, verb: str, by: str, user) -> bool:
    with transaction.atomic():
        grants = AttributeGrant.objects.filter(access=access, attribute=attribute, state__in=before)
        if not grants.update(state=after, decided_by=user, decided_at=timezone.now()):
            return False
        event = {"organization": access.organization.slug, "attribute": attribute}
        record(access.connection, f"attribute {verb}", by=by, user=user, **event)
    return True


def stored_names(attributes: Iterable[str]) -> set[str]:
    """The names under which a person's row keeps the values of these attributes."""
    return {PARTS.get(attribute) or source for attribute in attributes for source in SOURCES[attribute]}


def _forget_unapproved(connection: Connection, attribute: str) -> None:
    """Delete the values that nobody may have any more; the rows count as unread, should it be approved again."""
    approved = connection.approved_attributes()
    gone = stored_names([attribute]) - stored_names(approved)
    if "manager" in gone:
        managed = connection.recipients.exclude(manager_entra_id="")
        managed.update(manager_entra_id="", facts_hash="")
    for name in sorted(gone - {"manager"}):
        holders = Recipient.objects.filter(connection=connection, attributes__has_key=name)
        holders.update(attributes=WithoutKey("attributes", name), facts_hash="")


class WithoutKey(Func):
    """A JSON object without one of its keys, in the database's own words. The key is one of ours, never input."""

    output_field = JSONField()

    def __init__(self, expression: str, key: str) -> None:
        super().__init__(expression)
        self.key = key

    def as_sqlite(self, compiler, connection, **extra):
        return self.as_sql(compiler, connection, template=f"json_remove(%(expressions)s, '$.\"{self.key}\"')")

    def as_postgresql(self, compiler, connection, **extra):
        return self.as_sql(compiler, connection, template=f"(%(expressions)s - '{self.key}')")
