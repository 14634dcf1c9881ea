"""Plain reads: paging, permissions, casts, counts and batches."""

import pytest


def names(items):
    return [item.get("displayName") for item in items]


def test_collections_are_paged_by_top(client, directory):
    users = {directory.add_user() for _ in range(5)}

    pages = [page["value"] for page in client.pages("users?$top=2&$select=id")]

    assert [len(page) for page in pages] == [2, 2, 1]
    assert {item["id"] for page in pages for item in page} == users


@pytest.mark.parametrize("top", ["0", "1000", "many"])
def test_an_impossible_page_size_is_refused(client, top):
    assert client.get(f"users?$top={top}").status_code == 400


def test_an_unset_property_is_null_in_a_plain_read(client, directory):
    user = directory.add_user()

    assert client.get(f"users/{user}?$select=city,otherMails").json() | {"@odata.context": ""} == {
        "@odata.context": "",
        "id": user,
        "city": None,
        "otherMails": [],
    }


def test_a_user_in_the_recycle_bin_is_not_found(client, directory):
    user = directory.add_user()
    directory.soft_delete_user(user)

    answer = client.get(f"users/{user}")

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "Request_ResourceNotFound")
    assert answer.headers["request-id"] == answer.json()["error"]["innerError"]["request-id"]


def test_a_manager_is_found_or_not(client, directory):
    boss = directory.add_user(displayName="Boss")
    user = directory.add_user(manager=boss)

    assert client.get(f"users/{user}/manager").json()["displayName"] == "Boss"
    assert client.get(f"users/{boss}/manager").status_code == 404


def test_members_tell_their_type_and_transitive_members_include_groups(client, directory):
    deep = directory.add_user(displayName="Deep")
    child = directory.add_group("Child", members=[deep])
    parent = directory.add_group("Parent", members=[child])
    directory.add_member(child, parent)

    members = client.list(f"groups/{parent}/members")
    everybody = client.list(f"groups/{parent}/transitiveMembers")

    assert [(item["@odata.type"], item["id"]) for item in members] == [("#microsoft.graph.group", child)]
    assert {item["id"] for item in everybody} == directory.transitive_members(parent) == {deep, child, parent}


def test_a_cast_keeps_one_kind(client, directory):
    user, device = directory.add_user(), directory.add_device()
    group = directory.add_group("Mixed", members=[user, device])

    cast = client.list(f"groups/{group}/members/microsoft.graph.user?$select=mail")

    assert [item["id"] for item in cast] == [user]


def test_a_microsoft_365_group_cannot_be_cast_to_contacts(client, directory):
    group = directory.add_group("Project", "m365")

    assert client.get(f"groups/{group}/members/microsoft.graph.orgContact").status_code == 400


def test_counts_are_plain_text_and_want_the_consistency_header(client, directory):
    group = directory.add_group("Team", members=[directory.add_user() for _ in range(3)])
    path = f"groups/{group}/transitiveMembers/microsoft.graph.user/$count"

    answer = client.get(path, ConsistencyLevel="eventual")

    assert (answer.text, answer.headers["Content-Type"]) == ("3", "text/plain")
    assert client.get(path).status_code == 400


def test_groups_of_a_person(client, directory):
    user = directory.add_user()
    child = directory.add_group("Child", members=[user])
    parent = directory.add_group("Parent", members=[child])

    assert [item["id"] for item in client.list(f"users/{user}/memberOf")] == [child]
    assert {item["id"] for item in client.list(f"users/{user}/transitiveMemberOf")} == {child, parent}


def test_groups_are_found_by_the_start_of_a_name(client, directory):
    directory.add_group("Sales EMEA")
    directory.add_group("Finance")

    assert names(client.list("groups?$filter=startswith(displayName,'sales')")) == ["Sales EMEA"]


@pytest.mark.parametrize(
    ("role", "path"),
    [
        ("User.Read.All", "users/delta"),
        ("OrgContact.Read.All", "contacts/delta"),
        ("OrgContact.Read.All", "contacts"),
    ],
)
def test_a_missing_role_is_denied(client, directory, role, path):
    directory.withdraw_role(role)

    answer = client.get(path)

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "Authorization_RequestDenied")


def test_either_group_role_opens_groups(client, directory):
    directory.withdraw_role("Group.Read.All")
    with_one = client.get("groups/delta").status_code
    directory.withdraw_role("GroupMember.Read.All")
    client.sign_in()

    assert (with_one, client.get("groups/delta").status_code) == (200, 403)


