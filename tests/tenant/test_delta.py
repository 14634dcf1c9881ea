"""Delta rounds keep the promises of delta-query-overview, and no more than those."""

import pytest

from tests.tenant.client import Copy

USERS = "users/delta?$select=displayName,mail,jobTitle,manager"
GROUPS = "groups/delta?$select=displayName,members"


def test_a_first_round_shows_everybody_and_ends_with_a_delta_link(client, directory):
    users = {directory.add_user() for _ in range(5)}

    items, link = client.round(USERS)

    assert {item["id"] for item in items} == users
    assert "$deltatoken=" in link
    assert len(link) > 300


def test_properties_never_set_are_left_out_of_a_first_round(client, directory):
    directory.add_user(displayName="Ada", mail=None)

    items, _ = client.round(USERS)

    assert items == [{"displayName": "Ada", "id": directory.users[0]}]


def test_the_long_form_of_the_function_is_the_same(client, directory):
    user = directory.add_user()

    items, _ = client.round("users/microsoft.graph.delta()?$select=mail")

    assert [item["id"] for item in items] == [user]


def test_a_page_holds_at_most_200_objects(client, directory):
    for _ in range(401):
        directory.add_user()

    sizes = [len(page["value"]) for page in client.pages(USERS, Prefer="odata.maxpagesize=999")]

    assert sizes == [200, 200, 1]


def test_a_smaller_page_may_be_wished_for(client, directory):
    for _ in range(5):
        directory.add_user()

    sizes = [len(page["value"]) for page in client.pages(USERS, Prefer="odata.maxpagesize=2")]

    assert sizes == [2, 2, 1]


def test_a_large_group_comes_in_slices_of_500_links(client, directory):
    members = {directory.add_user() for _ in range(1200)}
    group = directory.add_group("Everybody", members=members)

    pages = [page["value"] for page in client.pages(GROUPS)]

    assert [len(value[0]["members@delta"]) for value in pages] == [500, 500, 200]
    assert [set(value[0]) - {"members@delta"} for value in pages][1:] == [{"id"}, {"id"}]
    assert Copy().apply([item for value in pages for item in value]).links[group] == members


def test_a_changed_object_carries_all_properties_ever_set(client, directory):
    user = directory.add_user(displayName="Ada", jobTitle="Engineer")
    _, link = client.round(USERS)

    directory.update_user(user, displayName="Ada L.", jobTitle=None)
    items, _ = client.round(link)

    mail = directory.properties(user)["mail"]
    assert items == [{"displayName": "Ada L.", "mail": mail, "jobTitle": None, "id": user}]


def test_minimal_answers_carry_what_changed_only(client, directory):
    user = directory.add_user(displayName="Ada", jobTitle="Engineer")
    _, link = client.round(USERS)

    directory.update_user(user, jobTitle=None)
    items, _ = client.round(link, Prefer="return=minimal")

    assert items == [{"jobTitle": None, "id": user}]


def test_a_property_that_was_not_selected_is_not_tracked(client, directory):
    user = directory.add_user()
    _, link = client.round(USERS)

    directory.update_user(user, city="Paris")

    assert client.round(link)[0] == []


def test_latest_gives_a_link_and_nothing_else(client, directory):
    directory.add_user()

    items, link = client.round(USERS + "&$deltatoken=latest")
    later = directory.add_user()

    assert items == []
    assert [item["id"] for item in client.round(link)[0]] == [later]


def test_a_new_manager_comes_beside_the_removed_one(client, directory):
    boss, chief = directory.add_user(), directory.add_user()
    user = directory.add_user(manager=boss)
    _, link = client.round(USERS)

    directory.set_manager(user, chief)
    [item] = client.round(link)[0]

    entries = {entry["id"]: entry.get("@removed") for entry in item["manager@delta"]}
    assert entries == {boss: {"reason": "deleted"}, chief: None}


def test_a_change_of_something_else_leaves_the_manager_out(client, directory):
    user = directory.add_user(manager=directory.add_user())
    _, link = client.round(USERS)

    directory.update_user(user, jobTitle="Lead")

    assert "manager@delta" not in client.round(link)[0][0]


def test_members_added_and_removed_are_told_as_direct_links(client, directory):
    old, new = directory.add_user(), directory.add_device()
    group = directory.add_group("Mixed", members=[old])
    _, link = client.round(GROUPS)

    directory.remove_member(group, old)
    directory.add_member(group, new)
    [item] = client.round(link)[0]

    assert item["members@delta"] == [
        {"@odata.type": "#microsoft.graph.user", "id": old, "@removed": {"reason": "deleted"}},
        {"@odata.type": "#microsoft.graph.device", "id": new},
    ]


def test_nested_groups_are_not_expanded(client, directory):
    child = directory.add_group("Child", members=[directory.add_user()])
    parent = directory.add_group("Parent", members=[child])

    copy = Copy().apply(client.round(GROUPS)[0])

    assert copy.links[parent] == {child}


