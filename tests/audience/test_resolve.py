import pytest

from directory_sync.audience import resolve
from directory_sync.audience.why import why_in
from directory_sync.models import Access, Connection, SeriesSegment

from .factories import choose, make_connection, make_everyone, make_group, make_person, make_segment, make_series


def emails(series) -> list[str]:
    return sorted(resolve.people(series).values_list("email", flat=True))


def test_person_in_two_segments_counts_once(series, contoso):
    ada, ben = make_person(contoso, "ada@x.com"), make_person(contoso, "ben@x.com")
    choose(series, make_segment(series, make_group(contoso, "One", [ada, ben])))
    choose(series, make_segment(series, make_group(contoso, "Two", [ada])))

    found = resolve.reach(series)

    assert (found.addresses, found.segments, found.listed, found.shared) == (2, 2, 3, 1)


@pytest.mark.parametrize("twin", ["ADA@X.com", "Ada@x.COM"])
def test_same_address_in_other_case_counts_once(series, contoso, twin):
    people = [make_person(contoso, "ada@x.com"), make_person(contoso, twin)]
    choose(series, make_segment(series, make_group(contoso, "One", people)))

    found = resolve.reach(series)

    assert (found.addresses, found.shared) == (1, 1)


def test_address_in_another_script_counts_once_whatever_its_case(series, contoso):
    people = [make_person(contoso, "ümit@x.com"), make_person(contoso, "Ümit@x.com")]
    choose(series, make_segment(series, make_group(contoso, "One", people)))

    assert resolve.reach(series).addresses == 1


def test_people_of_nested_groups_are_in(series, contoso):
    child = make_group(contoso, "Child", [make_person(contoso, "ben@x.com")])
    parent = make_group(contoso, "Parent", [make_person(contoso, "ada@x.com")], inside=[child])
    choose(series, make_segment(series, parent))

    assert emails(series) == ["ada@x.com", "ben@x.com"]


def test_exclusion_wins_by_address_ignoring_case(series, contoso):
    ada, ben, twin = (make_person(contoso, email) for email in ("ada@x.com", "ben@x.com", "ADA@x.com"))
    choose(series, make_segment(series, make_group(contoso, "All", [ada, ben])))
    choose(series, make_segment(series, make_group(contoso, "Never", [twin])), SeriesSegment.Mode.EXCLUDE)

    found = resolve.reach(series)

    assert emails(series) == ["ben@x.com"]
    assert (found.addresses, found.listed, found.shared, found.excluded) == (1, 2, 0, 1)


def test_exclusion_holds_for_somebody_excluded_who_is_no_recipient_himself(series, contoso):
    ada = make_person(contoso, "ada@x.com")
    disabled_twin = make_person(contoso, "ada@x.com", left_out="disabled")
    choose(series, make_segment(series, make_group(contoso, "All", [ada])))
    choose(series, make_segment(series, make_group(contoso, "Never", [disabled_twin])), SeriesSegment.Mode.EXCLUDE)

    assert emails(series) == []
    assert resolve.reach(series).addresses == 0


def test_full_directory_reaches_everybody_of_the_connection(series, contoso):
    make_person(contoso, "ada@x.com")
    make_person(contoso, "gone@x.com", left_out="removed")
    make_person(make_connection(make_series("Other").organization), "elsewhere@x.com")
    choose(series, make_everyone(series, contoso))

    assert emails(series) == ["ada@x.com"]


def test_full_directory_of_listed_access_reaches_people_of_the_listed_groups_alone(series, contoso):
    listed = make_group(contoso, "Listed", [make_person(contoso, "ada@x.com")])
    make_group(contoso, "Other", [make_person(contoso, "ben@x.com")])
    make_person(contoso, "groupless@x.com")
    Access.objects.update(sees=Access.Sees.LISTED, listed_group_ids=[listed.entra_id])
    everyone = make_everyone(series, contoso)
    choose(series, everyone)

    assert emails(series) == ["ada@x.com"]
    assert resolve.everyone_counts(series.organization, [everyone]) == {everyone.pk: 1}


def test_chosen_group_that_leaves_the_access_reaches_nobody(series, contoso):
    choose(series, make_segment(series, make_group(contoso, "Secret", [make_person(contoso, "ada@x.com")])))

    Access.objects.update(sees=Access.Sees.LISTED, listed_group_ids=[])

    assert resolve.reach(series).addresses == 0
    assert emails(series) == []


def test_disconnected_directory_reaches_nobody(series, contoso):
    choose(series, make_segment(series, make_group(contoso, "All", [make_person(contoso, "ada@x.com")])))

    Connection.objects.update(state=Connection.State.DISCONNECTED)

    assert emails(series) == []


def test_groups_nested_in_listed_ones_are_not_shown_in_scope_selected(series, contoso):
    child = make_group(contoso, "Child")
    parent = make_group(contoso, "Parent", inside=[child])
    Connection.objects.update(scope=Connection.Scope.SELECTED, scope_group_ids=[parent.entra_id])

    assert list(resolve.groups(series.organization)) == [parent]


def test_why_names_every_segment_that_reaches_a_person(series, contoso):
    ada, ben = make_person(contoso, "ada@x.com"), make_person(contoso, "ben@x.com")
    child = make_group(contoso, "Child", [ada])
    parent = make_segment(series, make_group(contoso, "Parent", [ben], inside=[child]))
    direct, everyone = make_segment(series, child), make_everyone(series, contoso)
    for segment in (parent, direct, everyone):
        choose(series, segment)

    found = why_in(series, [ada, ben])

    assert found == {ada.pk: [direct, everyone, parent], ben.pk: [everyone, parent]}


def test_full_directory_beside_a_group_of_another_directory_reaches_both(series, contoso):
    fabrikam = make_connection(series.organization, name="Fabrikam")
    inside = make_group(contoso, "Inside", [make_person(contoso, "ada@x.com")])
    outside = make_group(fabrikam, "Outside", [make_person(fabrikam, "ben@y.com")])
    make_person(fabrikam, "groupless@y.com")
    for segment in (make_everyone(series, contoso), make_segment(series, inside), make_segment(series, outside)):
        choose(series, segment)

    assert emails(series) == ["ada@x.com", "ben@y.com"]
