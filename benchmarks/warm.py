"""Nights in a warm worker, and what each of them cost."""

import json
import select
import subprocess
import sys
from typing import Any, Self

from benchmarks.installation import Installation
from benchmarks.syncing import TIMEOUT
from benchmarks.tenant import ROOT

HANGS_UP_WITHIN = 30.0


class WarmWorker:
    """`benchmarks.worker` on an installation; a context manager."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._errors = (installation.folder / "worker.err").open("w+")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", installation.connection],
            cwd=ROOT,
            env=installation.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up, so that the database knows all that was written."""
        assert self._process.stdin
        self._process.stdin.close()
        try:
            self._process.wait(HANGS_UP_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()

    def night(self) -> dict[str, Any]:
        """One run: the report of `sync_directory`, `seconds` by the clock, and the tenant's part.

        Raises AssertionError unless the run succeeds.
        """
        tenant = self._installation.tenant
        with tenant.meter() as meter:
            report = self._run(TIMEOUT[tenant.size])
        assert report["state"] == "succeeded", report
        return {**report, "tenant": meter.figures()}

    def _run(self, timeout: float) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write("run\n")
        self._process.stdin.flush()
        ready, _, _ = select.select([self._process.stdout], [], [], timeout)
        if not ready:
            self._process.kill()
        line = self._process.stdout.readline()
        assert line, self._said()
        return json.loads(line)

    def _said(self) -> str:
        self._errors.seek(0)
        return self._errors.read()[-4000:] or "the worker said nothing"
