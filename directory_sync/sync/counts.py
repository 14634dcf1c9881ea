"""The numbers of groups: what Entra counts, what we count, and every reason for the difference.

A night moves them by what it changed, however many people a group has; they are counted anew where groups came to
contain other groups than before, and all of them after a full round.
"""

from collections import Counter
from collections.abc import Iterable, Set

from django.db import connection as database
from django.db import transaction
from django.db.models import Count, Q

from ..models import Connection, Group, GroupClosure, Membership, Nesting, Recipient
from . import bulk
from .verify import in_use

LeftOut = Recipient.LeftOut
REASONS = (LeftOut.UNREAD, LeftOut.DISABLED, LeftOut.EXCLUDED, LeftOut.NO_ADDRESS, LeftOut.INVALID_ADDRESS)

# Direct members by the reason for being left out: all there are, where no group is nested.
BY_REASON_ALONE = """
SELECT membership.group_id, recipient.left_out, COUNT(*)
FROM directory_sync_membership AS membership
JOIN directory_sync_recipient AS recipient ON recipient.id = membership.recipient_id
WHERE membership.group_id IN ({marks})
GROUP BY membership.group_id, recipient.left_out
"""
# Everybody below each asked component once, then counted in the same way.
BY_REASON = """
SELECT reached.ancestor_id, recipient.left_out, COUNT(*)
FROM (
    SELECT DISTINCT closure.ancestor_id, membership.recipient_id
    FROM directory_sync_groupclosure AS closure
    JOIN directory_sync_membership AS membership ON membership.group_id = closure.descendant_id
    WHERE closure.ancestor_id IN ({marks})
) AS reached
JOIN directory_sync_recipient AS recipient ON recipient.id = reached.recipient_id
GROUP BY reached.ancestor_id, recipient.left_out
"""

# Of some people: how many of them each component reaches, by reason, and how many each group has directly.
REACHING = """
SELECT reaching.ancestor_id, reaching.left_out, COUNT(*)
FROM (
    SELECT DISTINCT closure.ancestor_id, recipient.id, recipient.left_out
    FROM directory_sync_recipient AS recipient
    JOIN directory_sync_membership AS membership ON membership.recipient_id = recipient.id
    JOIN directory_sync_groupclosure AS closure ON closure.descendant_id = membership.group_id
    WHERE recipient.connection_id = %s AND recipient.removed_at IS NULL AND recipient.entra_id IN ({marks})
) AS reaching
GROUP BY reaching.ancestor_id, reaching.left_out
"""
HAVING = """
SELECT membership.group_id, COUNT(*)
FROM directory_sync_recipient AS recipient
JOIN directory_sync_membership AS membership ON membership.recipient_id = recipient.id
WHERE recipient.connection_id = %s AND recipient.removed_at IS NULL AND recipient.entra_id IN ({marks})
GROUP BY membership.group_id
"""
COLUMNS = ("entra_direct", "entra_transitive", "people", "recipients")
STORED = ("pk", "component", *COLUMNS)


def numbers(groups: Iterable[Group]) -> dict[int, dict[str, int]]:
    """Group id → its numbers, under the names of the contract (`explain_group`), without `duplicates`.

    Always `entra_transitive = people + nested_groups + contacts_left_out + other_objects` and
    `people = recipients +` the reasons. People whom Entra has removed are counted nowhere.
    """
    groups = list(groups)
    found: dict[int, dict[str, int]] = {}
    for chunk in bulk.chunks(groups, 2_000):
        below = _below({group.component for group in chunk if group.component})
        alone = {component for component, size in below.items() if size == 1}  # whose own id it is
        reasons = _by_reason(BY_REASON_ALONE, alone) | _by_reason(BY_REASON, below.keys() - alone)
        direct = _direct([group.pk for group in chunk if group.component not in alone])
        for group in chunk:
            own = reasons.get(group.component, {})
            if group.component in alone:
                direct[group.pk] = sum(own.values()) - own.get(LeftOut.REMOVED, 0)
            found[group.pk] = _numbers(own, max(below.get(group.component, 1) - 1, 0), direct.get(group.pk, 0))
    return found


def note_changed(connection: Connection, pks: set[int]) -> None:
    """Count the groups in use among these at once, and leave the others to `refresh_due`."""
    used = set(in_use(connection).values_list("pk", flat=True)) & pks
    refresh(connection, used)
    connection.groups.filter(pk__in=used, counts_due=True).update(counts_due=False)
    for chunk in bulk.chunks(sorted(pks - used)):
        connection.groups.filter(pk__in=chunk, counts_due=False).update(counts_due=True)


def alone(connection: Connection) -> None:
    """Keep others, until this transaction ends, from counting this connection's groups: they would miss its changes.

    SQLite has one writer anyway.
    """
    if database.vendor == "postgresql":
        bulk.ask("SELECT pg_advisory_xact_lock(%s)", [int.from_bytes(connection.pk.bytes[:8], "big", signed=True)])


def refresh_due(connection: Connection, *, everything: bool = False) -> None:
    """Count the groups whose numbers are out of date, or all; some at a time, each some in a transaction of its own."""
    groups = connection.groups.all() if everything else connection.groups.filter(counts_due=True)
    for chunk in bulk.chunks(list(groups.values_list("pk", flat=True)), 500):
        with transaction.atomic():
            alone(connection)
            refresh(connection, chunk)
            connection.groups.filter(pk__in=chunk, counts_due=True).update(counts_due=False)


