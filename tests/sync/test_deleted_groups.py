"""Groups that go while something else still names them: what the guard keeps, who is reached, and the numbers."""

import pytest

from directory_sync.models import Group, HeldRemoval
from directory_sync.sync import counts
from tests.sync.audiences import choose
from tests.sync.harness import connect, group, sync


@pytest.fixture
def people(directory) -> list[str]:
    return [directory.add_user(displayName=f"P{n:02}", mail=f"p{n}@contoso.com") for n in range(20)]


def numbers_are_right(connection) -> None:
    """The stored numbers are those that counting anew finds, and whoever is counted is reached."""
    for row in connection.groups.all():
        right = counts.numbers([row])[row.pk]
        assert {name: getattr(row, name) for name in counts.COLUMNS} == {name: right[name] for name in counts.COLUMNS}
        assert row.recipients == row.reached().count()


@pytest.mark.parametrize("circle", [False, True])
@pytest.mark.parametrize("decision", [HeldRemoval.Decision.WAITING, HeldRemoval.Decision.KEPT])
def test_unread_group_stays_as_long_as_its_removal_waits(connection, directory, people, circle, decision):
    inner = directory.add_group("Inner", members=people)
    directory.add_group("Other", members=people)
    outer = directory.add_group("Outer", members=[inner, directory.add_user(displayName="Own", mail="own@contoso.com")])
    if circle:
        directory.add_member(inner, outer)
    sync(connection)
    choose(connection, outer)
    connection.groups.filter(entra_id=inner).update(is_read=False)
    directory.delete_group(inner)
    if decision == HeldRemoval.Decision.KEPT:
        HeldRemoval.objects.create(group=group(connection, outer), member_entra_id=inner, decision=decision)

    sync(connection)
    sync(connection)

    assert HeldRemoval.objects.get().group == group(connection, outer)
    assert group(connection, outer).status == ("held" if decision == HeldRemoval.Decision.WAITING else "synced")
    assert group(connection, outer).reached().count() == 21
    numbers_are_right(connection)


def test_unread_group_goes_with_its_removal(connection, directory, people):
    inner = directory.add_group("Inner", members=people)
    outer = directory.add_group("Outer", members=[inner])
    sync(connection)
    choose(connection, outer)
    connection.groups.filter(entra_id=inner).update(is_read=False)
    directory.delete_group(inner)
    sync(connection)

    HeldRemoval.objects.update(decision=HeldRemoval.Decision.ACCEPTED)
    sync(connection)

    assert group(connection, outer).reached().count() == 0
    numbers_are_right(connection)


@pytest.mark.parametrize("is_held_below", [False, True])
@pytest.mark.parametrize("is_used", [False, True])
def test_group_that_leaves_a_selected_scope_stays_below_one_that_is_held(
    db, endpoints, directory, people, is_used, is_held_below
):
    low = directory.add_group("Low", members=people)
    middle = directory.add_group("Middle", members=[low])
    listed, other = directory.add_group("Listed", members=[middle]), directory.add_group("Other", members=people)
    connection = connect(directory, group_ids=(listed, other))
    sync(connection)
    if is_used:
        choose(connection, listed)
    if is_held_below:
        HeldRemoval.objects.create(group=group(connection, middle), member_entra_id=low)
    directory.remove_member(listed, middle)

    run = sync(connection)
    again = sync(connection)

    assert (run.state, again.state) == ("succeeded", "succeeded")
    assert group(connection, listed).reached().count() == (20 if is_used else 0)
    assert group(connection, listed).status == ("held" if is_used else "synced")
    assert connection.groups.filter(entra_id=low).exists() == is_used
    numbers_are_right(connection)


def test_group_kept_for_an_editor_loses_what_left_the_scope_with_it(db, endpoints, directory, people):
    low = directory.add_group("Low", members=people[:3])
    chosen = directory.add_group("Chosen", members=[low, people[4]])
    directory.add_member(low, chosen)
    listed = directory.add_group("Listed", members=[chosen, *people])
    connection = connect(directory, group_ids=(listed,))
    sync(connection)
    choose(connection, chosen)
    directory.remove_member(listed, chosen)

    sync(connection)

    assert group(connection, chosen).status == Group.Status.GONE
    assert group(connection, chosen).reached().count() >= 1
    numbers_are_right(connection)


def test_walked_scope_counts_all_its_groups_every_night(db, endpoints, directory, people):
    listed = directory.add_group("Listed", members=people)
    connection = connect(directory, group_ids=(listed,))
    sync(connection)
    connection.groups.update(recipients=9)

    run = sync(connection)

    assert run.kind == "full"
    numbers_are_right(connection)


def test_number_that_was_too_low_is_counted_anew(connection, directory, people):
    team = directory.add_group("Team", members=people)
    sync(connection)
    connection.groups.update(entra_direct=0, entra_transitive=0, people=0, recipients=0)
    directory.remove_member(team, people[0])

    run = sync(connection)

    assert (run.state, run.kind) == ("succeeded", "incremental")
    numbers_are_right(connection)


def test_group_that_comes_back_has_lost_the_groups_that_went_meanwhile(connection, directory, people):
    inner = directory.add_group("Inner", members=people)
    outer = directory.add_group("Outer", members=[inner, people[0]])
    sync(connection)
    directory.delete_group(outer, permanently=False)
    sync(connection)
    directory.delete_group(inner)
    sync(connection)
    directory.restore_group(outer)

    sync(connection)

    assert group(connection, outer).reached().count() == 1
    numbers_are_right(connection)
