"""The guard at work: who was reached before, who is reached after, and which removals have to wait."""

from django.db.models import QuerySet

from ..models import Connection, Group, GroupClosure, HeldRemoval, Membership, Nesting, SyncRun
from . import bulk, derive, nesting
from .guard import Thresholds, are_not_few, loses_too_much, too_many_leave
from .plan import Plan
from .reach import People, Reach, Some
from .verify import in_use

Decision = HeldRemoval.Decision


class TooManyLeave(Exception):
    """The run is held whole; `losses` are the object ids of those who would leave."""

    code = "held_people"

    def __init__(self, losses: list[str]) -> None:
        super().__init__(len(losses))
        self.losses = losses


class Watch:
    """What a run is about to change: people of the connection and of each group in use, before and after.

    The first sync is watched for its history, and never held.
    """

    def __init__(self, run: SyncRun, plan: Plan, *, everybody: bool) -> None:
        self._run = run
        self._thresholds = Thresholds.of(run.connection.guard)
        self._passed: set[int] = set()
        touched = None if everybody else plan.people.keys() | plan.removed_people
        self._reach = Reach(run.connection, touched)
        self.lost: People = {}
        self.gained = Some(0, [])
        self.groups = _watched(run.connection, plan, everybody=everybody)
        self.members = {group.pk: reached(group) for group in self.groups}
        self.members_after = self._base = dict(self.members)
        self.tripped: list[Group] = []

    def make_accepted_removals(self) -> set[int]:
        """Take away the links whose loss somebody has accepted; returns the groups that lost some."""
        connection = self._run.connection
        accepted = HeldRemoval.objects.filter(group__connection=connection, decision=Decision.ACCEPTED)
        groups = set()
        for group, member in accepted.values_list("group_id", "member_entra_id"):
            Membership.objects.filter(group=group, recipient__entra_id=member).delete()
            Nesting.objects.filter(parent=group, child__entra_id=member).delete()
            groups.add(group)
        if groups:
            accepted.delete()
            nesting.rebuild(connection, groups)
            self._base = self._reached_now()
        return groups

    def compare(self) -> None:
        """Look again after writing. Raises TooManyLeave; sets `tripped`, the groups that lose too many by links."""
        self.lost, self.gained = self._reach.lost(), self._reach.gained()
        self.members_after = self._reached_now()
        self.tripped = []
        if self._run.connection.synced_at is None:
            return
        accepted = set(self._run.releases.losses) if self._run.releases else set()
        losses = len(set(self.lost.values()) - accepted)
        # The total is counted only where it matters: that takes time in proportion to the directory.
        if are_not_few(losses, self._thresholds) and too_many_leave(self._total_before(), losses, self._thresholds):
            raise TooManyLeave(sorted(self.lost.values()))
        for group in self.groups:
            before = self._base[group.pk].keys()
            gone = before - self.members_after[group.pk].keys() - self.lost.keys()
            if group.pk not in self._passed and loses_too_much(len(before), len(gone), self._thresholds):
                self.tripped.append(group)

    def let_pass(self, group: Group) -> None:
        """Do not hold this group: none of its losses is a removal that could wait."""
        self._passed.add(group.pk)

    def forget(self) -> None:
        """The run has been told; give the memory back."""
        self._reach.forget()

    def _total_before(self) -> int:
        return derive.recipients(self._run.connection).count() - self.gained.count + len(self.lost)

    def _reached_now(self) -> dict[int, People]:
        fresh = Group.objects.in_bulk([group.pk for group in self.groups])
        return {group.pk: reached(fresh[group.pk]) if group.pk in fresh else {} for group in self.groups}


def reached(group: Group) -> People:
    """The recipients of a group."""
    return dict(group.reached().order_by().values_list("pk", "entra_id"))


def _watched(connection: Connection, plan: Plan, *, everybody: bool) -> list[Group]:
    """Groups in use whose people the plan, or a decision of staff, may change."""
    chosen: QuerySet[Group] = in_use(connection).exclude(status=Group.Status.GONE)
    if everybody:
        return list(chosen)
    accepted = HeldRemoval.objects.filter(group__connection=connection, decision=Decision.ACCEPTED)
    direct = set(accepted.values_list("group_id", flat=True))
    ids = plan.links.keys() | plan.dropped_links.keys()
    for chunk in bulk.chunks(sorted(ids)):
        direct |= set(connection.groups.filter(entra_id__in=chunk).values_list("pk", flat=True))
    for chunk in bulk.chunks(sorted(plan.people.keys() | plan.removed_people)):
        links = Membership.objects.filter(recipient__connection=connection, recipient__entra_id__in=chunk)
        direct |= set(links.values_list("group_id", flat=True))
    above = nesting.groups_above(connection, direct)
    return [group for group in chosen if group.pk in above]


def merge_decisions(plan: Plan, connection: Connection) -> None:
    """Put what was held before into the plan: waiting removals are judged again, kept ones are not made.

    A link that Entra shows again is held no more.
    """
    back: list[int] = []
    held = HeldRemoval.objects.filter(group__connection=connection).exclude(decision=Decision.ACCEPTED)
    for pk, group, member, decision in held.values_list("pk", "group__entra_id", "member_entra_id", "decision"):
        if (group, member) in plan.shown_again or member in plan.links.get(group, {}):
            back.append(pk)
        elif decision == Decision.KEPT:
            plan.dropped_links.get(group, set()).discard(member)
        else:
            plan.drop(group, member)
    HeldRemoval.objects.filter(pk__in=back).delete()


def withhold(plan: Plan, group: Group) -> int:
    """Move the removals at and below this group out of the plan, to wait; returns how many there were.

    A link that we do not have can't be removed: deltas name such ones, too ("delta-query-groups").
    """
    below = GroupClosure.objects.filter(ancestor=group.component).values_list("descendant_id", "descendant__entra_id")
    moved = 0
    for pk, entra_id in below:
        dropped = plan.dropped_links.get(entra_id)
        if not dropped:
            continue
        people = Membership.objects.filter(group=pk).values_list("recipient__entra_id", flat=True)
        groups = Nesting.objects.filter(parent=pk).values_list("child__entra_id", flat=True)
        waiting = dropped & {*people, *groups}
        if waiting:
            dropped -= waiting
            plan.withheld.setdefault(entra_id, set()).update(waiting)
            moved += len(waiting)
    return moved


def keep_withheld(plan: Plan, connection: Connection) -> int:
    """Write down which removals wait, and forget those that were judged again and made; returns how many wait."""
    waiting = {(group, member) for group, members in plan.withheld.items() for member in members}
    rows = HeldRemoval.objects.filter(group__connection=connection, decision=Decision.WAITING)
    made = []
    for pk, group, member in rows.values_list("pk", "group__entra_id", "member_entra_id"):
        if (group, member) in waiting:
            waiting.discard((group, member))
        else:
            made.append(pk)
    HeldRemoval.objects.filter(pk__in=made).delete()
    groups = dict(connection.groups.filter(entra_id__in=plan.withheld).values_list("entra_id", "pk"))
    held = [(groups[group], member) for group, member in sorted(waiting) if group in groups]
    HeldRemoval.objects.bulk_create(
        (HeldRemoval(group_id=group, member_entra_id=member) for group, member in held), batch_size=1_000
    )
    return sum(len(members) for members in plan.withheld.values())
