import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import requests

from directory_sync.graph.errors import Unavailable
from directory_sync.graph.kept import open_session
from directory_sync.graph.patience import LONGEST_GUESS, guess
from directory_sync.graph.transport import exchange

from .microsoft import GRAPH, example, graph_client

USERS = f"{GRAPH}/users"


def throttle_once(web, headers):
    web.get(USERS, status=429, json=example("throttling-01"), headers=headers)
    web.get(USERS, json={"value": []})


@pytest.mark.parametrize(("header", "seconds"), [("10", 10.0), ("2.128", 2.128), ("0", 0.0), ("-3", 0.0)])
def test_retry_after_in_seconds_is_waited_for(client, signed_in, waits, header, seconds):
    throttle_once(signed_in, {"Retry-After": header})

    client.get("/users")

    assert waits == [seconds]


def test_retry_after_as_a_date_is_waited_for(client, signed_in, waits):
    moment = datetime.now(UTC) + timedelta(seconds=60)
    throttle_once(signed_in, {"Retry-After": format_datetime(moment, usegmt=True)})

    client.get("/users")

    assert 50 < waits[0] <= 60


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "soon"}, {"Retry-After": "nan"}])
def test_without_a_usable_retry_after_the_wait_is_guessed_within_bounds(client, signed_in, waits, headers):
    throttle_once(signed_in, headers)

    client.get("/users")

    assert len(waits) == 1
    assert 0 <= waits[0] <= 1


def test_guesses_grow_but_stay_bounded():
    guesses = [max(guess(attempt) for _ in range(200)) for attempt in (1, 4, 40)]

    assert guesses == sorted(guesses)
    assert guesses[-1] <= LONGEST_GUESS


def test_throttling_to_the_end_tells_microsofts_code_and_request(client, signed_in, waits):
    signed_in.get(USERS, status=429, json=example("throttling-01"), headers={"Retry-After": "7"})

    with pytest.raises(Unavailable) as throttled:
        client.get("/users")

    assert (throttled.value.code, throttled.value.retry_after) == ("throttled", 7.0)
    assert throttled.value.microsoft_code == "TooManyRequests"
    assert throttled.value.request_id == "94fb3b52-452a-4535-a601-69e0a90e3aa2"
    assert waits == [7.0] * 5
    assert client.requests == 6


def test_wait_longer_than_we_accept_is_left_to_the_schedule(signed_in):
    signed_in.get(USERS, status=429, headers={"Retry-After": "121"})

    with pytest.raises(Unavailable) as throttled, graph_client() as client:
        client.get("/users")

    assert throttled.value.retry_after == 121.0
    assert client.requests == 1


def test_no_wait_passes_the_deadline(signed_in):
    signed_in.get(USERS, status=503, headers={"Retry-After": "30"})

    with pytest.raises(Unavailable), graph_client(deadline=time.monotonic() + 10) as client:
        client.get("/users")

    assert client.requests == 1


FAILURES = [
    ({"status": 500}, "unavailable"),
    ({"status": 502, "body": "<html>Bad gateway</html>"}, "unavailable"),
    ({"status": 503, "json": {"error": {"code": "serviceNotAvailable"}}}, "unavailable"),
    ({"status": 504}, "unavailable"),
    ({"status": 400, "json": {"error": {"code": "Directory_ReplicaUnavailable"}}}, "unavailable"),
    ({"status": 200, "body": "<html>Sign in to the proxy</html>"}, "unavailable"),
    ({"status": 200, "body": '{"value": [{"id": "1"'}, "unavailable"),
    ({"status": 200, "body": "[]"}, "unavailable"),
    ({"body": requests.exceptions.ConnectionError(ConnectionResetError())}, "network"),
    ({"body": requests.exceptions.ChunkedEncodingError()}, "network"),
    ({"body": requests.exceptions.ContentDecodingError()}, "network"),
    ({"body": requests.exceptions.ConnectTimeout()}, "timeout"),
    ({"body": requests.exceptions.ReadTimeout()}, "timeout"),
    ({"body": requests.exceptions.SSLError()}, "tls"),
]


@pytest.mark.parametrize(("failure", "code"), FAILURES)
def test_passing_failure_is_tried_again(client, signed_in, waits, failure, code):
    signed_in.get(USERS, **failure)
    signed_in.get(USERS, json={"value": [1]})

    assert client.get("/users") == {"value": [1]}
    assert len(waits) == 1


@pytest.mark.parametrize(("failure", "code"), FAILURES)
def test_lasting_failure_is_unavailable(client, signed_in, waits, failure, code):
    signed_in.get(USERS, **failure)

    with pytest.raises(Unavailable) as unavailable:
        client.get("/users")

    assert unavailable.value.code == code
    assert len(waits) == 5


def test_count_that_is_no_number_is_tried_again(client, signed_in, waits):
    signed_in.get(f"{USERS}/$count", body="<html>")
    signed_in.get(f"{USERS}/$count", body="7")

    assert client.count("/users/$count") == 7


@contextmanager
def serving(raw):
    """A server on this machine that writes exactly these bytes and hangs up."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.wfile.write(raw)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.0 200 OK\r\nContent-Length: 100\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Encoding: gzip\r\n\r\n{}",
        b"",
    ],
)
def test_answer_that_is_cut_short_is_a_network_failure(raw):
    with serving(raw) as url, open_session() as session, pytest.raises(Unavailable) as cut:
        exchange(session, "GET", url, timeout=(5, 5))

    assert cut.value.code == "network"
