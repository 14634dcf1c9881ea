"""Many leave at once, slowly, or by mistake: what is held, repaired, released."""

import pytest

from directory_sync import holds
from directory_sync.models import GroupChange
from directory_sync.sync import claim
from directory_sync.sync.perform import perform
from tests.faults.conftest import DELTA_LINKS, Company
from tests.faults.night import Night, told
from tests.faults.snapshot import snapshot
from tests.sync.audiences import choose
from tests.sync.harness import sync

PEOPLE_HELD = ("held", "held_people", "Held: too many people would leave at once", "support")


@pytest.fixture
def crowd(company: Company) -> list[str]:
    """Forty more people in a group of their own, in an audience: 43 recipients with Ann, Bo and Cy, and Paper."""
    directory = company.directory
    made = [directory.add_user(displayName=f"P{n:02}", mail=f"p{n:02}@contoso.com") for n in range(40)]
    company.ids["Crowd"] = directory.add_group("Crowd", members=made)
    sync(company.connection)
    choose(company.connection, company.ids["Crowd"])
    return made


def release(company: Company, night: Night) -> Night:
    before = snapshot(company.connection)
    again = holds.release(night.run, by="support")
    assert again is not None
    assert claim.claim(again)
    return told(perform(again), before, company.server)


def test_60_percent_leaving_in_one_night_hold_the_whole_run(company: Company, crowd):
    company.news()
    for person in crowd[:26]:
        company.directory.disable_user(person)

    night = company.night()

    assert (night.state, night.problem, night.words, night.who) == PEOPLE_HELD
    assert (night.changed, night.run.losses) == ({}, sorted(crowd[:26]))
    released = release(company, night)
    assert (released.state, released.words) == ("succeeded", "")
    assert released.changed["group Crowd"] == "synced, 14 of 40"
    assert sum(value == "disabled" for value in released.changed.values()) == 26
    company.is_true()


@pytest.mark.parametrize("how", ["soft_delete_user", "purge_user"])
def test_60_percent_deleted_in_one_night_are_held_too(company: Company, crowd, how):
    for person in crowd[:26]:
        getattr(company.directory, how)(person)

    nights = [company.night(full=is_full) for is_full in (False, True, False)]

    assert [night[1:5] for night in nights] == [PEOPLE_HELD] * 3
    assert [night.changed for night in nights] == [{}] * 3


def test_19_percent_a_night_for_five_nights_pass_and_stand_in_the_history(company: Company, crowd):
    left, nights = list(crowd), []
    for _ in range(5):
        leaving, left = left[: int(0.19 * len(left))], left[int(0.19 * len(left)) :]
        for person in leaving:
            company.directory.disable_user(person)
        nights.append((company.night(), len(leaving)))

    assert [(night.state, night.words) for night, _ in nights] == [("succeeded", "")] * 5
    assert [night.run.removed for night, _ in nights] == [number for _, number in nights] == [7, 6, 5, 4, 3]
    history = GroupChange.objects.filter(group__name="Crowd", removed__gt=0).order_by("run__created_at")
    assert list(history.values_list("removed", flat=True)) == [7, 6, 5, 4, 3]
    assert nights[-1][0].changed["group Crowd"] == "synced, 15 of 40"


def test_group_emptied_by_hand_is_held_alone_while_the_rest_goes_on(company: Company, crowd):
    company.news()
    company.directory.empty_group(company.ids["Crowd"])

    night = company.night()

    held = {f"Crowd held P{n:02}": "waiting" for n in range(40)}
    assert (night.state, night.run.held) == ("succeeded", 40)
    assert night.changed == {
        "person Eve": "eve@contoso.com",
        "person Cy": "cy.new@contoso.com",
        "Team has Eve": "yes",
        "Team has Bo": None,
        "group Crowd": "held held_links, 40 of 40",
        **held,
        **DELTA_LINKS,
    }


@pytest.mark.parametrize("is_full", [False, True], ids=["incremental", "full"])
def test_emptied_group_that_is_repaired_before_anybody_released_it_is_as_before(company: Company, crowd, is_full):
    start = snapshot(company.connection)
    company.directory.empty_group(company.ids["Crowd"])
    company.night()
    for person in crowd:
        company.directory.add_member(company.ids["Crowd"], person)

    night = company.night(full=is_full)

    now = snapshot(company.connection)
    assert (night.state, night.run.held, night.changed["group Crowd"]) == ("succeeded", 0, "synced, 40 of 40")
    assert {fact for fact in start if start[fact] != now.get(fact)} <= set(DELTA_LINKS)
    assert now.keys() == start.keys()


@pytest.mark.parametrize("is_full", [False, True], ids=["incremental", "full"])
def test_60_percent_repaired_before_anybody_released_them_change_nothing(company: Company, crowd, is_full):
    for person in crowd[:26]:
        company.directory.soft_delete_user(person)
    held = company.night()
    for person in crowd[:26]:
        company.directory.restore_user(person)

    night = company.night(full=is_full)

    held.run.refresh_from_db()
    assert (night.state, night.changed, held.run.state) == ("succeeded", DELTA_LINKS, "superseded")


def test_release_after_newer_changes_makes_both_and_keeps_who_came_back(company: Company, crowd):
    company.directory.empty_group(company.ids["Crowd"])
    night = company.night()
    company.news()
    for person in crowd[:3]:
        company.directory.add_member(company.ids["Crowd"], person)

    released = release(company, night)

    assert (released.state, released.run.held) == ("succeeded", 0)
    assert released.changed["group Crowd"] == "synced, 3 of 3"
    assert (released.changed["person Eve"], released.changed["Team has Bo"]) == ("eve@contoso.com", None)
    company.is_true()


def test_release_of_people_after_newer_departures_holds_those_again(company: Company, crowd):
    for person in crowd[:26]:
        company.directory.disable_user(person)
    night = company.night()
    for person in crowd[26:38]:
        company.directory.disable_user(person)

    released = release(company, night)

    assert (released.state, released.words, released.changed) == ("held", PEOPLE_HELD[2], {})
    again = release(company, released)
    assert (again.state, again.changed["group Crowd"]) == ("succeeded", "synced, 2 of 40")


def test_release_after_the_departed_came_back_removes_nobody(company: Company, crowd):
    for person in crowd[:26]:
        company.directory.disable_user(person)
    night = company.night()
    for person in crowd[:26]:
        company.directory.enable_user(person)

    released = release(company, night)

    assert (released.state, released.changed) == ("succeeded", DELTA_LINKS)
