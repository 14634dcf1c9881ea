import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from directory_sync.graph.errors import AccessDenied, Unavailable, UnexpectedResponse

from .microsoft import (
    DISCOVERY,
    TOKENS,
    access_token,
    add_discovery,
    calls_to,
    example,
    issued,
    token_source,
)


def at_once(ask, threads=8):
    """Call `ask` from many threads that start together; answers or errors."""
    start = threading.Barrier(threads)

    def run(_):
        start.wait()
        try:
            return ask()
        except AccessDenied as error:
            return error.code

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))


def test_token_is_asked_for_once_and_kept(signed_in):
    source = token_source()

    assert source.token() == source.token() == access_token()
    assert len(calls_to(signed_in, TOKENS)) == 1
    assert source.requests == 2


def test_eight_threads_make_one_token_request(signed_in):
    source = token_source()

    tokens = at_once(source.token)

    assert tokens == [access_token()] * 8
    assert len(calls_to(signed_in, TOKENS)) == 1


def test_eight_threads_with_a_rejected_token_make_one_more_request(signed_in):
    signed_in.post(TOKENS, json=issued(2))
    source = token_source()
    rejected = source.token()

    tokens = at_once(lambda: source.renew(rejected))

    assert tokens == [access_token(2)] * 8
    assert len(calls_to(signed_in, TOKENS)) == 2


def test_threads_that_waited_for_a_refusal_share_it(web):
    asked = []

    def refuse_when_all_have_asked(request):
        while len(asked) < 8:
            time.sleep(0.001)
        return 401, {}, json.dumps(example("token-error-7000215"))

    def ask():
        asked.append(True)
        return source.token()

    add_discovery(web)
    web.add_callback("POST", TOKENS, refuse_when_all_have_asked)
    source = token_source()

    codes = at_once(ask)

    assert codes == ["secret_wrong"] * 8
    assert len(calls_to(web, TOKENS)) < 8


def test_token_that_another_thread_replaced_is_handed_out(signed_in):
    signed_in.post(TOKENS, json=issued(2))
    source = token_source()
    first = source.token()
    source.renew(first)

    assert source.renew(first) == access_token(2)
    assert len(calls_to(signed_in, TOKENS)) == 2


def test_token_close_to_its_end_is_replaced(web):
    add_discovery(web)
    web.post(TOKENS, json=issued(1, expires_in=0))
    web.post(TOKENS, json=issued(2))
    source = token_source()

    assert [source.token(), source.token()] == [access_token(1), access_token(2)]


def test_refusal_is_not_remembered(web):
    add_discovery(web)
    web.post(TOKENS, json=example("token-error-700016"), status=400)
    web.post(TOKENS, json=issued())
    source = token_source()
    with pytest.raises(AccessDenied):
        source.token()

    assert source.token() == access_token()


def test_remembered_429_of_msal_does_not_outlive_its_retry_after(web, waits):
    add_discovery(web)
    web.post(TOKENS, json={"error": "throttled"}, status=429, headers={"Retry-After": "30"})
    web.post(TOKENS, json=issued())

    token = token_source(waits.append).token()

    assert token == access_token()
    assert waits == [30.0]


def test_429_that_asks_for_too_much_is_handed_on_with_its_time(web):
    add_discovery(web)
    web.post(TOKENS, status=429, headers={"Retry-After": "3600"})

    with pytest.raises(Unavailable) as throttled:
        token_source().token()

    assert (throttled.value.code, throttled.value.retry_after) == ("throttled", 3600.0)


@pytest.mark.parametrize(
    "failure",
    [
        {"status": 503},
        {"status": 502, "body": "<html>Bad gateway</html>"},
        {"body": requests.exceptions.ReadTimeout()},
        {"body": requests.exceptions.ConnectionError()},
        {"body": "<html>not JSON</html>"},
    ],
)
def test_token_endpoint_out_of_order_is_asked_again(web, waits, failure):
    add_discovery(web)
    web.post(TOKENS, **failure)
    web.post(TOKENS, json=issued())

    assert token_source(waits.append).token() == access_token()
    assert len(waits) == 1


def test_tries_for_a_token_are_bounded(web, waits):
    web.get(DISCOVERY, status=503)

    with pytest.raises(Unavailable):
        token_source(waits.append, attempts=3).token()

    assert len(waits) == 2
    assert len(web.calls) == 3


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirect_of_the_token_endpoint_is_refused(web, status):
    add_discovery(web)
    web.post(TOKENS, status=status, headers={"Location": "https://evil.example/token"})

    with pytest.raises(UnexpectedResponse) as refusal:
        token_source().token()

    assert refusal.value.code == "redirected"
    assert len(web.calls) == 2


def test_secret_is_not_sent_to_a_token_endpoint_on_another_host(web):
    elsewhere = {"authorization_endpoint": "https://x", "token_endpoint": "https://evil.example/t/token"}
    web.get(DISCOVERY, json={**example("oidc-commercial"), **elsewhere})

    with pytest.raises(AccessDenied) as refusal:
        token_source().token()

    assert refusal.value.code == "wrong_cloud"
    assert len(web.calls) == 1


def test_discovery_without_a_token_endpoint_is_unexpected(web):
    web.get(DISCOVERY, json={"issuer": "x"})

    with pytest.raises(UnexpectedResponse):
        token_source().token()


def test_roles_are_read_from_the_token(web):
    add_discovery(web)
    web.post(TOKENS, json=issued(**example("app-only-token-claims")))

    assert token_source().roles() == {
        "User.Read.All",
        "Group.Read.All",
        "GroupMember.Read.All",
        "OrgContact.Read.All",
    }


def test_token_without_consent_has_no_roles(signed_in):
    assert token_source().roles() == frozenset()


def test_token_that_can_not_be_read_has_no_roles(web):
    add_discovery(web)
    web.post(TOKENS, json=example("token-success"))

    assert token_source().roles() == frozenset()


def test_bundle_of_certificates_is_taken_from_the_environment(signed_in, monkeypatch, tmp_path):
    bundle = tmp_path / "ca.pem"
    bundle.touch()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))

    token_source().token()

    assert {call.request.req_kwargs["verify"] for call in signed_in.calls} == {str(bundle)}
