"""A synced directory with everything around it that pages show: audiences, history, holds, a log, other customers."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import Group as Role
from django.contrib.auth.models import User
from django.utils import timezone

from directory_sync.models import (
    Access,
    Connection,
    Editor,
    Event,
    Group,
    GroupChange,
    HeldRemoval,
    Membership,
    Organization,
    Recipient,
    Segment,
    Series,
    SeriesSegment,
    SyncRun,
)
from onboarding.models import SetupLink, Submission

CHOSEN = 20  # groups of the audience, from the largest to small ones
RUNS = 50
CHANGED_GROUPS = 40  # a run
IDS = 100  # of those who came, and of those who left, a change
EVENTS = 400
CUSTOMERS = 200
SUBMISSIONS = 60
HELD = 300  # links that wait for a decision


@dataclass(frozen=True)
class Furnished:
    """What the pages are about. `weekly` goes to `CHOSEN` groups but one, `everybody` to the full directory."""

    connection: Connection
    weekly: Series
    everybody: Series
    editor: User
    staff: User


def furnish(connection: Connection) -> Furnished:
    """Make what is missing around a synced connection; the second time it only finds it again."""
    organization = connection.accesses.get().organization
    editor, is_new = User.objects.get_or_create(username="editor", defaults={"email": "editor@customer.example"})
    staff, _ = User.objects.get_or_create(username="staff", defaults={"email": "staff@hq.example", "is_staff": True})
    weekly, everybody = (
        Series.objects.get_or_create(organization=organization, slug=name.lower(), defaults={"name": name})[0]
        for name in ("Weekly", "Everybody")
    )
    if is_new:
        staff.groups.add(Role.objects.get(name="Approver"))
        Editor.objects.create(user=editor, organization=organization)
        dice = random.Random("furniture")
        _audiences(connection, weekly, everybody)
        _history(connection, dice)
        _holds(connection)
        _log(connection, organization, dice)
        _customers()
        _submissions(organization)
    return Furnished(connection, weekly, everybody, editor, staff)


def _audiences(connection: Connection, weekly: Series, everybody: Series) -> None:
    """Every group is a segment; of the twenty largest in steps, one is left out."""
    organization = weekly.organization
    groups = list(connection.groups.filter(is_read=True).order_by("-recipients", "pk"))
    Segment.objects.bulk_create(
        (Segment(organization=organization, source="azure", name=group.name, group=group) for group in groups),
        batch_size=1_000,
    )
    full, _ = Segment.objects.get_or_create(
        organization=organization, source="everyone", connection=connection, defaults={"name": "Full directory"}
    )
    step = max(1, len(groups) // 1_000)
    ranks = [step * place * (place + 1) // 2 for place in range(CHOSEN + 1)]
    chosen = [groups[rank] for rank in ranks if rank < len(groups)]
    segments = {segment.group_id: segment for segment in organization.segments.filter(group__in=chosen)}
    for group in chosen:
        mode = SeriesSegment.Mode.EXCLUDE if group is chosen[-1] else SeriesSegment.Mode.INCLUDE
        SeriesSegment.objects.create(series=weekly, segment=segments[group.pk], mode=mode)
    SeriesSegment.objects.create(series=everybody, segment=full)


def _history(connection: Connection, dice: random.Random) -> None:
    people = list(connection.recipients.values_list("entra_id", flat=True)[:5_000])
    groups = list(connection.groups.filter(is_read=True).order_by("-recipients")[: 3 * CHANGED_GROUPS])
    now = timezone.now()
    for night in range(1, RUNS + 1):
        at = now - timedelta(days=night * 0.6)
        run = SyncRun.objects.create(
            connection=connection,
            state=SyncRun.State.SUCCEEDED,
            created_at=at,
            started_at=at,
            heartbeat_at=at,
            finished_at=at + timedelta(seconds=3 + night % 7),
            requests=4,
            added=IDS,
            removed=IDS,
        )
        changed = [None, *dice.sample(groups, min(CHANGED_GROUPS, len(groups)))]
        GroupChange.objects.bulk_create(_change(run, group, people, dice) for group in changed)


def _change(run: SyncRun, group: Group | None, people: list[str], dice: random.Random) -> GroupChange:
    came, left = (dice.sample(people, min(IDS, len(people))) for _ in range(2))
    return GroupChange(run=run, group=group, added=len(came), removed=len(left), added_ids=came, removed_ids=left)


def _holds(connection: Connection) -> None:
    """Links of one group of the audience wait for a decision, and a few groups can't be read."""
    group = connection.groups.filter(segments__uses__series__slug="weekly").order_by("-recipients")[1]
    members = Membership.objects.filter(group=group).values_list("recipient__entra_id", flat=True)[:HELD]
    HeldRemoval.objects.bulk_create(HeldRemoval(group=group, member_entra_id=id) for id in members)
    connection.groups.filter(pk=group.pk).update(status=Group.Status.HELD, problem="held_links")
    unread = connection.groups.order_by("pk").values("pk")[10:15]
    connection.groups.filter(pk__in=list(unread.values_list("pk", flat=True))).update(
        status=Group.Status.ERROR, problem="permission_missing", status_at=timezone.now()
    )


