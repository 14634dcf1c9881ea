"""What a process costs: wall and processor seconds, and the most memory it held."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import orjson

POLL = 0.02


@dataclass
class Child:
    """A process that has been started; its output goes to files."""

    process: subprocess.Popen[bytes]
    started: float  # time.monotonic()
    stdout: Path
    stderr: Path


class Cost(NamedTuple):
    """What a process took, children that it waited for included."""

    seconds: float
    cpu_seconds: float
    peak_rss_mib: float
    status: int
    stdout: bytes

    def json(self) -> dict[str, Any]:
        """The last line of its output."""
        return orjson.loads(self.stdout.splitlines()[-1])


def start(
    command: list[str],
    folder: Path,
    *,
    env: dict[str, str] | None = None,
    cwd: Path | None = None,
    stdin: Path = Path(os.devnull),
) -> Child:
    """Start a process that reads `stdin` and whose output is kept in `folder`."""
    number = len(list(folder.glob("*.out")))
    stdout, stderr = folder / f"{number}.out", folder / f"{number}.err"
    with stdin.open("rb") as given, stdout.open("wb") as out, stderr.open("wb") as err:
        process = subprocess.Popen(command, env=env, cwd=cwd, stdin=given, stdout=out, stderr=err)
    return Child(process, time.monotonic(), stdout, stderr)


def measure(child: Child, timeout: float, *, watch: Callable[[], Any] | None = None, killed: bool = False) -> Cost:
    """Wait for the process, calling `watch` all the while.

    Raises AssertionError when it fails or takes longer than `timeout` seconds, and then it is ended. With
    `killed` its failure is what was meant.
    """
    give_up = child.started + timeout
    try:
        while not (ended := os.wait4(child.process.pid, os.WNOHANG))[0]:
            assert time.monotonic() < give_up, f"not done within {timeout:.0f} s"
            if watch:
                watch()
            time.sleep(POLL)
    except BaseException:
        kill(child)
        child.process.wait()
        raise
    seconds = time.monotonic() - child.started
    child.process.returncode = os.waitstatus_to_exitcode(ended[1])  # told, since we waited behind its back
    meant = -signal.SIGKILL if killed else 0
    assert child.process.returncode == meant, f"status {child.process.returncode}: {child.stderr.read_text()[-4000:]}"
    used = ended[2]
    return Cost(
        seconds,
        used.ru_utime + used.ru_stime,
        used.ru_maxrss / 1024,
        child.process.returncode,
        child.stdout.read_bytes(),
    )


def kill(child: Child) -> None:
    """What a power cut does."""
    os.kill(child.process.pid, signal.SIGKILL)  # send_signal would look whether it has ended, and wait for it
