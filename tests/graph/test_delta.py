import pytest

from directory_sync.graph.clouds import GLOBAL
from directory_sync.graph.errors import DeltaLinkExpired, UnexpectedResponse
from directory_sync.graph.reads import delta_page, delta_pages, delta_url

from .microsoft import GRAPH, calls_to, example

USERS = f"{GRAPH}/users/delta"
FIRST = f"{USERS}?$select=displayName"
STORED = f"{USERS}?$deltatoken=old"

EXAMPLES = [
    ("delta-query-users-01", "next", 2),
    ("delta-query-users-02", "next", 2),
    ("delta-query-users-03", "delta", 2),
    ("delta-query-users-04", "delta", 0),
    ("delta-query-users-05", "delta", 2),
    ("delta-query-groups-01", "next", 2),
    ("delta-query-groups-02", "next", 2),
    ("delta-query-groups-03", "delta", 2),
    ("delta-query-groups-04", "delta", 0),
    ("delta-query-groups-05", "delta", 1),
    ("user-delta-01", "next", 1),
    ("user-delta-02", "next", 1),
    ("user-delta-03", "next", 1),
    ("users-delta-manager", "delta", 2),
    ("group-delta-01", "next", 1),
    ("group-delta-02", "next", 1),
    ("group-delta-03", "next", 1),
    ("group-delta-2024", "", 1),
    ("orgcontact-delta-01", "next", 1),
    ("orgcontact-delta-02", "next", 1),
    ("orgcontact-delta-03", "next", 1),
]


def page(link="", *items, end=False):
    return {"value": list(items)} | ({f"@odata.{'delta' if end else 'next'}Link": link} if link else {})


@pytest.mark.parametrize(("name", "link", "items"), EXAMPLES)
def test_examples_of_microsoft_are_pages(client, signed_in, name, link, items):
    body = example(name)
    signed_in.get(USERS, json=body)

    read = delta_page(client, FIRST)

    assert read.items == body["value"]
    assert len(read.items) == items
    assert read.next_link == (body["@odata.nextLink"] if link == "next" else "")
    assert read.delta_link == (body["@odata.deltaLink"] if link == "delta" else "")


def test_first_url_lists_the_properties_once():
    assert delta_url(GLOBAL, "groups", ["id", "members"]) == f"{GRAPH}/groups/delta?$select=id,members"


def test_latest_asks_for_a_link_from_now_on():
    url = delta_url(GLOBAL, "users", ["id", "manager"], latest=True)

    assert url == f"{GRAPH}/users/delta?$select=id,manager&$deltatoken=latest"


def test_unknown_stream_is_our_mistake():
    with pytest.raises(ValueError, match="devices"):
        delta_url(GLOBAL, "devices", ["id"])


@pytest.mark.parametrize("stream", ["users", "groups"])
def test_round_of_the_examples_is_read_to_its_end(client, signed_in, stream):
    bodies = [example(f"delta-query-{stream}-0{number}") for number in (1, 2, 3)]
    for body in bodies:
        signed_in.get(f"{GRAPH}/{stream}/delta", json=body)

    pages = list(delta_pages(client, delta_url(GLOBAL, stream, ["displayName"])))

    assert [len(read.items) for read in pages] == [2, 2, 2]
    assert pages[-1].delta_link == bodies[-1]["@odata.deltaLink"]
    asked = [call.request.url for call in calls_to(signed_in, f"{GRAPH}/{stream}/delta")]
    assert asked[1:] == [bodies[0]["@odata.nextLink"], bodies[1]["@odata.nextLink"]]


def test_empty_pages_are_followed(client, signed_in):
    signed_in.get(USERS, json=page(f"{USERS}?$skiptoken=1"))
    signed_in.get(USERS, json=page(f"{USERS}?$skiptoken=2"))
    signed_in.get(USERS, json=page(STORED, {"id": "1"}, end=True))

    pages = list(delta_pages(client, FIRST))

    assert [len(read.items) for read in pages] == [0, 0, 1]


