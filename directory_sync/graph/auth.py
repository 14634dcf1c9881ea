"""Access tokens by client credentials, through msal."""

import base64
import binascii
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import msal
import orjson
import requests

from .clouds import Cloud, authority
from .codes import login_error
from .errors import AccessDenied, GraphError, Unavailable, UnexpectedResponse
from .kept import Documents, open_session
from .patience import Patience
from .transport import Answer, Timeout, exchange, parsed

SPARE_SECONDS = 300.0


class TokenSource:
    """One app's tokens for one tenant, shared by all threads of a run.

    With `documents`, a discovery document that an earlier source of this process has seen is not asked for again,
    until the login host refuses something.
    Each token comes from a new msal application: msal remembers answers (400 for a minute, 429 and 5xx
    for Retry-After rounded its own way), and we decide ourselves when to ask again.
    """

    def __init__(
        self,
        cloud: Cloud,
        tenant_id: str,
        client_id: str,
        secret: str,
        *,
        timeout: Timeout = (5, 20),
        attempts: int = 4,
        longest_wait: float = 60.0,
        sleep: Callable[[float], object] = time.sleep,
        documents: Documents | None = None,
    ) -> None:
        self._documents = documents
        self._cloud = cloud
        self._authority = authority(cloud, tenant_id)
        self._client_id = client_id
        self._secret = secret
        self._timeout = timeout
        self._patience = Patience(attempts, longest_wait, sleep=sleep)
        self._lock = threading.Lock()
        self._token = ""
        self._fresh_until = 0.0
        self._failure: GraphError | None = None
        self._failed_at = 0.0
        self.requests = 0  # to the login host; each token takes two, or one when the document is known

    def __repr__(self) -> str:
        return f"<TokenSource {self._client_id} at {self._authority}>"

    def token(self) -> str:
        """A token that is good for some minutes at least; threads that ask together cause one request.

        Raises AccessDenied, Unavailable, UnexpectedResponse.
        """
        asked_at = time.monotonic()
        with self._lock:
            if time.monotonic() >= self._fresh_until:
                self._replace(asked_at)
            return self._token

    def renew(self, rejected: str) -> str:
        """A token other than the rejected one, which another thread may have fetched already."""
        asked_at = time.monotonic()
        with self._lock:
            if self._token in ("", rejected):
                self._replace(asked_at)
            return self._token

    def roles(self) -> frozenset[str]:
        """The application permissions the token carries. For diagnosis only: nothing is verified.

        Empty when consent is missing: the token is issued all the same ("access-token-claims-reference").
        """
        parts = self.token().split(".")
        try:
            claims = orjson.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
            return frozenset(str(role) for role in claims.get("roles", ()))
        except (IndexError, AttributeError, TypeError, binascii.Error, orjson.JSONDecodeError):
            return frozenset()

    def _replace(self, asked_at: float) -> None:
        """Fetch a token, holding the lock; who waited while that failed shares the failure."""
        if self._failure and self._failed_at > asked_at:
            raise self._failure.with_traceback(None)
        try:
            answer = self._patience.insist(self._acquire)
        except GraphError as error:
            self._failure, self._failed_at = error, time.monotonic()
            raise
        lifetime = float(answer.get("expires_in") or 0)
        self._token = answer["access_token"]
        self._fresh_until = time.monotonic() + max(lifetime - SPARE_SECONDS, lifetime / 2)

    def _acquire(self) -> dict[str, Any]:
        """One try. The errors leave without the frames below, whose variables hold the secret."""
        failure: GraphError
        try:
            return self._ask_msal()
        except GraphError as error:
            failure = error
        except Exception as error:  # msal raises many kinds, all with the secret in reach
            failure = UnexpectedResponse(code="unexpected_response", subject=type(error).__name__)
        failure.__context__ = None
        raise failure.with_traceback(None)

    def _ask_msal(self) -> dict[str, Any]:
        with open_session() as session:
            login = _LoginHost(session, self._cloud.login_url, self._timeout, self._documents or Documents())
            try:
                app = msal.ConfidentialClientApplication(
                    self._client_id,
                    client_credential=self._secret,
                    authority=self._authority,
                    instance_discovery=False,
                    http_client=login,
                )
                answer = app.acquire_token_for_client(scopes=[self._cloud.scope])
            except (AccessDenied, UnexpectedResponse):
                login.forget()
                raise
            finally:
                self.requests += login.requests
        return answer


class _LoginHost:
    """The HTTP client msal is given: it stays at the login host and raises our errors."""

    def __init__(self, session: requests.Session, login_url: str, timeout: Timeout, documents: Documents) -> None:
        self.requests = 0
        self._session = session
        self._login_url = login_url
        self._timeout = timeout
        self._documents = documents
        self._discovery = ""

    def get(self, url: str, **options: Any) -> "_Document":
        """The discovery document, the only thing that msal gets."""
        self._discovery = url
        text = self._documents.get(url)
        if text is None:
            text = self._send("GET", url, **options).text
            self._documents.keep(url, text)
        return _Document(text)

    def forget(self) -> None:
        """Ask for the discovery document again next time: something about the tenant has changed."""
        self._documents.forget(self._discovery)

    def post(self, url: str, **options: Any) -> Answer:
        response = self._send("POST", url, **options)
        if not isinstance(parsed(response).get("access_token"), str):
            # Not msal's to look at: it would log the answer.
            raise UnexpectedResponse("no token", code="unexpected_response", status=200)
        return response

    def close(self) -> None:
        self._session.close()

    def _send(self, method: str, url: str, **options: Any) -> Answer:
        if urlsplit(url)[:2] != urlsplit(self._login_url)[:2]:
            # The token endpoint comes from the tenant's discovery document; elsewhere is another cloud.
            raise AccessDenied(code="wrong_cloud")
        self.requests += 1
        wanted = {name: options[name] for name in ("params", "data", "headers") if name in options}
        response = exchange(self._session, method, url, timeout=self._timeout, **wanted)
        body = parsed(response)
        if response.status_code != 200:
            raise login_error(response.status_code, response.headers, body)
        if not isinstance(body, dict):
            raise Unavailable(code="unavailable", status=200)
        return response


@dataclass(frozen=True)
class _Document:
    """A discovery document as msal wants an answer."""

    text: str
    status_code: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
