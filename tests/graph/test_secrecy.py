import base64
import copy
import pickle
import traceback
from urllib.parse import quote, quote_plus

import pytest
import requests

from directory_sync.graph.errors import GraphError, Unavailable

from .microsoft import (
    DISCOVERY,
    GRAPH,
    SECRET,
    TOKENS,
    access_token,
    add_discovery,
    example,
    graph_client,
    issued,
    token_source,
)

SHAPES = [
    SECRET,
    quote(SECRET, safe=""),
    quote_plus(SECRET),
    base64.b64encode(SECRET.encode()).decode(),
    base64.b64encode(f":{SECRET}".encode()).decode()[4:-4],
]


def told_by(error):
    """All that a log, a traceback with variables or a look at the error could show."""
    chain = []
    while error is not None:
        facts = [repr(error), str(error), repr(vars(error))]
        shown = traceback.TracebackException.from_exception(error, capture_locals=True).format()
        chain += [*facts, *shown]
        error = error.__cause__ or error.__context__
    return "\n".join(chain)


TOKEN_FAILURES = [
    {"json": {**example("token-error-7000215"), "error_description": f"AADSTS7000215: {SECRET}"}, "status": 401},
    {"json": {"error": SECRET, "error_codes": [SECRET], "correlation_id": SECRET}, "status": 400},
    {"json": {"error": SECRET}, "status": 200},
    {"json": {"access_token": 5, "secret": SECRET}, "status": 200},
    {"body": f"<html>{SECRET}</html>", "status": 500},
    {"body": f"<html>{SECRET}</html>", "status": 200},
    {"status": 429, "headers": {"Retry-After": "3600", "X-Echo": quote(SECRET)}},
    {"status": 302, "headers": {"Location": f"https://evil.example/?{quote(SECRET)}"}},
    {"body": requests.exceptions.ConnectionError(f"sent client_secret={SECRET}")},
    {"body": requests.exceptions.ReadTimeout(f"sent client_secret={quote_plus(SECRET)}")},
    {"body": requests.exceptions.SSLError(SECRET)},
    {"body": RuntimeError(SECRET)},
]


@pytest.mark.parametrize("number", range(len(TOKEN_FAILURES)))
def test_no_failure_of_the_token_endpoint_shows_the_secret(web, waits, caplog, number):
    caplog.set_level("DEBUG")
    add_discovery(web)
    web.post(TOKENS, **TOKEN_FAILURES[number])

    with pytest.raises(GraphError) as caught:
        token_source(waits.append).token()

    shown = told_by(caught.value) + caplog.text
    assert not [shape for shape in SHAPES if shape in shown]


@pytest.mark.parametrize("failure", [{"status": 503}, {"json": {}}, {"body": requests.exceptions.Timeout()}])
def test_no_failure_of_the_discovery_shows_the_secret(web, waits, caplog, failure):
    caplog.set_level("DEBUG")
    web.get(DISCOVERY, **failure)

    with pytest.raises(GraphError) as caught:
        token_source(waits.append).token()

    shown = told_by(caught.value) + caplog.text
    assert not [shape for shape in SHAPES if shape in shown]


def test_no_failure_of_graph_shows_the_secret(signed_in, waits):
    signed_in.get(f"{GRAPH}/users", body=requests.exceptions.ConnectionError())

    with pytest.raises(GraphError) as caught, graph_client(sleep=waits.append) as client:
        client.get("/users")

    shown = told_by(caught.value)
    assert not [shape for shape in SHAPES if shape in shown]
    assert access_token() not in shown


def test_source_of_tokens_does_not_show_its_secret_or_token(signed_in):
    source = token_source()
    token = source.token()

    assert SECRET not in repr(source) + str(source)
    assert token not in repr(source)


def test_secret_that_reached_msal_is_sent_to_the_login_host_alone(signed_in):
    signed_in.get(f"{GRAPH}/users", json={})
    with graph_client() as client:
        client.get("/users")

    told = [call.request.url for call in signed_in.calls if quote_plus(SECRET) in str(call.request.body)]
    assert told == [TOKENS]


def test_token_is_not_in_an_error_that_quotes_the_answer(web):
    add_discovery(web)
    web.post(TOKENS, json=issued())
    error = {"code": f"Bearer {issued()['access_token']}", "message": issued()["access_token"]}
    web.get(f"{GRAPH}/users", status=400, json={"error": error})

    with pytest.raises(GraphError) as caught, graph_client() as client:
        client.get("/users")

    assert issued()["access_token"] not in repr(caught.value)


@pytest.mark.parametrize("again", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])  # noqa: S301 - our own bytes
def test_error_survives_a_copy_with_its_facts(again):
    error = Unavailable("busy", code="throttled", status=429, retry_after=2.5, request_id="1234-5678")

    copied = again(error)

    assert (str(copied), vars(copied)) == (str(error), vars(error))