def refresh(connection: Connection, pks: Iterable[int]) -> None:
    """Store the exact counts of these groups; rows whose numbers are unchanged are not written."""
    for chunk in bulk.chunks(sorted(pks), 2_000):
        groups = list(Group.objects.filter(connection=connection, pk__in=chunk))
        fresh = numbers(groups)
        rows = []
        for group in groups:
            values = tuple(fresh[group.pk][column] for column in COLUMNS)
            if values != tuple(getattr(group, column) for column in COLUMNS):
                rows.append((*values, group.pk))
        bulk.update(Group, COLUMNS, rows)


class Difference:
    """What a run changes in the numbers of groups by changing these people and their memberships.

    Made before anything is written, inside the same transaction. Right for every group that contains the same groups
    before and after and whose numbers were right; the others have to be counted.
    """

    def __init__(self, connection: Connection, people: Iterable[str]) -> None:
        """`people`: object ids; one that is no person's, or nobody's yet, does no harm."""
        self._connection, self._people = connection, sorted(people)
        self._reaching, self._having = self._look()

    def write(self, *, but: Set[int]) -> None:
        """Move the numbers of all groups `but` these and those that are due to be counted anyway.

        Where that can't be right, since a group has no component yet or would have less than nobody, it is counted.
        """
        reaching, having = self._look()
        reaching.subtract(self._reaching)
        having.subtract(self._having)
        moved: dict[int, Counter[str]] = {}
        for (component, reason), step in reaching.items():
            if step:
                moved.setdefault(component, Counter())[reason] = step
        anew = set()
        direct = [group for group, step in having.items() if step]
        for chunk in bulk.chunks(direct):
            for group, own in self._connection.groups.filter(pk__in=chunk).values_list("pk", "component"):
                if own is None:
                    anew.add(group)
                else:
                    moved.setdefault(own, Counter())
        for chunk in bulk.chunks(moved):
            stored = self._connection.groups.filter(component__in=chunk, counts_due=False).values_list(*STORED)
            rows = [_moved(row, moved[row[1]], having[row[0]]) for row in stored if row[0] not in but]
            anew |= {row[-1] for row in rows if min(row[:-1]) < 0}
            bulk.update(Group, COLUMNS, sorted((row for row in rows if row[-1] not in anew), key=lambda row: row[-1]))
        refresh(self._connection, anew - but)

    def _look(self) -> tuple[Counter[tuple[int, str]], Counter[int]]:
        """(component, reason) → how many of these people it reaches; group → how many it has directly."""
        reaching: Counter[tuple[int, str]] = Counter()
        having: Counter[int] = Counter()
        key = bulk.key_of(self._connection)
        for chunk in bulk.chunks(self._people):
            for component, reason, count in bulk.ask(REACHING.format(marks=bulk.marks(chunk)), [key, *chunk]):
                reaching[component, reason] += count
            for group, count in bulk.ask(HAVING.format(marks=bulk.marks(chunk)), [key, *chunk]):
                having[group] += count
        return reaching, having


def _moved(row: tuple[int, ...], by_reason: Counter[str], direct: int) -> tuple[int, ...]:
    """The numbers of a row (STORED) after these steps, and its id."""
    pk, _, *before = row
    people = by_reason[""] + sum(by_reason[reason] for reason in REASONS)
    beside = by_reason[LeftOut.CONTACT] + by_reason[LeftOut.OTHER_OBJECT]
    steps = (direct, people + beside, people, by_reason[""])
    return (*(number + step for number, step in zip(before, steps, strict=True)), pk)


def _numbers(by_reason: dict[str, int], nested_groups: int, direct: int) -> dict[str, int]:
    reasons = {reason.value: by_reason.get(reason, 0) for reason in REASONS}
    recipients = by_reason.get("", 0)
    people = recipients + sum(reasons.values())
    contacts = by_reason.get(LeftOut.CONTACT, 0)
    others = by_reason.get(LeftOut.OTHER_OBJECT, 0)
    return {
        "entra_direct": direct,
        "entra_transitive": people + nested_groups + contacts + others,
        "people": people,
        "recipients": recipients,
        "nested_groups": nested_groups,
        "other_objects": others,
        "contacts_left_out": contacts,
        **reasons,
    }


def _by_reason(statement: str, components: Set[int]) -> dict[int, dict[str, int]]:
    """Component → reason → how many people; for BY_REASON_ALONE the component is the group."""
    found: dict[int, dict[str, int]] = {}
    if not components:
        return found
    for component, reason, count in bulk.ask(statement.format(marks=bulk.marks(components)), sorted(components)):
        found.setdefault(component, {})[reason] = count
    return found


def _below(components: set[int]) -> dict[int, int]:
    """Component → how many groups it reaches, itself included."""
    reached = (
        GroupClosure.objects.filter(ancestor__in=components).values("ancestor").annotate(found=Count("descendant"))
    )
    return dict(reached.values_list("ancestor", "found"))


def _direct(groups: list[int]) -> dict[int, int]:
    living = Q(recipient__removed_at=None)
    people = Membership.objects.filter(living, group__in=groups).values("group").annotate(found=Count("recipient"))
    nested = Nesting.objects.filter(parent__in=groups).values("parent").annotate(found=Count("child"))
    total = dict(people.values_list("group", "found"))
    for parent, found in nested.values_list("parent", "found"):
        total[parent] = total.get(parent, 0) + found
    return total
