"""The pages that name people: of a series, and of a group with those left out."""

import pytest

from directory_sync.models import Access, SeriesSegment

from .factories import (
    choose,
    make_connection,
    make_group,
    make_person,
    make_segment,
    make_series,
)
from .test_pages import address, body, group_address


def test_people_are_listed_with_why_each_is_in(client, series, contoso, editor):
    choose(series, make_segment(series, make_group(contoso, "Sales", [make_person(contoso, "ada@x.com")])))
    make_person(contoso, "ben@x.com")

    rows = client.get(address(series, "people")).context["rows"]

    assert [(person.email, [str(segment) for segment in why]) for person, why in rows] == [("ada@x.com", ["Sales"])]


@pytest.mark.parametrize("query", ["ADA", "ada@x", "lovelace"])
def test_people_are_found_by_name_and_by_address(client, series, contoso, editor, query):
    people = [make_person(contoso, "ada@x.com", name="Countess Lovelace"), make_person(contoso, "ben@x.com")]
    choose(series, make_segment(series, make_group(contoso, "Sales", people)))

    rows = client.get(address(series, "people", q=query)).context["rows"]

    assert [person.email for person, _ in rows] == ["ada@x.com"]


def test_person_excluded_is_not_listed(client, series, contoso, editor):
    ada = make_person(contoso, "ada@x.com")
    choose(series, make_segment(series, make_group(contoso, "Sales", [ada])))
    choose(series, make_segment(series, make_group(contoso, "Never", [ada])), SeriesSegment.Mode.EXCLUDE)

    assert client.get(address(series, "people")).context["rows"] == []


def test_group_page_accounts_for_the_difference_to_entra(client, series, contoso, editor):
    child = make_group(contoso, "Child", [make_person(contoso, "ada@x.com")])
    off = make_person(contoso, "off@x.com", left_out="disabled")
    parent = make_group(contoso, "Parent", [off], inside=[child])

    response = client.get(group_address(series, parent))

    account = response.context["account"]
    assert (account.in_entra, account.recipients) == (3, 1)
    assert [(line.label, line.count) for line in account.lines] == [("Nested groups", 1), ("Disabled accounts", 1)]
    assert group_address(series, child) in body(response)


def test_group_page_lists_those_left_out_with_the_reason(client, series, contoso, editor):
    group = make_group(contoso, "Sales", [make_person(contoso, "off@x.com", left_out="disabled")])

    page = body(client.get(group_address(series, group) + "?show=left-out"))

    assert "off@x.com" in page
    assert "Account disabled" in page


def test_group_page_names_no_nested_group_that_the_access_hides(client, series, contoso, editor):
    child = make_group(contoso, "Hidden one")
    parent = make_group(contoso, "Parent", inside=[child])
    Access.objects.update(sees=Access.Sees.LISTED, listed_group_ids=[parent.entra_id])

    assert "Hidden one" not in body(client.get(group_address(series, parent)))


def test_group_of_another_organization_is_not_found(client, series, editor):
    theirs = make_group(make_connection(make_series("Other").organization), "Theirs")

    assert client.get(group_address(series, theirs)).status_code == 404