def test_a_soft_deleted_user_is_removed_but_his_links_stay_silent(client, directory):
    user = directory.add_user()
    directory.add_group("Team", members=[user])
    (_, users), (_, groups) = client.round(USERS), client.round(GROUPS)

    directory.soft_delete_user(user)

    assert client.round(users)[0] == [{"id": user, "@removed": {"reason": "changed"}}]
    assert client.round(groups)[0] == []


def test_soft_deleted_people_are_in_no_first_round(client, directory):
    user = directory.add_user()
    directory.add_group("Team", members=[user])
    directory.soft_delete_user(user)

    assert client.round(USERS)[0] == []
    assert "members@delta" not in client.round(GROUPS)[0][0]


def test_a_restored_user_is_as_if_new_and_no_group_says_so(client, directory):
    user = directory.add_user(displayName="Ada")
    group = directory.add_group("Team", members=[user])
    directory.soft_delete_user(user)
    (_, users), (_, groups) = client.round(USERS), client.round(GROUPS)

    directory.restore_user(user)

    assert client.round(users)[0][0]["displayName"] == "Ada"
    assert client.round(groups)[0] == []
    assert directory.members(group) == {user}


def test_a_purge_is_a_second_removal_and_takes_the_links(client, directory):
    user = directory.add_user()
    group = directory.add_group("Team", members=[user])
    directory.soft_delete_user(user)
    (_, users), (_, groups) = client.round(USERS), client.round(GROUPS)

    directory.purge_user(user)

    assert client.round(users)[0] == [{"id": user, "@removed": {"reason": "deleted"}}]
    [item] = client.round(groups)[0]
    assert (item["id"], item["members@delta"][0]["@removed"]) == (group, {"reason": "deleted"})


@pytest.mark.parametrize(("kind", "reason"), [("security", "deleted"), ("m365", "changed")])
def test_a_deleted_group_is_removed_and_leaves_its_parents(client, directory, kind, reason):
    child = directory.add_group("Child", kind)
    parent = directory.add_group("Parent", members=[child])
    _, link = client.round(GROUPS)

    directory.delete_group(child)
    items = {item["id"]: item for item in client.round(link)[0]}

    assert items[child]["@removed"] == {"reason": reason}
    assert items[parent]["members@delta"][0]["@removed"] == {"reason": "deleted"}


def test_contacts_come_change_and_go(client, directory):
    contact = directory.add_contact(displayName="Press")
    first, link = client.round("contacts/delta?$select=displayName,mail")
    directory.update_contact(contact, displayName="Daily")
    changed, link = client.round(link)
    directory.delete_contact(contact)
    gone, _ = client.round(link)

    assert [first[0]["displayName"], changed[0]["displayName"]] == ["Press", "Daily"]
    assert gone == [{"id": contact, "@removed": {"reason": "deleted"}}]


def test_an_old_delta_token_is_gone_with_a_place_to_start_from(client, directory):
    user = directory.add_user()
    _, link = client.round(USERS)

    directory.advance(days=7.1)
    client.sign_in()
    answer = client.get(link)

    assert answer.status_code == 410
    assert [item["id"] for item in client.round(answer.headers["Location"])[0]] == [user]


def test_an_old_delta_token_may_be_refused_as_unknown_sync_state(client, directory):
    _, link = client.round(USERS)
    directory.expiry_answer = "400"

    directory.advance(days=8)
    client.sign_in()
    answer = client.get(link)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "syncStateNotFound")


def test_a_forged_token_is_refused(client):
    _, link = client.round(USERS)

    assert client.get(link[:-30] + "A" * 30).status_code == 400


def test_a_change_between_two_pages_loses_nobody(client, directory):
    users = [directory.add_user() for _ in range(6)]
    group = directory.add_group("Team", members=users)
    directory.link_page_size = 3
    pages = client.pages(GROUPS)

    first = next(pages)
    directory.remove_member(group, users[0])
    rest = list(pages)

    copy = Copy().apply(first["value"] + [item for page in rest for item in page["value"]])
    assert copy.links[group] >= set(users[1:])
    copy.apply(client.round(rest[-1]["@odata.deltaLink"])[0])
    assert copy.links[group] == set(users[1:])


def test_hidden_membership_stays_hidden_without_its_role(client, directory):
    group = directory.add_group("Council", "m365", [directory.add_user()], visibility="HiddenMembership")

    assert "members@delta" not in client.round(GROUPS)[0][0]
    directory.grant_role("Member.Read.Hidden")
    client.sign_in()

    assert Copy().apply(client.round(GROUPS)[0]).links[group] == directory.members(group)


def test_only_id_filters_are_understood(client, directory):
    wanted, _ = directory.add_user(), directory.add_user()

    items, _ = client.round(f"{USERS}&$filter=id eq '{wanted}'")

    assert [item["id"] for item in items] == [wanted]
    assert client.get(f"{USERS}&$filter=startswith(mail,'a')").status_code == 400


def test_a_property_outside_the_main_store_is_refused(client):
    assert client.get("users/delta?$select=id,aboutMe").status_code == 501
