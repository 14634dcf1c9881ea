"""What a worker keeps from one run to the next."""

import subprocess
import sys

import pytest
import requests

from directory_sync.graph import kept
from directory_sync.graph.errors import AccessDenied
from directory_sync.graph.kept import Documents, open_session

from .microsoft import DISCOVERY, TOKENS, add_discovery, calls_to, issued, token_source


def handshakes(server) -> set:
    return {id(socket) for listener in server._listeners for socket in listener._open}


def test_connection_outlives_the_session_that_opened_it(tenant_server, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", tenant_server.ca_file)
    with open_session() as first:
        first.get(tenant_server.graph_url)
    before = handshakes(tenant_server)

    with open_session() as second:
        second.get(tenant_server.graph_url)

    assert before
    assert handshakes(tenant_server) == before


def test_cookies_do_not_go_from_one_session_to_the_next(web):
    web.get("https://graph.microsoft.com/", headers={"Set-Cookie": "customer=first"})
    with open_session() as first:
        first.get("https://graph.microsoft.com/")

    with open_session() as second:
        second.get("https://graph.microsoft.com/")

    assert "Cookie" not in web.calls[-1].request.headers


def test_forked_process_opens_connections_of_its_own():
    code = (
        "import os; from directory_sync.graph import kept; before = kept._adapter()\n"
        "if not (child := os.fork()): os._exit(kept._adapter() is before)\n"
        "os._exit(os.waitpid(child, 0)[1])"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_discovery_document_that_is_known_is_not_asked_for_again(signed_in):
    documents = Documents()
    token_source(documents=documents).token()

    token_source(documents=documents).token()

    assert len(calls_to(signed_in, DISCOVERY)) == 1
    assert len(calls_to(signed_in, TOKENS)) == 2


def test_discovery_document_is_asked_for_again_after_a_refusal(web):
    add_discovery(web)
    web.post(TOKENS, json={"error": "invalid_client", "error_codes": [7000215]}, status=401)
    web.post(TOKENS, json=issued())
    documents = Documents()
    with pytest.raises(AccessDenied):
        token_source(documents=documents).token()

    token_source(documents=documents).token()

    assert len(calls_to(web, DISCOVERY)) == 2


def test_outage_of_the_token_endpoint_does_not_cost_a_discovery(web, waits):
    add_discovery(web)
    web.post(TOKENS, body=requests.exceptions.ConnectionError())
    web.post(TOKENS, json=issued())

    token_source(waits.append, documents=Documents()).token()

    assert len(calls_to(web, DISCOVERY)) == 1


def test_oldest_document_gives_way(monkeypatch):
    monkeypatch.setattr(kept, "MOST_DOCUMENTS", 2)
    documents = Documents()

    for name in "abc":
        documents.keep(name, f"document {name}")

    assert [documents.get(name) for name in "abc"] == [None, "document b", "document c"]
