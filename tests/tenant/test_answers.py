"""Answers are kept and reused, and nobody can tell but by the clock."""

import random

import pytest

from demo.tenant import Directory

COUNTED = {"ConsistencyLevel": "eventual"}


@pytest.fixture
def team(directory):
    """A group that is large enough for its members to be kept compressed."""
    return directory.add_group("Team", members=[directory.add_user() for _ in range(50)])


def batch(client, *urls, **headers):
    wanted = [{"id": str(number), "method": "GET", "url": url} for number, url in enumerate(urls)]
    url = f"{client.server.graph_url}/v1.0/$batch"
    answer = client.session.post(url, json={"requests": wanted}, headers=headers, timeout=10)
    found = {inner["id"]: inner for inner in answer.json()["responses"]}
    return [found[str(number)] for number in range(len(urls))]


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_a_batch_holds_what_its_requests_answer_alone(client, directory, team, encoding):
    small = directory.add_group("Small", members=[directory.add_user()])
    urls = [f"groups/{group}/members?$select=id&$top=999" for group in (team, small, "nobody", team)]
    alone = [client.get(url).json() for url in urls]

    answers = [batch(client, *urls, **{"Accept-Encoding": encoding}) for _ in range(2)]

    for again in answers:
        assert [inner["status"] for inner in again] == [200, 200, 404, 200]
        assert [inner["body"].get("value") for inner in again] == [body.get("value") for body in alone]
        assert "Content-Encoding" not in again[0]["headers"]


def test_a_large_page_that_a_fault_has_spoiled_is_not_kept(client, server, team):
    url = f"groups/{team}/members"
    server.faults.add("members", "half_page", after=1)

    sizes = [len(client.list(url)) for _ in range(3)]

    assert sizes == [50, 25, 50]


def test_a_change_shows_at_once(client, directory, team):
    url = f"groups/{team}/members?$top=999"
    before = client.list(url)

    directory.remove_member(team, before[0]["id"])
    directory.update_user(before[1]["id"], displayName="Somebody else")

    after = client.list(url)
    assert [item["id"] for item in after] == [item["id"] for item in before[1:]]
    assert after[0]["displayName"] == "Somebody else"


def test_what_one_app_saw_is_not_shown_to_another(client, directory, team):
    before = client.list(f"groups/{team}/members")

    directory.update_group(team, visibility="HiddenMembership")
    directory.grant_role("Member.Read.Hidden")
    client.sign_in()
    allowed = client.list(f"groups/{team}/members")
    directory.withdraw_role("Member.Read.Hidden")
    client.sign_in()

    assert allowed == before
    assert client.list(f"groups/{team}/members") == []


def test_a_count_among_the_items_is_given_to_those_who_ask(client, team):
    url = f"groups/{team}/members?$count=true"

    plain, counted = client.get(url).json(), client.get(url, **COUNTED).json()

    assert "@odata.count" not in plain
    assert counted["@odata.count"] == 50


def test_a_collection_stays_in_order_whatever_happens():
    directory, dice = Directory(seed=3), random.Random(3)
    users = [directory.add_user() for _ in range(20)]
    assert directory.ordered("user") == sorted(users)

    for _ in range(300):
        user = dice.choice(sorted(directory.tables["user"]))
        verb = dice.choice(["soft_delete_user", "restore_user", "purge_user", "add_user"])
        if verb == "add_user":
            directory.add_user()
        elif len(directory.tables["user"]) > 5 and directory.is_deleted(user) == (verb == "restore_user"):
            getattr(directory, verb)(user)

    assert directory.ordered("user") == sorted(directory.users)
    assert directory.count("user") == len(directory.users)


def test_a_count_follows_what_happens(client, directory):
    user, _ = directory.add_user(), directory.add_user()
    counts = [client.get("users/$count", **COUNTED).text]

    directory.soft_delete_user(user)
    counts.append(client.get("users/$count", **COUNTED).text)
    with directory.unlogged():
        directory.add_user()
    counts.append(client.get("users/$count", **COUNTED).text)

    assert counts == ["2", "1", "2"]
