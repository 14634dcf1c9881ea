import json

import pytest

from directory_sync.graph.errors import AccessDenied, UnexpectedResponse
from directory_sync.graph.reads import has_limited_info, member_of, read_groups, walk_members

from .microsoft import GRAPH, example

DENIED = (403, example("authorization-requestdenied"))
NOT_FOUND = (404, {"error": {"code": "Request_ResourceNotFound"}})


def user(id):
    return {"@odata.type": "#microsoft.graph.user", "id": id, "mail": f"{id}@contoso.com"}


def group(id):
    return {"@odata.type": "#microsoft.graph.group", "id": id}


def page(*items, link=""):
    return 200, {"value": list(items)} | ({"@odata.nextLink": f"{GRAPH}{link}"} if link else {})


@pytest.fixture
def tenant(signed_in):
    """Answers batches from a dict of path (without its query, unless it is a nextLink) to (status, body)."""

    class Tenant(dict):
        rounds = []

    answers = Tenant()
    answers.rounds = []

    def answer(request):
        inner = json.loads(request.body)["requests"]
        answers.rounds.append([each["url"] for each in inner])
        told = [(each["id"], answers.get(each["url"]) or answers[each["url"].partition("?")[0]]) for each in inner]
        responses = [{"id": id, "status": status, "body": body} for id, (status, body) in told]
        return 200, {}, json.dumps({"responses": responses})

    signed_in.add_callback("POST", f"{GRAPH}/$batch", answer)
    return answers


def walked(client, *ids, **options):
    return list(walk_members(client, ids, select=["mail"], **options))


def test_nested_groups_are_walked_and_a_cycle_ends(client, tenant):
    tenant["/groups/a/members"] = page(user("1"), group("b"), group("c"))
    tenant["/groups/b/members"] = page(user("2"), group("a"), group("c"))
    tenant["/groups/c/members"] = page(group("c"), group("b"), user("3"))

    pages = walked(client, "a")

    assert [walk.group_id for walk in pages] == ["a", "b", "c"]
    assert all(walk.done and walk.error is None for walk in pages)
    assert [len(urls) for urls in tenant.rounds] == [1, 2]


def test_group_named_twice_and_in_capitals_is_read_once(client, tenant):
    tenant["/groups/AB/members"] = page(group("ab"))

    assert len(walked(client, "AB", "ab")) == 1


def test_direct_members_alone_are_read_when_nesting_is_off(client, tenant):
    tenant["/groups/a/members"] = page(group("b"))

    assert [walk.group_id for walk in walked(client, "a", nested=False)] == ["a"]


def test_largest_pages_with_the_selected_properties_and_the_id_are_asked_for(client, tenant):
    tenant["/groups/a/members"] = page()

    walked(client, "a")

    assert tenant.rounds == [["/groups/a/members?$select=id,mail&$top=999"]]


def test_next_links_are_followed_to_the_last_page(client, tenant):
    tenant["/groups/a/members"] = page(user("1"), link="/groups/a/members?$skiptoken=2")
    tenant["/groups/a/members?$skiptoken=2"] = page(link="/groups/a/members?$skiptoken=3")
    tenant["/groups/a/members?$skiptoken=3"] = page(user("2"))

    pages = walked(client, "a")

    assert [(len(walk.items), walk.done) for walk in pages] == [(1, False), (0, False), (1, True)]
    assert pages[0].next_link == f"{GRAPH}/groups/a/members?$skiptoken=2"


def test_level_is_read_in_batches_of_twenty(client, tenant):
    ids = [f"g{number}" for number in range(30)]
    tenant |= {f"/groups/{id}/members": page(user("1")) for id in ids}

    pages = walked(client, *ids)

    assert {walk.group_id for walk in pages} == set(ids)
    assert [len(urls) for urls in tenant.rounds] == [20, 10]
    assert client.requests == 2


def test_group_that_fails_yields_its_error_and_the_others_go_on(client, tenant):
    tenant["/groups/a/members"] = DENIED
    tenant["/groups/b/members"] = NOT_FOUND
    tenant["/groups/c/members"] = (200, None)
    tenant["/groups/d/members"] = page(user("1"))

    errors = {walk.group_id: walk.error for walk in walked(client, "a", "b", "c", "d")}

    assert isinstance(errors["a"], AccessDenied)
    assert errors["b"].code == "not_found"
    assert isinstance(errors["c"], UnexpectedResponse)
    assert errors["d"] is None


@pytest.mark.parametrize(
    ("link", "code"),
    [
        (f"{GRAPH}/groups/a/members?$skiptoken=1", "endless_paging"),
        ("https://evil.example/v1.0/groups/a/members?$skiptoken=1", "foreign_host"),
    ],
)
def test_bad_next_link_fails_its_group_alone(client, tenant, link, code):
    tenant["/groups/a/members"] = (200, {"value": [user("1")], "@odata.nextLink": link})
    tenant["/groups/b/members"] = page(user("2"))

    pages = walked(client, "a", "b")

    assert [walk.error.code for walk in pages if walk.error] == [code]
    assert [walk.group_id for walk in pages if walk.done and not walk.error] == ["b"]


def test_members_with_limited_information_are_recognised(client, tenant):
    tenant["/groups/a/members"] = (200, example("members-limited-info"))
    tenant["/groups/c43a7cc9-2d95-44b6-bf6a-6392e41949b4/members"] = page()

    pages = walked(client, "a")

    assert [has_limited_info(member) for member in pages[0].items] == [False, False, True]


def test_groups_are_read_by_id_and_each_failure_stands_alone(client, tenant):
    tenant["/groups/a"] = (200, {"id": "a", "displayName": "Sales"})
    tenant["/groups/b"] = NOT_FOUND
    tenant["/groups/c"] = (200, None)

    read = read_groups(client, ["a", "b", "c", "a"], select=["displayName"])

    assert read["a"]["displayName"] == "Sales"
    assert read["b"].code == "not_found"
    assert read["c"].code == "unexpected_response"
    assert tenant.rounds[0][0] == "/groups/a?$select=id,displayName"


def test_groups_of_a_user_are_listed_without_roles_and_over_pages(client, tenant):
    role = {"@odata.type": "#microsoft.graph.directoryRole", "id": "r"}
    tenant["/users/1/memberOf"] = page(group("a"), role, link="/users/1/memberOf?$skiptoken=2")
    tenant["/users/1/memberOf?$skiptoken=2"] = page(group("b"))
    tenant["/users/2/memberOf"] = page()
    tenant["/users/3/memberOf"] = NOT_FOUND

    found = member_of(client, ["1", "2", "3"])

    assert found["1"] == ["a", "b"]
    assert found["2"] == []
    assert found["3"].code == "not_found"


def test_id_can_not_change_the_path(client, tenant):
    tenant["/groups/..%2Fusers/members"] = NOT_FOUND

    [walk] = walked(client, "../users")

    assert walk.error.code == "not_found"
