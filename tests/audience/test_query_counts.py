"""Lists cost as many queries for a thousand groups as for ten."""

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from directory_sync.models import Group, Membership, Segment, SeriesSegment
from directory_sync.sync import counts, nesting

from .factories import make_group, make_person
from .test_pages import address, group_address


def grow(series, contoso, wanted: int) -> None:
    """That many groups of one person each, every one imported and chosen."""
    before = Group.objects.count()
    groups = Group.objects.bulk_create(
        Group(connection=contoso, entra_id=f"many-{n}", name=f"Group {n}", is_read=True, status="synced")
        for n in range(before, wanted)
    )
    person = contoso.recipients.first() or make_person(contoso, "ada@x.com")
    Membership.objects.bulk_create(Membership(group=group, recipient=person) for group in groups)
    nesting.rebuild(contoso, [group.pk for group in groups])
    counts.refresh(contoso, [group.pk for group in groups])
    segments = Segment.objects.bulk_create(
        Segment(organization=series.organization, source="azure", name=group.name, group=group) for group in groups
    )
    SeriesSegment.objects.bulk_create(SeriesSegment(series=series, segment=segment) for segment in segments)


def queries(client, url: str) -> int:
    with CaptureQueriesContext(
        database,
    ) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


@pytest.mark.parametrize("page", ["audience", "status", "people", "import"])
def test_page_costs_as_many_queries_for_1000_groups_as_for_10(client, series, contoso, editor, page):
    grow(series, contoso, 10)
    queries(client, address(series, page))
    few = queries(client, address(series, page))

    grow(series, contoso, 1_000)

    assert queries(client, address(series, page)) == few


def test_group_page_costs_as_many_queries_for_500_people_as_for_5(client, series, contoso, editor):
    small = make_group(contoso, "Small", [make_person(contoso, f"s{n}@x.com") for n in range(5)])
    large = make_group(contoso, "Large", [make_person(contoso, f"l{n}@x.com") for n in range(500)])
    queries(client, group_address(series, small))

    assert queries(client, group_address(series, large)) == queries(client, group_address(series, small))


@pytest.mark.parametrize("page", ["audience", "status", "people", "import"])
def test_page_costs_the_same_for_segments_above_what_a_query_names(client, series, contoso, editor, page, monkeypatch):
    grow(series, contoso, 30)
    queries(client, address(series, page))
    named = queries(client, address(series, page))
    shown = client.get(address(series, page)).content

    monkeypatch.setattr("directory_sync.models.people.MOST_NAMED", 5)

    assert queries(client, address(series, page)) == named
    assert client.get(address(series, page)).content.count(b"<tr") == shown.count(b"<tr")