def test_repeated_next_link_ends_the_round(client, signed_in):
    signed_in.get(USERS, json=page(f"{USERS}?$skiptoken=1"))
    signed_in.get(USERS, json=page(f"{USERS}?$skiptoken=2"))
    signed_in.get(USERS, json=page(f"{USERS}?$skiptoken=1"))

    with pytest.raises(UnexpectedResponse) as endless:
        list(delta_pages(client, FIRST))

    assert endless.value.code == "endless_paging"
    assert client.requests == 3


def test_round_that_never_ends_is_cut(client, signed_in):
    for number in range(5):
        signed_in.get(USERS, json=page(f"{USERS}?$skiptoken={number}"))

    with pytest.raises(UnexpectedResponse) as endless:
        list(delta_pages(client, FIRST, page_cap=4))

    assert endless.value.code == "endless_paging"
    assert client.requests == 4


def test_round_without_a_link_is_not_complete(client, signed_in):
    signed_in.get(USERS, json=page())

    with pytest.raises(UnexpectedResponse):
        list(delta_pages(client, FIRST))


@pytest.mark.parametrize(
    "body", [{}, {"value": None}, {"value": [], "@odata.nextLink": STORED, "@odata.deltaLink": STORED}]
)
def test_body_that_is_no_page_is_unexpected(client, signed_in, body):
    signed_in.get(USERS, json=body)

    with pytest.raises(UnexpectedResponse):
        delta_page(client, FIRST)


@pytest.mark.parametrize("end", [False, True])
def test_link_to_a_foreign_host_is_neither_kept_nor_followed(client, signed_in, end):
    signed_in.get(USERS, json=page("https://evil.example/v1.0/users/delta?$skiptoken=1", end=end))

    with pytest.raises(UnexpectedResponse) as refusal:
        list(delta_pages(client, FIRST))

    assert refusal.value.code == "foreign_host"
    assert client.requests == 1


def test_link_expired_by_410_needs_a_full_round_and_its_location_is_not_followed(client, signed_in):
    signed_in.get(USERS, status=410, headers={"Location": f"{USERS}?$deltatoken="})

    with pytest.raises(DeltaLinkExpired) as expired:
        delta_page(client, STORED)

    assert (expired.value.code, expired.value.status) == ("delta_link_expired", 410)
    assert client.requests == 1


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, example("sync-state-not-found")),
        (410, {"error": {"code": "resyncRequired"}}),
        (400, {"error": {"code": "resyncRequired", "innerError": {"code": "resyncChangesApplyDifferences"}}}),
        (400, {"error": {"code": "gone", "innerError": {"code": "resyncChangesApplyDifferences"}}}),
        (400, {"error": {"code": "Directory_ExpiredPageToken"}}),
        (400, {"error": {"code": "InvalidDeltaToken"}}),
        (400, {"error": {"code": "Request_BadRequest"}}),
        (404, {"error": {"code": "Request_ResourceNotFound"}}),
        (404, {}),
    ],
)
@pytest.mark.parametrize("token", ["$deltatoken", "$deltaToken", "%24skiptoken", "$skipToken"])
def test_refused_stored_link_needs_a_full_round(client, signed_in, status, body, token):
    signed_in.get(USERS, status=status, json=body)

    with pytest.raises(DeltaLinkExpired) as expired:
        delta_page(client, f"{USERS}?{token}=old")

    assert expired.value.code == "delta_link_expired"
    assert expired.value.microsoft_code == body.get("error", {}).get("code", "")


@pytest.mark.parametrize("query", ["", "&$deltatoken=latest"])
def test_refused_first_url_is_not_an_expired_link(client, signed_in, query):
    signed_in.get(USERS, status=400, json={"error": {"code": "Request_UnsupportedQuery"}})

    with pytest.raises(UnexpectedResponse) as refusal:
        delta_page(client, FIRST + query)

    assert refusal.value.code == "unexpected_response"
