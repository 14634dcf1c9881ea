"""One HTTP exchange with Microsoft: no redirects, no proxies of blame, failures named."""

from typing import Any

import orjson
import requests

from .errors import Unavailable, UnexpectedResponse

Timeout = tuple[float, float]


def exchange(
    session: requests.Session,
    method: str,
    url: str,
    *,
    timeout: Timeout,
    bearer: "Bearer | None" = None,
    **options: Any,
) -> requests.Response:
    """Send one request and read its whole answer, whatever its status.

    Raises Unavailable for network, TLS and time-outs, UnexpectedResponse for a redirect: neither login
    nor Graph redirect an API client, and following would carry credentials away.
    """
    failure, response = "", None
    try:
        response = session.request(
            method, url, timeout=timeout, allow_redirects=False, auth=bearer or Bearer(""), **options
        )
    except requests.exceptions.SSLError:
        failure = "tls"
    except requests.exceptions.Timeout:
        failure = "timeout"
    except requests.exceptions.RequestException:
        failure = "network"
    except OSError:  # the bundle of certificates that REQUESTS_CA_BUNDLE names is not there
        failure = "tls"
    if response is None:
        # Raised out here because an exception of requests holds the request, and so the secret.
        raise Unavailable(code=failure)
    if 300 <= response.status_code < 400:
        raise UnexpectedResponse(code="redirected", status=response.status_code)
    return response


def parsed(response: requests.Response) -> Any:
    """The body as JSON, or None when it isn't."""
    try:
        return orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return None


class Bearer(requests.auth.AuthBase):
    """Carries a token, or none, out of sight of whoever prints the variables of a frame.

    Sent even when empty: without `auth`, requests would take what a .netrc says for the host.
    """

    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.token:
            request.headers["Authorization"] = f"Bearer {self.token}"
        return request
