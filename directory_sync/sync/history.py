"""What a run changed: counts, and ids up to a bound, of the connection and of each group in use."""

from ..models import Group, GroupChange, SyncRun
from .judge import People, Watch

MOST_IDS = 1_000


def keep(run: SyncRun, watch: Watch) -> None:
    """Write the run's changes; a group whose people stayed the same gets no row."""
    changes = [_change(run, None, watch.people, watch.people_after)]
    living = Group.objects.in_bulk([group.pk for group in watch.groups])
    for pk, group in living.items():
        changes.append(_change(run, group, watch.members[pk], watch.members_after[pk]))
    GroupChange.objects.bulk_create(change for change in changes if change.added or change.removed)


def _change(run: SyncRun, group: Group | None, before: People, after: People) -> GroupChange:
    added = sorted(entra_id for pk, entra_id in after.items() if pk not in before)
    removed = sorted(entra_id for pk, entra_id in before.items() if pk not in after)
    return GroupChange(
        run=run,
        group=group,
        added=len(added),
        removed=len(removed),
        added_ids=added[:MOST_IDS],
        removed_ids=removed[:MOST_IDS],
    )
