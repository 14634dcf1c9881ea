"""Repeats, replays, empty pages and strangers come, and a client that merges still gets the truth."""

import random

import pytest

from tests.tenant.client import Copy

USERS = "users/delta?$select=displayName,jobTitle,manager"
GROUPS = "groups/delta?$select=displayName,members"


@pytest.fixture
def noisy(directory):
    directory.noise = 1.0
    directory.link_page_size = 7
    return directory


def test_a_merging_client_ends_with_the_truth(client, noisy):
    dice = random.Random(5)
    users = [noisy.add_user() for _ in range(40)]
    groups = [noisy.add_group(f"Group {number}", members=dice.sample(users, 12)) for number in range(6)]
    people, teams = Copy(), Copy()
    user_link, group_link = USERS, GROUPS

    for _ in range(25):
        items, user_link = client.round(user_link, Prefer="odata.maxpagesize=9")
        people.apply(items)
        items, group_link = client.round(group_link, Prefer="odata.maxpagesize=4")
        teams.apply(items)
        for _ in range(dice.randint(0, 8)):
            change(noisy, dice, users, groups)

    for user in sorted(noisy.recycle_bin):
        noisy.restore_user(user)
    people.apply(client.round(user_link)[0])
    teams.apply(client.round(group_link)[0])
    assert set(people.objects) == set(noisy.users)
    assert {user: people.links[user] for user in users} == {user: {noisy.manager_of(user)} - {None} for user in users}
    assert {user: people.objects[user]["displayName"] for user in users} == {
        user: noisy.properties(user)["displayName"] for user in users
    }
    assert teams.links == {group: noisy.members(group) for group in groups}


def change(directory, dice, users, groups):
    user, other, group = dice.choice(users), dice.choice(users), dice.choice(groups)
    what = dice.randrange(6)
    if user in directory.recycle_bin:
        directory.restore_user(user)
    elif what == 5:
        directory.soft_delete_user(user)
    elif what == 0:
        directory.update_user(user, displayName=f"Name {dice.random()}")
    elif what == 1:
        directory.set_manager(user, None if other in directory.recycle_bin else other)
    elif what == 2:
        directory.rename_group(group, f"Group {dice.random()}")
    elif not directory.remove_member(group, user):
        directory.add_member(group, user)


def test_noise_repeats_objects_and_sends_empty_pages(client, noisy):
    for _ in range(600):
        noisy.add_user()

    pages = [page["value"] for page in client.pages(USERS, Prefer="odata.maxpagesize=10")]
    ids = [item["id"] for page in pages for item in page if "@removed" not in item]

    assert [] in pages
    assert len(ids) > len(set(ids)) == 600
    assert ids != noisy.users


def test_the_same_seed_makes_the_same_directory(server):
    first, second = (server.add_tenant(seed=77) for _ in range(2))

    assert first.tenant_id == second.tenant_id
    assert first.add_user() == second.add_user()
