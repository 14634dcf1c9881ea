import pytest
from django.utils import timezone
from django_q.models import OrmQ

from directory_sync.audience import importing
from directory_sync.audience.choosing import UnknownDirectory, UnknownSegment, read_again, update_audience
from directory_sync.models import Access, Connection, Event, Segment, SeriesSegment

from .factories import (
    choose,
    chosen,
    make_connection,
    make_editor,
    make_everyone,
    make_group,
    make_segment,
    make_series,
)


@pytest.fixture
def by(series):
    return make_editor(series)


@pytest.fixture
def segments(series, contoso) -> list[Segment]:
    return [make_segment(series, make_group(contoso, name)) for name in ("A", "B", "C")]


def test_update_adds_what_is_ticked_and_removes_what_is_not(series, segments, by):
    a, b, _ = segments
    choose(series, b)

    change = update_audience(series, [a.pk], by=by)

    assert chosen(series) == {"A"}
    assert (change.added, change.removed) == (1, 1)


def test_what_was_not_shown_stays_chosen(series, segments, by):
    a, b, c = segments
    choose(series, c)

    update_audience(series, [a.pk], shown=[a.pk, b.pk], by=by)

    assert chosen(series) == {"A", "C"}


def test_segment_of_another_organization_is_refused_and_nothing_changes(series, contoso, segments, by):
    other = make_segment(make_series("Other"), segments[0].group)

    with pytest.raises(UnknownSegment):
        update_audience(series, [segments[0].pk, other.pk], by=by)

    assert chosen(series) == set()


def test_segment_whose_group_left_the_access_is_refused(series, segments, by):
    Access.objects.update(sees=Access.Sees.LISTED, listed_group_ids=[])

    with pytest.raises(UnknownSegment):
        update_audience(series, [segments[0].pk], by=by)


def test_unticked_exclusion_stays(series, segments, by):
    choose(series, segments[0], SeriesSegment.Mode.EXCLUDE)

    update_audience(series, [], by=by)

    assert series.choices.get().mode == SeriesSegment.Mode.EXCLUDE


def test_choosing_an_excluded_segment_includes_it(series, segments, by):
    choose(series, segments[0], SeriesSegment.Mode.EXCLUDE)

    update_audience(series, [segments[0].pk], by=by)

    assert chosen(series) == {"A"}


def test_adding_queues_a_sync_of_its_directory_once_committed(
    series, contoso, segments, by, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        update_audience(series, [segments[0].pk], by=by)

    contoso.refresh_from_db()
    assert contoso.due_at <= timezone.now()
    assert contoso.due_trigger == "manual"
    assert OrmQ.objects.count() == 1


def test_full_directory_chosen_is_read_again_too(series, contoso, by):
    update_audience(series, [make_everyone(series, contoso).pk], by=by)

    contoso.refresh_from_db()
    assert contoso.due_at <= timezone.now()


def test_removing_queues_nothing(series, contoso, segments, by):
    choose(series, segments[0])

    update_audience(series, [], by=by)

    contoso.refresh_from_db()
    assert contoso.due_at is None


def test_change_is_in_the_activity_log_by_ids(series, segments, by):
    update_audience(series, [segments[0].pk], by=by)

    event = Event.objects.get()
    assert (event.verb, event.actor, event.organization) == ("audience updated", by, series.organization)
    assert event.facts == {"added": [segments[0].pk], "removed": []}


def test_the_same_update_twice_does_nothing_more(series, segments, by):
    update_audience(series, [segments[0].pk], by=by)

    change = update_audience(series, [segments[0].pk], by=by)

    assert (change.added, change.removed) == (0, 0)
    assert Event.objects.count() == 1


def test_paused_directory_is_not_read_again(series, contoso):
    Connection.objects.update(state=Connection.State.PAUSED)

    assert read_again(series.organization, contoso.pk) is False


def test_directory_of_another_organization_is_not_read_again(series):
    theirs = make_connection(make_series("Other").organization)

    with pytest.raises(UnknownDirectory):
        read_again(series.organization, theirs.pk)

    theirs.refresh_from_db()
    assert theirs.due_at is None


def test_importing_makes_segments_once(series, contoso, by):
    sales = make_group(contoso, "Sales")

    first = importing.import_segments(series.organization, [sales.pk], connection_ids=[contoso.pk], by=by)
    second = importing.import_segments(series.organization, [sales.pk], connection_ids=[contoso.pk], by=by)

    assert (first, second) == (2, 0)
    assert set(series.organization.segments.values_list("source", flat=True)) == {"azure", "everyone"}


def test_importing_a_group_that_is_not_listed_is_refused_whole(series, contoso, by):
    seen, unseen = make_group(contoso, "Seen"), make_group(contoso, "Unseen")
    Access.objects.update(sees=Access.Sees.LISTED, listed_group_ids=[seen.entra_id])

    with pytest.raises(importing.UnknownGroup):
        importing.import_groups(series.organization, [seen.pk, unseen.pk], by=by)

    assert not Segment.objects.exists()


def test_importing_another_organizations_directory_is_refused(series, by):
    theirs = make_connection(make_series("Other").organization)

    with pytest.raises(importing.UnknownGroup):
        importing.import_segments(series.organization, [], connection_ids=[theirs.pk], by=by)
