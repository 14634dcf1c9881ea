"""Child processes: each in a session of its own, signalled alone, never restarted."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from django.conf import settings

T = TypeVar("T")
POLL = 0.1  # seconds between two looks
PR_SET_PDEATHSIG = 1  # prctl(2)
LAST_LINES = 12


class ChildEnded(Exception):
    """A process that should be there is not; the text says which, how it ended and what it said last."""


class TookTooLong(Exception):
    """What was waited for did not come in time."""


class Child:
    """A running process with its log file."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                cwd=settings.BASE_DIR,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Ctrl-C goes to a terminal's whole group; django-q's main process hangs when its children are
                # signalled with it, so each child gets a session of its own and its main process the signal.
                start_new_session=True,
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,
            )

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def demand(self) -> None:
        """Raises ChildEnded unless the process is there."""
        if self.has_ended:
            raise ChildEnded(f"{self.name} has ended with status {self._process.returncode}.{self._last_words()}")

    def ask_to_stop(self) -> None:
        """SIGTERM to the main process alone."""
        if not self.has_ended:
            self._process.terminate()

    def wait(self, seconds: float) -> bool:
        """Wait for the end, and leave nothing behind; False when it had to be forced."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        finally:
            self.kill()  # the workers of a cluster whose main process was killed live on
        return True

    def kill(self) -> None:
        """End the process and everything it started, at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-LAST_LINES:]
        return "\n".join(["", f"The end of {self.log}:", *lines]) if lines else ""


_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def _end_with_parent() -> None:
    """Have the kernel ask this process to stop should the demo be killed without a chance to do so."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)  # type: ignore[union-attr]  # only called where it is there


def wait_for(
    what: str, found: Callable[[], T | None], *, seconds: float, demand: Callable[[], None] = lambda: None
) -> T:
    """Poll until `found` gives something true, and return that.

    `demand` is called between two looks and may raise. Raises TookTooLong, which names `what`.
    """
    deadline = time.monotonic() + seconds
    while True:
        if result := found():
            return result
        demand()
        if time.monotonic() > deadline:
            raise TookTooLong(f"Waited {seconds:.0f} s for {what}.")
        time.sleep(POLL)
