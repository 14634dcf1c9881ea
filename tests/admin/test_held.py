"""What the guard holds: shown with names and series, and decided once by whoever may."""

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django_q.models import OrmQ

from directory_sync.models import (
    Connection,
    Group,
    HeldRemoval,
    Organization,
    Recipient,
    Segment,
    Series,
    SeriesSegment,
    SyncRun,
)
from directory_sync.sync import claim
from tests.admin import factories

pytestmark = pytest.mark.django_db
DECISIONS = ["release", "dismiss"]


@pytest.fixture
def approver(client):
    client.force_login(factories.make_staff("Approver"))
    return client


@pytest.fixture
def people(connection) -> list[Recipient]:
    return [factories.make_person(connection) for _ in range(12)]


@pytest.fixture
def team(connection, people) -> Group:
    """A group of everybody, in the audience of Acme's Weekly."""
    group = factories.make_group(connection, *people, name="Team")
    choose(group, "Weekly")
    return group


@pytest.fixture
def connection() -> Connection:
    return factories.make_connection("Acme")


@pytest.fixture
def held_run(connection, people, team) -> SyncRun:
    losses = sorted(person.entra_id for person in people[:10])
    return factories.make_run(connection, SyncRun.State.HELD, problem="held_people", losses=losses, held=10)


@pytest.fixture
def held_links(connection, people, team) -> SyncRun:
    """A good run that left ten removals from the team to a decision."""
    hold(team, people[:10])
    return factories.make_run(connection)


def choose(group: Group, name: str) -> Series:
    organization = Organization.objects.get(name="Acme")
    series = Series.objects.create(organization=organization, name=name, slug=name.lower())
    segment = Segment.objects.create(organization=organization, source="azure", name=group.name, group=group)
    SeriesSegment.objects.create(series=series, segment=segment)
    return series


def hold(group: Group, people: list[Recipient]) -> None:
    Group.objects.filter(pk=group.pk).update(status=Group.Status.HELD, problem="held_links")
    HeldRemoval.objects.bulk_create(HeldRemoval(group=group, member_entra_id=person.entra_id) for person in people)


def url_of(shown) -> str:
    return reverse(f"admin:directory_sync_{type(shown).__name__.lower()}_change", args=[shown.pk])


def decide_url(run: SyncRun, decision: str) -> str:
    return reverse("admin:directory_sync_syncrun_decide", args=[run.pk, decision])


def body(answer) -> str:
    assert answer.status_code == 200
    return answer.content.decode()


def test_held_run_names_who_would_leave_and_which_series_would_change(approver, held_run, people, team):
    page = body(approver.get(url_of(held_run)))

    assert people[0].name in page
    assert people[11].name not in page
    assert "10 people would leave the directory" in page
    assert "<strong>Weekly</strong>" in page
    assert url_of(team) in page


def test_series_with_the_full_directory_is_named_too(approver, connection, held_run):
    organization = Organization.objects.get(name="Acme")
    series = Series.objects.create(organization=organization, name="Everybody", slug="everybody")
    segment = Segment.objects.create(organization=organization, source="everyone", name="All", connection=connection)
    SeriesSegment.objects.create(series=series, segment=segment)

    assert "<strong>Everybody</strong>" in body(approver.get(url_of(held_run)))


def test_names_end_at_two_hundred_with_the_total_told(approver, connection):
    people = [factories.make_person(connection) for _ in range(203)]
    run = factories.make_run(connection, SyncRun.State.HELD, losses=[person.entra_id for person in people])

    page = body(approver.get(url_of(run)))

    assert "the first 200 of 203" in page
    assert people[202].name not in page


def test_somebody_who_is_no_more_is_told_by_id(approver, connection):
    run = factories.make_run(connection, SyncRun.State.HELD, losses=["0000-gone"])

    assert "0000-gone" in body(approver.get(url_of(run)))


@pytest.mark.parametrize("held", ["held_run", "held_links"])
def test_confirmation_names_people_before_anything_is_done(approver, request, held, people):
    run = request.getfixturevalue(held)

    page = body(approver.get(decide_url(run, "release")))

    assert people[0].name in page
    assert not OrmQ.objects.exists()
    assert not run.connection.runs.active().exists()