def _log(connection: Connection, organization: Organization, dice: random.Random) -> None:
    now = timezone.now()
    verbs = ("sync requested", "options changed", "audience updated", "connection checked")
    Event.objects.bulk_create(
        Event(
            at=now - timedelta(hours=number),
            verb=verbs[number % 4],
            actor_label=f"staff{dice.randrange(9)}@hq.example",
            connection=connection,
            organization=organization,
            facts={"ok": True, "checks": []},
        )
        for number in range(EVENTS)
    )


def _customers() -> None:
    """Other customers, each with an organization, a connection and some runs, and nobody in it."""
    now = timezone.now()
    for number in range(CUSTOMERS):
        organization = Organization.objects.create(name=f"Customer {number:03}")
        connection = Connection.objects.create(
            name=f"Customer {number:03}",
            tenant_id=f"00000000-0000-4000-8000-{number:012}",
            client_id=f"00000000-0000-4000-9000-{number:012}",
            owner_name="Ada Admin",
            owner_email="ada@customer.example",
            due_at=now + timedelta(days=1),
            synced_at=now - timedelta(hours=number),
            failing_since=now if number % 20 == 0 else None,
        )
        Access.objects.create(connection=connection, organization=organization)
        SyncRun.objects.bulk_create(_runs(connection))


def _runs(connection: Connection) -> Iterable[SyncRun]:
    now = timezone.now()
    for night in range(10):
        at = now - timedelta(days=night)
        yield SyncRun(
            connection=connection, state=SyncRun.State.SUCCEEDED, created_at=at, started_at=at, finished_at=at
        )


def _submissions(organization: Organization) -> None:
    now = timezone.now()
    for number in range(SUBMISSIONS):
        link = SetupLink.objects.create(
            organization=organization,
            owner_name="Ada Admin",
            owner_email="ada@customer.example",
            expires_at=now + timedelta(days=7),
            submitted_at=now,
        )
        Submission.objects.create(
            link=link,
            organization=organization,
            company_name=f"Company {number}",
            owner_name="Ada Admin",
            owner_email="ada@customer.example",
            client_id=f"00000000-0000-4000-9000-{number:012}",
            tenant_id=f"00000000-0000-4000-8000-{number:012}",
            secret_id=f"00000000-0000-4000-a000-{number:012}",
            secret_expires_on=(now + timedelta(days=90)).date(),
            cloud="global",
            scope="directory",
            attributes=["department_name", "job_title"],
            checks=[],
        )


def largest_group(connection: Connection) -> Group:
    """The group whose page costs the most."""
    return connection.groups.order_by("-recipients", "pk")[0]


def somebody(connection: Connection) -> Recipient:
    """A recipient who is in many groups."""
    return Recipient.objects.get(pk=Membership.objects.filter(group=largest_group(connection))[0].recipient_id)
