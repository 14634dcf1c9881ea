"""One HTTP exchange with Microsoft: no redirects, no proxies of blame, failures named."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import requests

from .errors import Unavailable, UnexpectedResponse

Timeout = tuple[float, float]
# Bytes. A page is unpacked at once: each piece lets go of the interpreter and has to queue for it again.
PIECE = 2**20


@dataclass(frozen=True)
class Answer:
    """What came back, read to its end; named as in `requests`, which msal expects."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def ok(self) -> bool:
        return self.status_code < 400

    @property
    def text(self) -> str:
        return self.content.decode(errors="replace")


def exchange(
    session: requests.Session,
    method: str,
    url: str,
    *,
    timeout: Timeout,
    bearer: "Bearer | None" = None,
    **options: Any,
) -> Answer:
    """Send one request and read its whole answer, whatever its status.

    Raises Unavailable for network, TLS and time-outs, UnexpectedResponse for a redirect: neither login
    nor Graph redirect an API client, and following would carry credentials away.
    """
    failure, answer = "", None
    options |= {"timeout": timeout, "allow_redirects": False, "auth": bearer or Bearer(""), "stream": True}
    try:
        with session.request(method, url, **options) as response:
            answer = Answer(response.status_code, response.headers, b"".join(response.iter_content(PIECE)))
    except requests.exceptions.SSLError:
        failure = "tls"
    except requests.exceptions.Timeout:
        failure = "timeout"
    except requests.exceptions.RequestException:
        failure = "network"
    except OSError:  # the bundle of certificates that REQUESTS_CA_BUNDLE names is not there
        failure = "tls"
    if answer is None:
        # Raised out here because an exception of requests holds the request, and so the secret.
        raise Unavailable(code=failure)
    if 300 <= answer.status_code < 400:
        raise UnexpectedResponse(code="redirected", status=answer.status_code)
    return answer


def parsed(response: Answer) -> Any:
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
