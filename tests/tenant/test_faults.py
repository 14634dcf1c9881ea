"""What can be made to go wrong."""

import threading

import pytest
import requests

from tests.tenant.client import TIMEOUT

USERS = "users/delta?$select=accountEnabled"


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("500", 500, "Service_InternalServerError"),
        ("503", 503, "serviceNotAvailable"),
        ("403", 403, "Authorization_RequestDenied"),
        ("410", 410, "Gone"),
        ("sync_state_not_found", 400, "syncStateNotFound"),
    ],
)
def test_a_fault_answers_once_and_is_used_up(client, server, kind, status, code):
    server.faults.add("users/delta", kind)

    answer = client.get(USERS)

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert client.get(USERS).status_code == 200


def test_throttling_says_how_long_or_does_not(client, server):
    server.faults.add("users/delta", "429", retry_after=3)
    server.faults.add("users/delta", "429-no-header")

    first, second = client.get(USERS), client.get(USERS)

    assert first.headers["Retry-After"] == "3"
    assert second.status_code == 429
    assert "Retry-After" not in second.headers


def test_a_fault_may_wait_for_its_turn_and_keep_to_one_tenant(client, server, directory):
    server.faults.add("users/delta", "500", after=1, tenant="another")
    server.faults.add("users/delta", "500", after=1, tenant=directory.tenant_id)

    assert [client.get(USERS).status_code for _ in range(3)] == [200, 500, 200]


def test_a_fault_may_concern_one_object(client, server, directory):
    good, bad = directory.add_group("Good"), directory.add_group("Bad")
    server.faults.add("members", "403", times=None, path_contains=bad)

    assert client.get(f"groups/{good}/members").status_code == 200
    assert client.get(f"groups/{bad}/members").status_code == 403


@pytest.mark.parametrize("kind", ["reset", "truncate"])
def test_a_connection_breaks(client, server, kind):
    server.faults.add("users/delta", kind)

    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        client.get(USERS)


def test_silence_lasts_longer_than_the_client(client, server):
    client.sign_in()
    server.faults.add("users/delta", "silence")

    with pytest.raises(requests.exceptions.ReadTimeout):
        client.session.get(f"{server.graph_url}/v1.0/{USERS}", timeout=0.2)


def test_a_gateway_answers_in_html(client, server):
    server.faults.add("users/delta", "502-html")

    assert client.get(USERS).headers["Content-Type"] == "text/html"


def test_links_may_lead_elsewhere_or_nowhere(client, server):
    server.faults.add("users/delta", "foreign_next_link")
    server.faults.add("users/delta", "endless_next_link", times=None)

    foreign = client.get(USERS).json()["@odata.nextLink"]
    first = client.get(USERS).json()["@odata.nextLink"]
    second = client.get(first).json()["@odata.nextLink"]

    assert foreign.startswith(server.login_url)
    assert first != second


def test_a_redirect_leads_to_another_host(client, server):
    server.faults.add("users/delta", "redirect")

    answer = client.get(USERS)

    assert answer.status_code == 302
    assert not answer.headers["Location"].startswith(server.graph_url)


def test_account_enabled_may_be_missing(client, server, directory):
    user = directory.add_user()
    server.faults.add("users/delta", "no_account_enabled")

    assert client.round(USERS)[0] == [{"id": user}]


def test_a_directory_may_look_empty_and_complete(client, server, directory):
    directory.add_user()
    server.faults.add("users/delta", "empty_directory")

    items, link = client.round(USERS)

    assert (items, client.round(link)[0]) == ([], [])


def test_the_token_endpoint_fails_with_any_code(client, server):
    server.faults.add("token", "AADSTS53003")

    assert client.ask_token().json()["error_codes"] == [53003]


def test_an_unknown_kind_of_fault_is_refused(server):
    with pytest.raises(ValueError, match="unknown kind"):
        server.faults.add("users", "gremlins")


def test_a_gate_holds_the_nth_request_until_it_is_released(client, server, directory):
    client.sign_in()
    gate = server.pause_before("users/delta", nth=2)
    answers = []
    asking = threading.Thread(target=lambda: answers.extend([client.get(USERS), client.get(USERS)]))
    asking.start()

    assert gate.wait(TIMEOUT)
    held = len(answers)
    gate.release()
    asking.join(TIMEOUT)

    assert (held, [answer.status_code for answer in answers]) == (0, [200, 200])


def test_requests_are_counted_by_kind(client, server, directory):
    group = directory.add_group("Team")
    client.sign_in()
    server.requests.reset()

    client.get(USERS)
    client.get(f"groups/{group}/members/microsoft.graph.user")
    client.post("$batch", {"requests": [{"id": "1", "method": "GET", "url": "/organization"}]})

    assert server.requests() == {"users/delta": 1, "members": 1, "$batch": 1, "organization": 1}
    assert not any("authorization" in {name.lower() for name in entry.headers} for entry in server.requests.entries)
