"""A make-believe tenant as a process of its own."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import requests

from directory_sync.sync.attributes import BASE_GROUP, NAMES, user_select

ROOT = Path(__file__).resolve().parent.parent
STARTS_WITHIN = {"S": 120.0, "M": 900.0, "L": 5400.0}  # seconds; it makes and renders its people first
STOPS_WITHIN = 60.0
CONTROL_TIMEOUT = 3600.0  # rendering a large directory anew takes long
USERS = f"/users/delta?$select={','.join(user_select(NAMES))}"
GROUPS = f"/groups?$select={','.join(BASE_GROUP)}&$top=999"
MEMBERS = "members?$select=id&$top=999"  # of a group, with its address before it
READ = (USERS, GROUPS, f"/groups/{{id}}/{MEMBERS}", f"/groups/delta?$select={','.join((*BASE_GROUP, 'members'))}")
SIGN_IN = ("token", "discovery", "foreign")


@dataclass
class Meter:
    """What the tenant did while something was measured; complete when the measurement is over.

    `requests` by kind: of a $batch, itself and those inside it, also those `refused` for want of units. `share` of all
    processors of the machine.
    """

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    requests: Counter[str] = field(default_factory=Counter)
    refused: int = 0

    @property
    def share(self) -> float:
        return self.cpu_seconds / self.seconds / (os.cpu_count() or 1) if self.seconds else 0.0

    @property
    def reads(self) -> int:
        """Pages and objects asked for; signing in is none."""
        return reads_of(self.requests)

    def figures(self) -> dict[str, Any]:
        """For the results of a scenario."""
        return {"cpu_seconds": self.cpu_seconds, "share": self.share, "requests": dict(self.requests)}


def reads_of(requests: dict[str, int]) -> int:
    """How many of these requests ask for something of the directory, in a $batch or not."""
    return sum(number for kind, number in requests.items() if kind not in (*SIGN_IN, "$batch"))


class Tenant:
    """`python -m demo.tenant`, pre-rendered and without noise, so that every reader has the same to read."""

    def __init__(self, size: str, latency: float, quota: int) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="benchmark-tenant-")
        self.folder = Path(self._folder.name)
        self.size = size
        self._log = (self.folder / "log").open("wb")
        options = ("--dataset", size, "--noise", "0", "--latency", str(latency), "--quota", str(quota))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "demo.tenant", "--state", self.folder, *options, "--prerender", "--no-save"],
            cwd=ROOT,
            stdout=self._log,
            stderr=self._log,
        )
        try:
            self.facts: dict[str, Any] = self._wait_for_facts()
            self._session = requests.Session()
            self._session.trust_env = False  # or REQUESTS_CA_BUNDLE would win
            self._session.verify = self.facts["ca_file"]
            self.call("prerender", paths=READ)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    @property
    def facts_file(self) -> Path:
        return self.folder / "tenant.json"

    def call(self, verb: str, **arguments: Any) -> Any:
        """One verb of demo.tenant.control; its result. Raises AssertionError with the tenant's words."""
        answer = self._session.post(f"{self.facts['control_url']}/{verb}", json=arguments, timeout=CONTROL_TIMEOUT)
        assert answer.ok, answer.text
        return answer.json()["result"]

    def state(self) -> dict[str, Any]:
        """What it is, what it was asked so far (`requests` by kind) and what that cost it (`cpu_seconds`)."""
        answer = self._session.get(f"{self.facts['control_url']}/state", timeout=CONTROL_TIMEOUT)
        answer.raise_for_status()
        return answer.json()

    @contextmanager
    def meter(self) -> Iterator[Meter]:
        """Note what the tenant does meanwhile."""
        meter, before, start = Meter(), self.state(), time.monotonic()
        yield meter
        meter.seconds, after = time.monotonic() - start, self.state()
        meter.cpu_seconds = after["cpu_seconds"] - before["cpu_seconds"]
        meter.requests = Counter(after["requests"]) - Counter(before["requests"])
        meter.refused = after["refused"] - before["refused"]

    def close(self) -> None:
        """End the process and remove its folder."""
        self._process.terminate()
        try:
            self._process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()
        self._folder.cleanup()

    def _wait_for_facts(self) -> dict[str, Any]:
        give_up = time.monotonic() + STARTS_WITHIN[self.size]
        while not self.facts_file.exists():
            assert self._process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < give_up, "the tenant does not start"
            time.sleep(0.1)
        return json.loads(self.facts_file.read_bytes())
