"""Nested groups, flattened at any depth."""

import pytest

from directory_sync.explain import explain_group
from tests.sync.harness import group, names, sync


def people(directory, *given: str) -> list[str]:
    return [directory.add_user(displayName=name, mail=f"{name.lower()}@contoso.com") for name in given]


def test_parent_with_one_member_and_a_child_group_of_five_has_six_recipients(connection, directory):
    first, *others = people(directory, "Ann", "Bo", "Cy", "Di", "Ed", "Flo")
    child = directory.add_group("Child", members=others)
    parent = directory.add_group("Parent", members=[first, child])

    sync(connection)

    told = explain_group(group(connection, parent))
    assert (told["entra_direct"], told["entra_transitive"], told["recipients"]) == (2, 7, 6)
    assert names(connection, parent) == ["Ann", "Bo", "Cy", "Di", "Ed", "Flo"]


def test_person_reached_by_two_paths_counts_once(connection, directory):
    (ann,) = people(directory, "Ann")
    left, right = directory.add_group("Left", members=[ann]), directory.add_group("Right", members=[ann])
    top = directory.add_group("Top", members=[left, right, ann])

    sync(connection)

    told = explain_group(group(connection, top))
    assert (told["entra_transitive"], told["recipients"], told["duplicates"]) == (3, 1, 0)


def test_groups_that_contain_each_other_have_the_same_people(connection, directory):
    ann, bo, cy = people(directory, "Ann", "Bo", "Cy")
    one = directory.add_group("One", members=[ann])
    two = directory.add_group("Two", members=[bo, one])
    three = directory.add_group("Three", members=[cy, two])
    directory.add_member(one, three)

    sync(connection)

    assert [names(connection, each) for each in (one, two, three)] == [["Ann", "Bo", "Cy"]] * 3
    assert {group(connection, each).component for each in (one, two, three)} == {group(connection, one).component}


def test_cycle_that_opens_again_separates_its_groups(connection, directory):
    ann, bo = people(directory, "Ann", "Bo")
    one = directory.add_group("One", members=[ann])
    two = directory.add_group("Two", members=[bo, one])
    directory.add_member(one, two)
    sync(connection)

    directory.remove_member(one, two)
    sync(connection)

    assert (names(connection, one), names(connection, two)) == (["Ann"], ["Ann", "Bo"])


@pytest.mark.parametrize("depth", [3, 60])
def test_people_at_the_bottom_of_deep_nesting_are_reached(connection, directory, depth):
    (ann,) = people(directory, "Ann")
    top = directory.add_group("Bottom", members=[ann])
    for level in range(depth):
        top = directory.add_group(f"Level {level}", members=[top])

    sync(connection)

    assert names(connection, top) == ["Ann"]
    assert group(connection, top).entra_transitive == depth + 1


def test_same_address_on_two_people_is_reported(connection, directory):
    both = [directory.add_user(displayName=name, mail=mail) for name, mail in (("A", "x@c.com"), ("B", "X@C.com"))]
    team = directory.add_group("Team", members=both)

    sync(connection)

    told = explain_group(group(connection, team))
    assert (told["recipients"], told["duplicates"]) == (2, 1)