def test_members_of_an_unreadable_kind_come_with_type_and_id_only(client, directory):
    user = directory.add_user()
    group = directory.add_group("Team", members=[user])
    directory.withdraw_role("User.Read.All")

    [member] = client.list(f"groups/{group}/members?$select=id,displayName,mail")

    assert member == {"@odata.type": "#microsoft.graph.user", "id": user, "displayName": None, "mail": None}


def test_hidden_membership_reads_as_empty(client, directory):
    user = directory.add_user()
    group = directory.add_group("Council", "m365", [user], visibility="HiddenMembership")

    assert client.list(f"groups/{group}/members") == []
    assert client.list(f"users/{user}/memberOf") == []


def test_a_withdrawn_role_works_until_the_token_expires(client, directory):
    client.sign_in()
    directory.withdraw_role("User.Read.All")
    before = client.get("users").status_code

    directory.advance(hours=2)
    expired = client.get("users")
    client.sign_in()

    assert (before, expired.status_code, client.get("users").status_code) == (200, 401, 403)
    assert expired.json()["error"]["code"] == "InvalidAuthenticationToken"


def test_revoking_at_once_is_possible(client, directory, server):
    client.sign_in()
    directory.withdraw_role("User.Read.All")

    server.faults.add("*", "revoke_now")

    assert client.get("users").status_code == 403


def test_a_token_that_somebody_made_up_is_refused(client):
    client.session.headers["Authorization"] = "Bearer a.b.c"

    assert client.get("users").status_code == 401


def test_a_batch_answers_each_request_by_its_id(client, directory):
    user = directory.add_user(displayName="Ada")
    wanted = [
        {"id": "one", "method": "GET", "url": f"/users/{user}?$select=displayName"},
        {"id": "two", "method": "GET", "url": "/users/nobody"},
        {"id": "three", "method": "GET", "url": "/users", "dependsOn": ["two"]},
        {"id": "four", "method": "GET", "url": "/users/$count", "headers": {"ConsistencyLevel": "eventual"}},
    ]

    answers = {answer["id"]: answer for answer in client.post("$batch", {"requests": wanted}).json()["responses"]}

    assert {name: answer["status"] for name, answer in answers.items()} == {
        "one": 200,
        "two": 404,
        "three": 424,
        "four": 200,
    }
    assert (answers["one"]["body"]["displayName"], answers["four"]["body"]) == ("Ada", 1)


def test_a_batch_of_more_than_twenty_is_refused(client):
    requests = [{"id": str(number), "method": "GET", "url": "/users"} for number in range(21)]

    assert client.post("$batch", {"requests": requests}).status_code == 400


def test_one_request_of_a_batch_may_be_throttled(client, directory, server):
    server.faults.add("user", "429", after=1, retry_after=2.5)
    wanted = [{"id": str(number), "method": "GET", "url": f"/users/{directory.add_user()}"} for number in range(2)]

    answers = {answer["id"]: answer for answer in client.post("$batch", {"requests": wanted}).json()["responses"]}

    assert (answers["0"]["status"], answers["1"]["status"]) == (200, 429)
    assert answers["1"]["headers"]["Retry-After"] == "2.5"


def test_objects_by_id_leave_unknown_ones_out(client, directory):
    user, group = directory.add_user(), directory.add_group("Team")

    answer = client.post("directoryObjects/getByIds", {"ids": [user, group, "nobody"], "types": ["user", "group"]})

    assert {item["id"] for item in answer.json()["value"]} == {user, group}


def test_the_organization_is_the_tenant(client, directory):
    assert client.list("organization")[0]["id"] == directory.tenant_id


def test_answers_are_compressed_when_that_is_accepted(client, directory):
    for _ in range(50):
        directory.add_user()

    assert client.get("users").headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in client.get("users", Accept_Encoding="identity").headers


def test_resource_units_follow_the_published_table(client, directory):
    group = directory.add_group("Team")

    costs = [
        client.get(path).headers["x-ms-resource-unit"]
        for path in ("users", "users?$select=id", f"groups/{group}/transitiveMembers", "users/delta")
    ]

    assert costs == ["2", "1", "5", "1"]


def test_too_many_resource_units_are_throttled(client, directory):
    directory.resource_units = 4

    answers = [client.get("users") for _ in range(4)]

    assert [answer.status_code for answer in answers][:2] == [200, 200]
    assert float(answers[-1].headers["Retry-After"]) > 0
    assert answers[-1].status_code == 429
