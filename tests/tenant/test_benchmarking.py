"""What benchmarks ask of the tenant: latency, a quota, answers written ahead, a night's changes, its own share."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from demo.tenant import Directory
from demo.tenant.churn import churn
from demo.tenant.datasets import build
from tests.tenant.test_process import control

USERS = "users/delta?$select=displayName,jobTitle,mail,accountEnabled"
GROUPS = "groups/delta?$select=displayName,members"


def test_requests_side_by_side_wait_side_by_side(client, server, directory):
    client.sign_in()
    server.latency = 0.2

    start = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        statuses = [*pool.map(lambda _: client.get("users").status_code, range(8))]

    assert statuses == [200] * 8
    assert 0.2 <= time.monotonic() - start < 1.4


def test_a_batch_waits_once(client, server):
    client.sign_in()
    server.latency = 0.2
    wanted = [{"id": str(number), "method": "GET", "url": "/users"} for number in range(20)]

    start = time.monotonic()
    client.post("$batch", {"requests": wanted})

    assert 0.2 <= time.monotonic() - start < 2


def test_a_quota_comes_and_goes(client, directory):
    control(client, "set_quota", units=1)
    refused = [client.get("users").status_code for _ in range(3)][-1]

    control(client, "set_quota", units=0)

    assert (refused, client.get("users").status_code) == (429, 200)


def test_a_round_written_ahead_is_of_one_moment(client, server, directory):
    users = [directory.add_user(displayName="Before") for _ in range(9)]
    control(client, "prerender")
    pages = client.pages(USERS, Prefer="odata.maxpagesize=3")

    first = next(pages)
    for user in users:
        directory.update_user(user, displayName="After")
    second, last = pages
    server.prerender = False

    assert {item["displayName"] for item in first["value"] + second["value"]} == {"Before"}
    assert {item["displayName"] for item in client.round(last["@odata.deltaLink"])[0]} == {"After"}


def test_listings_written_ahead_are_those_that_clients_get(client, server, directory):
    groups = [directory.add_group("Team", members=[directory.add_user() for _ in range(3)]) for _ in range(2)]
    paths = ["/users?$top=4", "/groups/{id}/members?$select=id&$top=2", f"/{GROUPS}"]

    written = control(client, "prerender", paths=paths).json()["result"]
    server.prerender = False

    assert written == 2 + 2 * 2 + 1
    assert {item["id"] for item in client.list("users?$top=4")} == set(directory.users)
    for group in groups:
        assert {item["id"] for item in client.list(f"groups/{group}/members?$select=id&$top=2")} == (
            directory.members(group)
        )


def test_a_path_that_is_refused_is_told(client, server):
    answer = control(client, "prerender", paths=["/users?$top=1000"])
    server.prerender = False

    assert (answer.status_code, "Request_UnsupportedQuery" in answer.json()["error"]) == (400, True)


def test_a_night_changes_the_share_it_is_told(client, directory):
    build(directory, "tiny", seed=1)
    (_, users), (_, groups) = client.round(USERS), client.round(GROUPS)
    people, links = set(directory.users), set(directory.links())

    made = control(client, "churn", share=0.2, seed=7).json()["result"]

    assert made == {"renamed": 2, "promoted": 2, "moved": 1, "blocked": 1, "links_removed": 6, "links_added": 6}
    assert len(client.round(users)[0]) == 6
    told = [link for item in client.round(groups)[0] for link in item["members@delta"]]
    assert len(links - set(directory.links())) <= 6
    assert 6 <= len(told) <= 12
    assert (set(directory.users), len(set(directory.links()))) == (people, len(links))


def test_the_same_seed_makes_the_same_night():
    first, second = (Directory(seed=1) for _ in range(2))
    for directory in (first, second):
        build(directory, "tiny", seed=1)
        churn(directory, 0.3, seed=5)

    assert {user: first.properties(user) for user in first.users} == {
        user: second.properties(user) for user in second.users
    }
    assert set(first.links()) == set(second.links())


def test_the_next_night_with_that_seed_is_another(client, directory):
    build(directory, "tiny", seed=1)
    churn(directory, 0.3, seed=5)
    before = {user: directory.properties(user) for user in directory.users}

    made = churn(directory, 0.3, seed=5)

    changed = [user for user in directory.users if directory.properties(user) != before[user]]
    assert len(changed) == sum(made[name] for name in ("renamed", "promoted", "moved", "blocked")) == 9


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_more_than_everybody_cannot_change(client, share):
    assert control(client, "churn", share=share).status_code == 400


def test_the_tenant_tells_what_it_took(client, server):
    first, second = (client.session.get(f"{server.control_url}/state", timeout=10).json() for _ in range(2))

    assert 0 < first["cpu_seconds"] <= second["cpu_seconds"]
    assert 10 < first["peak_rss_mib"] < 10_000
