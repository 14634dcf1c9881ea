"""Requests to Graph: the token, waiting, renewing, counting, and never another host."""

import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from . import batch
from .auth import TokenSource
from .clouds import Cloud
from .codes import graph_error
from .errors import Unavailable, UnexpectedResponse
from .kept import open_session
from .patience import Patience
from .quota import Quota
from .transport import Answer, Bearer, Timeout, exchange, parsed

VERSION = "/v1.0"
_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
    "x-ms-throttle-priority": "low",  # "throttling-limits": a nightly job gives way
}
_UNSAFE_IN_URL = re.compile(r"[\s\\\x00-\x1f\x7f]")


class GraphClient:
    """Reads from one tenant; its methods may be called by many threads at once.

    `timeout` is (connect, read) in seconds, `longest_wait` the longest single wait we accept in seconds,
    `deadline` a reading of `time.monotonic` that no wait may pass. What outlasts these is raised as
    Unavailable. AccessDenied and UnexpectedResponse are raised at once.
    """

    def __init__(
        self,
        cloud: Cloud,
        tokens: TokenSource,
        *,
        timeout: Timeout = (5, 60),
        attempts: int = 6,
        longest_wait: float = 120.0,
        deadline: float | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self.cloud = cloud
        self.patience = Patience(attempts, longest_wait, deadline, sleep)
        self.quota = Quota()
        self.requests = 0
        self._tokens = tokens
        self._timeout = timeout
        self._session = open_session()
        self._counting = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._session.close()

    def roles(self) -> frozenset[str]:
        """The application permissions that the token carries; for diagnosis only."""
        return self._tokens.roles()

    def get(self, url_or_path: str, *, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The JSON object at a path below /v1.0, or at a link Graph gave, which is used as it is."""
        url = self._absolute(url_or_path)
        return self.patience.insist(lambda: self._json("GET", url, headers=headers))

    def count(self, path: str) -> int:
        """How many objects a collection has, by its `$count` ("aad-advanced-queries").

        The count comes from an index that may lag behind what a listing shows.
        """
        url = self._absolute(path if "/$count" in path else f"{path}/$count")
        return self.patience.insist(lambda: self._number(url))

    def batch(self, requests: Sequence["batch.BatchRequest"]) -> dict[str, "batch.BatchAnswer"]:
        """Answers by request id, for any number of GETs; see `batch.send`."""
        return batch.send(self, requests)

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Post JSON and return the JSON object that comes back; for reads that Graph wants as POST."""
        url = self._absolute(path)
        return self.patience.insist(lambda: self._json("POST", url, json=body))

    def relative(self, url_or_path: str) -> str:
        """The same address as a batch wants it: below /v1.0, without host."""
        if url_or_path.startswith("/"):
            return url_or_path
        link = urlsplit(self._absolute(url_or_path))
        root = urlsplit(self.cloud.graph_url).path + VERSION
        if not link.path.startswith(f"{root}/"):
            raise UnexpectedResponse("a link outside of v1.0", code="unexpected_response")
        return link.path.removeprefix(root) + (f"?{link.query}" if link.query else "")

    def check_link(self, link: str) -> None:
        """Refuse a link that would take our token to another host."""
        if link:
            self._absolute(link)

    def _absolute(self, url_or_path: str) -> str:
        if url_or_path.startswith("/"):
            return f"{self.cloud.graph_url}{VERSION}{url_or_path}"
        link, graph = urlsplit(url_or_path), urlsplit(self.cloud.graph_url)
        same_host = (link.scheme, link.netloc.lower()) == (graph.scheme, graph.netloc.lower())
        if not same_host or _UNSAFE_IN_URL.search(url_or_path):
            raise UnexpectedResponse(code="foreign_host")
        return url_or_path

    def _json(self, method: str, url: str, **options: Any) -> dict[str, Any]:
        response = self._send(method, url, **options)
        body = parsed(response)
        if not isinstance(body, dict):
            # A proxy's page or a body cut short: Graph itself always answers with an object.
            raise Unavailable("not a JSON object", code="unavailable", **_facts(response))
        return body

    def _number(self, url: str) -> int:
        response = self._send("GET", url, headers={"ConsistencyLevel": "eventual", "Accept": "text/plain"})
        digits = response.content.removeprefix(b"\xef\xbb\xbf").strip()
        if not digits.isdigit():
            raise Unavailable("not a number", code="unavailable", **_facts(response))
        return int(digits)

    def _send(self, method: str, url: str, *, headers: Mapping[str, str] | None = None, **options: Any) -> Answer:
        """One try; a second one with a new token when the first was rejected."""
        options["headers"] = {**_HEADERS, **(headers or {})}
        bearer = Bearer(self._tokens.token())
        response = self._exchange(method, url, bearer=bearer, **options)
        if response.status_code == 401:
            bearer = Bearer(self._tokens.renew(bearer.token))
            response = self._exchange(method, url, bearer=bearer, **options)
        if response.ok:
            return response
        path = urlsplit(url).path.partition(VERSION)[2]
        raise graph_error(response.status_code, response.headers, parsed(response), path=path)

    def _exchange(self, method: str, url: str, **options: Any) -> Answer:
        with self._counting:
            self.requests += 1
        return exchange(self._session, method, url, timeout=self._timeout, **options)


def _facts(response: Answer) -> dict[str, Any]:
    return {"status": response.status_code, "request_id": response.headers.get("request-id", "")}
