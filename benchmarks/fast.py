"""The fastest reader that one can write and that keeps nothing.

    python -m benchmarks.fast TENANT_JSON UNITS

Eight threads with a session each: users with attributes and managers in the one chain that users/delta is, beside it
groups in pages of 999 and their direct members in batches of 20 pages of 999, never faster than UNITS resource
units in ten seconds.
"""

import json
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import orjson
import requests
from requests.adapters import HTTPAdapter

from benchmarks.pace import Pace
from benchmarks.plain import TIMEOUT, token
from benchmarks.tenant import GROUPS, MEMBERS, USERS

THREADS = 8
BATCH = 20
ATTEMPTS = 20
PAGE_COST = 1  # resource units of a page of users/delta, and of /groups with $select (throttling-limits)
MEMBERS_COST = 2  # of a page of members with $select


def main() -> None:
    """Read everything once; print how much that was."""
    facts = json.loads(Path(sys.argv[1]).read_text())
    start = time.perf_counter()
    reader = Reader(facts, Pace(int(sys.argv[2])))
    with ThreadPoolExecutor(THREADS) as pool:
        done = [pool.submit(reader.work, reader.read_users), pool.submit(reader.work, reader.list_groups)]
        done += [pool.submit(reader.work, reader.read_members) for _ in range(THREADS - 2)]
        for each in done:
            each.result()
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "refused": reader.pace.refused, **reader.counts}))


class Reader:
    """What the threads share: a queue of pages of members to read, and the counts."""

    def __init__(self, facts: dict[str, Any], pace: Pace) -> None:
        self.pace = pace
        self.counts = {"requests": 0, "users": 0, "groups": 0, "links": 0}
        self._url, self._ca = f"{facts['graph_url']}/v1.0", facts["ca_file"]
        self._token = token(facts)
        self._own = threading.local()
        self._waiting: deque[str] = deque()  # addresses relative to the version, as $batch wants them
        self._in_flight = 0
        self._listed = self._failed = False
        self._changed = threading.Condition()

    def work(self, part: Callable[[], None]) -> None:
        """One thread's part; when it fails, the others stop too."""
        try:
            part()
        except BaseException:
            self._failed = True
            raise

    def read_users(self) -> None:
        """The chain of users/delta; then help with members."""
        self._chain(USERS, "users")
        self.read_members()

    def list_groups(self) -> None:
        """All groups, handing over each page at once; then help with members."""
        try:
            self._chain(GROUPS, "groups", hand_over=True)
        finally:
            with self._changed:
                self._listed = True
                self._changed.notify_all()
        self.read_members()

    def read_members(self) -> None:
        """Batches until every page of every group has been read."""
        while asked := self._next_batch():
            left = asked
            try:
                left = self._read_batch(asked)
            finally:
                with self._changed:
                    self._in_flight -= 1
                    self._waiting.extendleft(left)  # a large group is a chain of its own, so it goes first
                    self._changed.notify_all()

    def _next_batch(self) -> list[str]:
        """Up to 20 addresses; waits while others may still find some; empty at the end."""
        with self._changed:
            while not self._waiting:
                if self._failed or (self._listed and not self._in_flight):
                    return []
                self._changed.wait(1)
            if self._failed:
                return []
            self._in_flight += 1
            return [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]

    def _read_batch(self, addresses: list[str]) -> list[str]:
        """Count the links; what is left to read: next pages, and pages that were refused."""
        body = orjson.dumps(
            {"requests": [{"id": str(n), "method": "GET", "url": url} for n, url in enumerate(addresses)]}
        )
        answers = self._ask("POST", f"{self._url}/$batch", MEMBERS_COST * len(addresses), body)["responses"]
        left, links, patience = [], 0, 0.0
        for answer in answers:
            if answer["status"] == 200:
                links += len(answer["body"]["value"])
                if following := answer["body"].get("@odata.nextLink"):
                    left.append(following.removeprefix(self._url))
            elif answer["status"] in (429, 503, 504):
                left.append(addresses[int(answer["id"])])
                patience = max(patience, float(answer["headers"].get("Retry-After", 1)))
            else:
                raise RuntimeError(f"{answer['status']} in a batch")
        if patience:
            self.pace.hold(patience)
        self._count("links", links)
        return left

    def _chain(self, path: str, kind: str, *, hand_over: bool = False) -> None:
        url = self._url + path
        while url:
            page = self._ask("GET", url, PAGE_COST, urgent=True)
            self._count(kind, len(page["value"]))
            if hand_over:
                with self._changed:
                    self._waiting.extend(f"/groups/{group['id']}/{MEMBERS}" for group in page["value"])
                    self._changed.notify_all()
            url = page.get("@odata.nextLink", "")

    def _count(self, kind: str, number: int) -> None:
        with self._changed:
            self.counts["requests"] += 1
            self.counts[kind] += number

    def _ask(
        self, method: str, url: str, cost: int, body: bytes | None = None, *, urgent: bool = False
    ) -> dict[str, Any]:
        """One answer, however often it is refused at first."""
        for _ in range(ATTEMPTS):
            self.pace.take(cost, urgent=urgent)
            answer = self._session().request(method, url, data=body, timeout=TIMEOUT)
            if answer.status_code not in (429, 503, 504):
                answer.raise_for_status()
                return orjson.loads(answer.content)
            self.pace.hold(float(answer.headers.get("Retry-After", 1)))
        raise RuntimeError("refused again and again")

    def _session(self) -> requests.Session:
        if not hasattr(self._own, "session"):
            session = self._own.session = requests.Session()
            session.trust_env = False  # looking for proxies and .netrc at each request costs more than it seems
            session.verify = self._ca
            session.headers["Authorization"] = f"Bearer {self._token}"
            session.headers["Content-Type"] = "application/json"
            session.mount("https://", HTTPAdapter(pool_connections=1, pool_maxsize=1))
        return self._own.session


if __name__ == "__main__":
    main()
