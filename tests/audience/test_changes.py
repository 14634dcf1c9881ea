"""What changed in a week, and what is held, as editors read it."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from directory_sync.audience import changes
from directory_sync.models import Access, Connection, Group, GroupChange, HeldRemoval, SyncRun

from .factories import choose, make_connection, make_everyone, make_group, make_person, make_segment, make_series
from .test_pages import address, body, group_address


def change(connection: Connection, group: Group | None, added: int, removed: int, *, days: int = 1) -> None:
    at = timezone.now() - timedelta(days=days)
    run = SyncRun.objects.create(connection=connection, state=SyncRun.State.SUCCEEDED, created_at=at, finished_at=at)
    GroupChange.objects.create(run=run, group=group, added=added, removed=removed)


def hold(group: Group, people: int) -> None:
    Group.objects.filter(pk=group.pk).update(status=Group.Status.HELD, problem="held_links")
    HeldRemoval.objects.bulk_create(HeldRemoval(group=group, member_entra_id=f"held-{n}") for n in range(people))


def test_segment_tells_the_sum_of_its_last_seven_days(client, series, contoso, editor):
    group = make_group(contoso, "Sales")
    make_segment(series, group)
    for added, removed, days in ((10, 1, 1), (4, 2, 6), (100, 100, 8)):
        change(contoso, group, added, removed, days=days)
    change(contoso, make_group(contoso, "Other"), 50, 50)

    page = body(client.get(address(series)))

    assert "+14 −3 since last week" in page
    assert page.count("since last week") == 1


def test_nothing_is_told_where_history_has_nothing(client, series, contoso, editor):
    choose(series, make_segment(series, make_group(contoso, "Sales")))

    assert "since last week" not in body(client.get(address(series)))


def test_series_of_one_segment_tells_the_same(series, contoso):
    group = make_group(contoso, "Sales")
    choose(series, make_segment(series, group))
    change(contoso, group, 2, 1)

    assert changes.of_series(series, timezone.now()) == changes.Change(2, 1)


@pytest.mark.parametrize("mode", ["include", "exclude"])
def test_series_of_several_segments_tells_nothing_since_history_can_not_know(series, contoso, mode):
    one, two = (make_group(contoso, name) for name in ("One", "Two"))
    choose(series, make_segment(series, one))
    choose(series, make_segment(series, two), mode)
    change(contoso, one, 2, 1)

    assert changes.of_series(series, timezone.now()) is None


@pytest.mark.parametrize(("sees", "told"), [("all", True), ("listed", False)])
def test_full_directory_tells_its_change_to_whoever_sees_all_of_it(series, contoso, sees, told):
    segment = make_everyone(series, contoso)
    change(contoso, None, 5, 0)
    change(make_connection(), None, 70, 70)
    Access.objects.update(sees=sees)

    found = changes.of_week(series.organization, [segment], timezone.now())

    assert found == ({segment.pk: changes.Change(5, 0)} if told else {})


def test_group_page_tells_the_week(client, series, contoso, editor):
    group = make_group(contoso, "Sales")
    change(contoso, group, 3, 0)

    assert "+3 −0 since last week" in body(client.get(group_address(series, group)))


def test_held_group_says_what_waits_and_whom_to_ask(client, series, contoso, editor):
    group = make_group(contoso, "Sales")
    make_segment(series, group)
    hold(group, 12)

    for page in (address(series), group_address(series, group)):
        told = body(client.get(page))
        assert "12 removals wait" in told
        assert settings.SUPPORT_EMAIL in told


def test_group_around_a_held_one_counts_what_waits_inside(client, series, contoso, editor):
    inner = make_group(contoso, "Inner")
    outer = make_group(contoso, "Outer", inside=[inner])
    make_segment(series, outer)
    hold(inner, 11)
    Group.objects.filter(pk=outer.pk).update(status=Group.Status.HELD)

    assert "11 removals wait" in body(client.get(address(series)))


def test_decided_removals_do_not_wait(series, contoso):
    group = make_group(contoso, "Sales")
    hold(group, 3)
    HeldRemoval.objects.update(decision=HeldRemoval.Decision.KEPT)
    group.refresh_from_db()

    assert changes.held_in([group]) == {}


def test_hold_on_the_directory_is_told_in_words(client, series, contoso, editor):
    segment = make_everyone(series, contoso)
    choose(series, segment)
    SyncRun.objects.create(connection=contoso, state=SyncRun.State.HELD)
    Connection.objects.update(problem="held_people")

    page = body(client.get(address(series)))

    assert "Nothing was changed since" in page
    assert "support is looking at it" in page
    assert "release the run" not in page


def test_hold_on_another_organizations_directory_is_not_told(client, series, contoso, editor):
    theirs = make_connection(make_series("Other").organization)
    SyncRun.objects.create(connection=theirs, state=SyncRun.State.HELD)

    assert "Nothing was changed" not in body(client.get(address(series)))


def test_progress_of_the_directory_is_told(client, series, contoso, editor):
    started = timezone.now() - timedelta(seconds=60)
    reading = {"stage": "reading", "expected_objects": 1_000, "read_objects": 250, "started_at": started}
    SyncRun.objects.create(connection=contoso, state=SyncRun.State.RUNNING, **reading)

    for page in ("audience", "status"):
        told = body(client.get(address(series, page)))
        assert '<progress max="100" value="25"' in told
        assert "25 % read. About 3 minutes left." in told


def test_held_groups_and_history_cost_no_more_queries_for_many(client, series, contoso, editor):
    def grow(many: int) -> None:
        for _ in range(many):
            group = make_group(contoso, f"G{Group.objects.count()}", [make_person(contoso, "a@x.com")])
            make_segment(series, group)
            change(contoso, group, 1, 0)
            hold(group, 2)

    grow(2)
    client.get(address(series))
    with CaptureQueriesContext(database) as few:
        client.get(address(series))

    grow(20)
    with CaptureQueriesContext(database) as many:
        client.get(address(series))

    assert len(many) == len(few)
