"""The guard in a run: what is held, what goes on, and what staff decide."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from directory_sync import holds, notify
from directory_sync.models import GroupChange, HeldRemoval, SyncRun
from directory_sync.sync import claim
from directory_sync.sync.perform import perform
from tests.sync.audiences import choose
from tests.sync.harness import group, names, sync


@pytest.fixture
def people(directory) -> list[str]:
    return [directory.add_user(displayName=f"P{n:02}", mail=f"p{n}@contoso.com") for n in range(40)]


@pytest.fixture
def team(directory, people, connection) -> str:
    """A group of all forty, in an audience, synced."""
    made = directory.add_group("Team", members=people)
    sync(connection)
    choose(connection, made)
    return made


def disable(directory, people) -> None:
    for person in people:
        directory.disable_user(person)


def remove(directory, team, people) -> None:
    for person in people:
        directory.remove_member(team, person)


def released(run: SyncRun) -> SyncRun:
    again = holds.release(run, by="test")
    assert again is not None
    assert claim.claim(again)
    return perform(again)


def test_run_in_which_too_many_leave_is_held_whole(connection, directory, people, team):
    newcomer = directory.add_user(displayName="New")
    directory.add_member(team, newcomer)
    disable(directory, people[:10])

    run = sync(connection)

    assert (run.state, run.problem, run.held) == ("held", "held_people", 10)
    assert run.losses == sorted(people[:10])
    assert group(connection, team).recipients == 40
    assert not connection.recipients.filter(entra_id=newcomer).exists()


def test_nine_of_forty_leave_without_being_held(connection, directory, people, team):
    disable(directory, people[:8])

    assert sync(connection).state == "succeeded"
    assert group(connection, team).recipients == 32


def test_first_sync_is_never_held(connection, directory, people):
    disable(directory, people)

    assert sync(connection).state == "succeeded"


def test_next_run_supersedes_the_held_one(connection, directory, people, team):
    disable(directory, people[:10])
    first = sync(connection)

    second = sync(connection)

    first.refresh_from_db()
    assert (first.state, second.state) == ("superseded", "held")


def test_loss_repaired_in_entra_is_held_no_more(connection, directory, people, team):
    disable(directory, people[:10])
    held = sync(connection)
    for person in people[:10]:
        directory.enable_user(person)

    run = sync(connection)

    held.refresh_from_db()
    assert (run.state, held.state) == ("succeeded", "superseded")
    assert group(connection, team).recipients == 40


def test_released_run_takes_away_whom_it_named(connection, directory, people, team):
    disable(directory, people[:10])
    held = sync(connection)

    run = released(held)

    assert (run.state, run.trigger, run.removed) == ("succeeded", "release", 10)
    assert group(connection, team).recipients == 30


def test_release_accepts_only_the_losses_that_were_named(connection, directory, people, team):
    disable(directory, people[:10])
    held = sync(connection)
    disable(directory, people[10:25])

    run = released(held)

    assert (run.state, len(run.losses)) == ("held", 25)
    assert group(connection, team).recipients == 40


def test_dismissed_losses_are_not_held_again_until_they_grow(connection, directory, people, team):
    disable(directory, people[:10])
    assert holds.dismiss(sync(connection), by="test")

    same = sync(connection)
    disable(directory, people[10:12])
    more = sync(connection)

    assert (same.state, more.state) == ("dismissed", "held")
    assert group(connection, team).recipients == 40


def test_releasing_twice_makes_one_run(connection, directory, people, team):
    disable(directory, people[:10])
    held = sync(connection)

    again = [holds.release(held, by="one"), holds.release(held, by="two")]

    assert [run is None for run in again] == [False, True]


def test_held_run_older_than_its_delta_links_becomes_a_guarded_full_round(connection, directory, people, team):
    disable(directory, people[:10])
    sync(connection)
    directory.advance(days=8)

    run = sync(connection)

    assert (run.kind, run.state) == ("full", "held")


def test_group_that_loses_too_many_links_is_held_and_the_rest_applied(connection, directory, people, team):
    other = directory.add_group("Other", members=people[:1])
    remove(directory, team, people[:11])
    directory.update_user(people[39], displayName="Renamed")

    run = sync(connection)

    assert (run.state, run.held) == ("succeeded", 11)
    assert (group(connection, team).status, group(connection, team).recipients) == ("held", 40)
    assert names(connection, other) == ["P00"]
    assert connection.recipients.filter(name="Renamed").exists()


def test_group_in_no_audience_is_not_held(connection, directory, people):
    loose = directory.add_group("Loose", members=people)
    sync(connection)
    remove(directory, loose, people)

    sync(connection)

    assert group(connection, loose).recipients == 0


def test_group_emptied_from_five_is_held(connection, directory, people):
    five = directory.add_group("Five", members=people[:5])
    sync(connection)
    choose(connection, five)
    directory.empty_group(five)

    sync(connection)

    assert (group(connection, five).status, group(connection, five).recipients) == ("held", 5)


def test_person_who_left_the_directory_is_not_kept_by_a_held_group(connection, directory, people, team):
    remove(directory, team, people[:11])
    directory.soft_delete_user(people[20])

    sync(connection)

    assert group(connection, team).recipients == 39


def test_removals_that_wait_are_made_when_released(connection, directory, people, team):
    remove(directory, team, people[:11])
    held = sync(connection)

    run = released(held)

    assert (run.state, run.held) == ("succeeded", 0)
    assert (group(connection, team).status, group(connection, team).recipients) == ("synced", 29)
    assert not HeldRemoval.objects.exists()


@pytest.mark.parametrize("is_full", [False, True])
def test_removals_that_wait_go_on_waiting(connection, directory, people, team, is_full):
    remove(directory, team, people[:11])
    sync(connection)

    run = sync(connection, full=is_full)

    assert run.held == 11
    assert (group(connection, team).status, group(connection, team).recipients) == ("held", 40)


@pytest.mark.parametrize("is_full", [False, True])
def test_removals_that_were_kept_are_not_asked_about_again(connection, directory, people, team, is_full):
    remove(directory, team, people[:11])
    assert holds.dismiss(sync(connection), by="test")

    run = sync(connection, full=is_full)

    assert run.held == 0
    assert (group(connection, team).status, group(connection, team).recipients) == ("synced", 40)


@pytest.mark.parametrize("is_full", [False, True])
def test_people_put_back_in_entra_are_held_no_more(connection, directory, people, team, is_full):
    remove(directory, team, people[:11])
    sync(connection)
    for person in people[:11]:
        directory.add_member(team, person)

    run = sync(connection, full=is_full)

    assert (run.held, HeldRemoval.objects.count()) == (0, 0)
    assert (group(connection, team).status, group(connection, team).recipients) == ("synced", 40)


def test_nested_group_that_is_deleted_holds_the_parent(connection, directory, people):
    child = directory.add_group("Child", members=people[:20])
    parent = directory.add_group("Parent", members=[child, people[20]])
    sync(connection)
    choose(connection, parent)
    directory.delete_group(child)

    sync(connection)

    assert (group(connection, parent).status, group(connection, parent).recipients) == ("held", 21)


def test_19_percent_a_night_is_let_through_and_can_be_seen_in_the_history(connection, directory, people, team):
    for night in range(3):
        remaining = 40 - 7 * night
        disable(directory, people[7 * night : 7 * night + min(7, int(remaining * 0.19))])
        assert sync(connection).state == "succeeded"

    removed = GroupChange.objects.filter(group=None, removed__gt=0).values_list("removed", flat=True)
    assert sum(removed) == 40 - group(connection, team).recipients > 10


def test_history_names_who_came_and_went_in_each_group_in_use(connection, directory, people, team):
    newcomer = directory.add_user(displayName="New")
    directory.add_member(team, newcomer)
    directory.remove_member(team, people[0])

    run = sync(connection)

    change = GroupChange.objects.get(run=run, group__entra_id=team)
    assert (change.added_ids, change.removed_ids) == ([newcomer], [people[0]])


def test_hold_is_told_to_support_at_once_and_then_daily(connection, directory, people, team, mailoutbox):
    disable(directory, people[:10])
    first = sync(connection)
    again = sync(connection)

    told = [
        notify.after_run(first),
        notify.after_run(again),
        notify.after_run(again, timezone.now() + timedelta(days=1)),
    ]

    assert [bool(verb) for verb in told] == [True, False, True]
    assert {address for mail in mailoutbox for address in mail.to} == {settings.SUPPORT_EMAIL}


def test_held_group_is_told_to_support_once_a_day(connection, directory, people, team, mailoutbox):
    notify.after_run(connection.runs.first())  # the first sync
    remove(directory, team, people[:11])
    first = sync(connection)

    told = [notify.after_run(first), notify.after_run(sync(connection))]

    assert [bool(verb) for verb in told] == [True, False]
    assert mailoutbox[-1].to == [settings.SUPPORT_EMAIL]
    assert "11 removals" in mailoutbox[-1].body
