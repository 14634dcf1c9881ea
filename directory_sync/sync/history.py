"""What a run changed: counts, and ids up to a bound, of the connection and of each group in use."""

from ..models import Group, GroupChange, SyncRun
from .judge import Watch
from .reach import MOST_IDS, People, Some


def keep(run: SyncRun, watch: Watch) -> None:
    """Write the run's changes; a group whose people stayed the same gets no row."""
    lost = sorted(watch.lost.values())
    changes = [_change(run, None, watch.gained, Some(len(lost), lost[:MOST_IDS]))]
    living = Group.objects.in_bulk([group.pk for group in watch.groups])
    for pk, group in living.items():
        before, after = watch.members[pk], watch.members_after[pk]
        changes.append(_change(run, group, _missing_from(before, after), _missing_from(after, before)))
    GroupChange.objects.bulk_create(change for change in changes if change.added or change.removed)


def _missing_from(some: People, others: People) -> Some:
    ids = sorted(entra_id for pk, entra_id in others.items() if pk not in some)
    return Some(len(ids), ids[:MOST_IDS])


def _change(run: SyncRun, group: Group | None, came: Some, left: Some) -> GroupChange:
    return GroupChange(
        run=run, group=group, added=came.count, removed=left.count, added_ids=came.ids, removed_ids=left.ids
    )
