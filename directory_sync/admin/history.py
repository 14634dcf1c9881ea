"""What runs changed, with names: of one run in every group, or of one group by its last runs."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F

from ..models import Group, GroupChange, SyncRun
from .names import Named, named

MOST_GROUPS = 30
LAST_CHANGES = 10
MOST_NAMES = 25  # each way; the counts are of all


@dataclass(frozen=True)
class Change:
    """A change with the first of those who came and of those who left."""

    change: GroupChange
    added: list[Named]
    removed: list[Named]


def of_run(run: SyncRun) -> list[Change]:
    """The whole connection's change first, then its groups, the most changed ones before the others."""
    rows = run.group_changes.select_related("group", "run")
    groups = rows.exclude(group=None).order_by(-(F("added") + F("removed")), "group__name")
    return _with_names([*rows.filter(group=None), *groups[:MOST_GROUPS]])


def of_group(group: Group) -> list[Change]:
    """The group's last changes, latest first."""
    rows = group.changes.select_related("run").order_by("-run__created_at")
    return _with_names(rows[:LAST_CHANGES])


def _with_names(changes: Iterable[GroupChange]) -> list[Change]:
    changes = list(changes)
    if not changes:
        return []
    ids = {id for each in changes for id in (*each.added_ids[:MOST_NAMES], *each.removed_ids[:MOST_NAMES])}
    names = named(changes[0].run.connection_id, ids)
    return [
        Change(
            each,
            [names[id] for id in each.added_ids[:MOST_NAMES]],
            [names[id] for id in each.removed_ids[:MOST_NAMES]],
        )
        for each in changes
    ]
