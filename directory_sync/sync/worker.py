"""Which process works on a run, so that one that has died on this host frees it at once."""

import os
import socket
from pathlib import Path


def name() -> str:
    """Host, process id and when it started, which tells it from a later process of the same id."""
    return f"{socket.gethostname()}/{os.getpid()}/{_started(os.getpid())}"


def is_gone(worker: str) -> bool:
    """Whether the process was one of this host and is there no more; False where that can't be known."""
    host, _, rest = worker.rpartition("/")[0].rpartition("/")
    started = worker.rpartition("/")[2]
    if host != socket.gethostname() or not rest.isdigit() or not started:
        return False
    return _started(int(rest)) != started


def _started(pid: int) -> str:
    """When the process started, in ticks since boot; "" when there is none, or the system does not say."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    fields = told.rpartition(")")[2].split()  # the name before it may hold anything
    return "" if fields[0] in "ZX" else fields[19]