def test_released_twice_it_runs_once_and_starts_at_once(approver, held_run, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        answers = [approver.post(decide_url(held_run, "release")) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    again = held_run.connection.runs.active().get()
    assert (again.trigger, again.releases) == (SyncRun.Trigger.RELEASE, held_run)
    assert OrmQ.objects.get().key == "sync"
    assert held_run.connection.events.filter(verb="held run released").count() == 1


def test_dismissed_twice_it_is_recorded_once(approver, held_run):
    for _ in range(2):
        approver.post(decide_url(held_run, "dismiss"))

    held_run.refresh_from_db()
    assert held_run.state == SyncRun.State.DISMISSED
    assert held_run.connection.events.get(verb="held run dismissed").actor_label.endswith("@hq.example")


def test_released_links_are_accepted(approver, held_links):
    approver.post(decide_url(held_links, "release"))

    assert set(HeldRemoval.objects.values_list("decision", flat=True)) == {"accepted"}
    assert held_links.connection.runs.active().count() == 1


def test_dismissed_links_are_kept(approver, held_links, team):
    approver.post(decide_url(held_links, "dismiss"))

    assert set(HeldRemoval.objects.values_list("decision", flat=True)) == {"kept"}
    team.refresh_from_db()
    assert team.status == Group.Status.SYNCED


def test_links_are_decided_by_the_latest_run_alone(approver, held_links):
    later = factories.make_run(held_links.connection)

    answer = approver.post(decide_url(held_links, "release"), follow=True)

    assert "nothing to decide here" in body(answer)
    assert set(HeldRemoval.objects.values_list("decision", flat=True)) == {"waiting"}
    assert "Release…" in body(approver.get(url_of(later)))


def test_nothing_is_decided_while_a_run_is_under_way(approver, held_run):
    claim.begin(held_run.connection, SyncRun.Trigger.MANUAL)

    page = body(approver.get(url_of(held_run)))

    assert "decide when it has ended" in page
    assert "Release…" not in page


@pytest.mark.parametrize("decision", DECISIONS)
@pytest.mark.parametrize("role", ["Support", "Auditor"])
def test_only_an_approver_decides(client, held_run, role, decision):
    client.force_login(factories.make_staff(role))

    assert client.get(decide_url(held_run, decision)).status_code == 403
    assert client.post(decide_url(held_run, decision)).status_code == 403
    page = body(client.get(url_of(held_run)))
    assert "An approver decides" in page
    assert decide_url(held_run, decision) not in page


def test_unknown_decision_and_unknown_run_are_not_found(approver, held_run):
    unknown = reverse("admin:directory_sync_syncrun_decide", args=[held_run.connection_id, "release"])

    assert approver.post(decide_url(held_run, "delete")).status_code == 404
    assert approver.post(unknown).status_code == 404


def test_connection_page_says_who_waits_where_and_since_when(approver, connection, held_links, people, team):
    page = body(approver.get(url_of(connection)))

    assert "10 removals from groups wait" in page
    assert f"out of {team.name}" in page
    assert people[0].name in page
    assert "Waiting since" in page
    assert decide_url(held_links, "dismiss") in page


def test_group_page_shows_who_waits_in_it_and_inside_it(approver, held_links, connection, people, team):
    around = factories.make_group(connection, name="Around")
    around.child_links.create(child=team)
    factories.nesting.rebuild(connection, {around.pk})

    for group in (team, around):
        page = body(approver.get(url_of(group)))
        assert "10 removals from this group" in page
        assert people[0].name in page


def test_series_of_a_group_around_it_is_named(approver, connection, people):
    inner = factories.make_group(connection, *people)
    outer = factories.make_group(connection, name="Outer")
    outer.child_links.create(child=inner)
    factories.nesting.rebuild(connection, {outer.pk})
    choose(outer, "Monthly")
    hold(inner, people[:2])
    factories.make_run(connection)

    assert "<strong>Monthly</strong>" in body(approver.get(url_of(connection)))


@pytest.mark.parametrize("held", ["held_run", "held_links"])
def test_worklist_holds_both_kinds(approver, request, held):
    run = request.getfixturevalue(held)
    factories.make_connection("Healthy")
    lists = reverse("admin:directory_sync_connection_changelist")

    shown = approver.get(lists, {"worklist": "held"}).context["cl"].result_list

    assert list(shown) == [run.connection]


@pytest.mark.parametrize("page", ["run", "connection"])
def test_query_count_of_a_hold_does_not_grow(approver, connection, held_run, team, page):
    hold(team, list(Recipient.objects.all()[:1]))
    good = factories.make_run(connection)
    shown = {"run": held_run, "connection": connection}[page]
    approver.get(url_of(shown))
    with CaptureQueriesContext(database) as few:
        approver.get(url_of(shown))

    more = [factories.make_person(connection) for _ in range(30)]
    for number in range(8):
        group = factories.make_group(connection, *more)
        choose(group, f"Series {number}")
        hold(group, more[:20])
    SyncRun.objects.filter(pk=held_run.pk).update(losses=[person.entra_id for person in more])
    with CaptureQueriesContext(database) as many:
        approver.get(url_of(shown))

    assert good.connection == connection
    assert len(many) == len(few)
