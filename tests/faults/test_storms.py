"""Nights of random faults and random changes: whoever stays is never lost, and a quiet night ends in the truth."""

import random

import pytest

from tests.faults.conftest import Company
from tests.sync.harness import group

WHERE = ("users/delta", "groups/delta", "contacts/delta", "*/delta", "token", "$batch", "user", "group", "members")
KINDS = (
    *("429", "500", "503", "reset", "truncate", "cut_json", "empty_page", "missing_page", "half_page", "ids_only"),
    *("replay", "pieces", "strangers", "no_members", "empty_directory", "resync_required", "403", "redirect"),
    *("foreign_next_link", "repeated_next_link", "no_account_enabled"),
)
# An answer of a single question that lies can't be told from the truth; the check of numbers is there for those.
BELIEVED = {"missing_page", "half_page", "empty_directory", "empty_page"}


@pytest.mark.parametrize("seed", range(4))
def test_storm_loses_nobody_and_calm_brings_the_truth(company: Company, seed):
    dice = random.Random(f"storm {seed}")
    company.directory.noise = dice.choice([0, 1])
    for number in range(8):
        told = [f"seed {seed}, storm {number}"]
        stayed = _reached(company)
        told += [_change(company, dice) for _ in range(dice.randint(0, 4))]
        told += [_fault(company, dice) for _ in range(dice.randint(1, 3))]

        night = company.night(full=dice.random() < 0.5)

        told.append(f"{night.kind} {night.state} {night.problem}")
        lost = (stayed & _truth(company)) - _rows(company)
        assert not lost, told
        company.server.faults.clear()
        calm = company.night(full=dice.random() < 0.5)
        assert calm.state == "succeeded", told
        assert _rows(company) == _truth(company), [*told, calm.kind]


def _change(company: Company, dice: random.Random) -> str:
    directory = company.directory
    people, groups = directory.users, directory.groups
    recycled = sorted(id for id in directory.recycle_bin if id in directory.tables["user"])
    someone, somewhere, elsewhere = dice.choice(people), dice.choice(groups), dice.choice(groups)
    acts = {
        "add": lambda: directory.add_member(somewhere, directory.add_user(displayName=f"N{dice.random()}")),
        "join": lambda: directory.add_member(somewhere, someone),
        "leave": lambda: directory.remove_member(somewhere, someone),
        "nest": lambda: directory.add_member(somewhere, elsewhere),
        "part": lambda: directory.remove_member(somewhere, elsewhere),
        "disable": lambda: directory.disable_user(someone),
        "enable": lambda: directory.enable_user(someone),
        "delete": lambda: directory.soft_delete_user(someone) if len(people) > 4 else None,
        "restore": lambda: directory.restore_user(dice.choice(recycled)) if recycled else None,
        "purge": lambda: directory.purge_user(dice.choice(recycled)) if recycled else None,
    }
    act = dice.choice(sorted(acts))
    acts[act]()
    return act


def _fault(company: Company, dice: random.Random) -> str:
    where, kind = dice.choice(WHERE), dice.choice(KINDS)
    if kind in BELIEVED and "delta" not in where:
        kind = "503"
    lasting = 2 if kind == "empty_page" else None  # for ever it would be a round without an end
    times, after = dice.choice([1, 2, lasting]), dice.choice([0, 0, 1, 3])
    company.fault(where, kind, times=times, after=after, retry_after=dice.choice([0, 600]))
    return f"{where} {kind} {times} {after}"


def _truth(company: Company) -> set[tuple[str, str]]:
    """(group, person) for all whom Entra has as enabled in it."""
    directory = company.directory
    return {
        (id, person)
        for id in directory.groups
        for person in directory.transitive_members(id)
        if directory.kind_of(person) == "orgContact"
        or (directory.kind_of(person) == "user" and directory.properties(person)["accountEnabled"])
    }


def _reached(company: Company) -> set[tuple[str, str]]:
    return _truth(company) & _rows(company)


def _rows(company: Company) -> set[tuple[str, str]]:
    """(group, person) for all whom a newsletter reaches."""
    rows = (group(company.connection, id) for id in company.directory.groups)
    return {(row.entra_id, person) for row in rows for person in row.reached().values_list("entra_id", flat=True)}
