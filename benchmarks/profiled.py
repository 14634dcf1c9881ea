"""A first sync that looks at itself: `python -m benchmarks.profiled CONNECTION` runs it and prints where its time went.

Every few milliseconds a thread notes where all threads are. That slows nothing down noticeably and sees threads
that read as well as the one that plans and writes, which cProfile does not.
"""

import json
import os
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from types import FrameType

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from directory_sync.models import Connection, SyncRun  # noqa: E402 - models need Django set up
from directory_sync.sync import claim, perform  # noqa: E402
from directory_sync.sync.report import report  # noqa: E402

EVERY = 0.005  # seconds
ROOT = Path(__file__).resolve().parent.parent
OURS = str(ROOT / "directory_sync")
STAGES = (f"{OURS}/sync/perform.py", f"{OURS}/sync/apply.py")  # modules whose functions are steps of a run
WAITS = {  # innermost functions in which a thread does nothing, by the end of their file's name
    "threading.py": {"wait", "_wait_for_tstate_lock", "acquire"},
    "queue.py": {"get", "put"},
    "ssl.py": {"read", "recv_into", "do_handshake"},
    "socket.py": {"readinto", "create_connection"},
    "thread.py": {"_worker"},
    "selectors.py": {"select"},
    "quota.py": {"take"},
}


class Sampler:
    """Counts, until told to stop, in which stage the main thread is and in which module each thread works."""

    def __init__(self) -> None:
        self.stages: Counter[str] = Counter()
        self.modules: Counter[str] = Counter()
        self.looks = 0
        self._main = threading.get_ident()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)

    def __enter__(self) -> "Sampler":
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look_on(self) -> None:
        own = threading.get_ident()
        while not self._stop.wait(EVERY):
            self.looks += 1
            for thread, frame in sys._current_frames().items():  # noqa: SLF001 - documented, for such uses
                if thread == self._main:
                    self.stages["waiting for pages" if _is_waiting(frame) else _stage(frame)] += 1
                if thread != own and not _is_waiting(frame) and (module := _module(frame)):
                    self.modules[module] += 1


def _is_waiting(frame: FrameType) -> bool:
    return frame.f_code.co_name in WAITS.get(Path(frame.f_code.co_filename).name, ())


def _stage(frame: FrameType) -> str:
    """The deepest step of a run that the main thread is in, as `module.function`."""
    found: FrameType | None = frame
    inner = "the database" if "psycopg" in frame.f_code.co_filename or "/django/db/" in frame.f_code.co_filename else ""
    while found is not None:
        if found.f_code.co_filename in STAGES:
            return " → ".join(name for name in (_short(found), inner) if name)
        if found.f_code.co_filename.startswith(OURS):
            inner = _short(found)
        found = found.f_back
    return "outside a run"


def _module(frame: FrameType) -> str:
    """Our own module on whose behalf a thread works; "" when there is none."""
    found: FrameType | None = frame
    while found is not None:
        if found.f_code.co_filename.startswith(OURS):
            return found.f_code.co_filename.removeprefix(f"{OURS}/")
        found = found.f_back
    return ""


def _short(frame: FrameType) -> str:
    return f"{Path(frame.f_code.co_filename).stem}.{frame.f_code.co_name.strip('_')}"


def main() -> None:
    """Run the sync; print shares of time: of stages, and of modules in which some thread was at work."""
    connection = Connection.objects.get(pk=sys.argv[1])
    run = claim.begin(connection, SyncRun.Trigger.COMMAND)
    if run is None:
        raise SystemExit("another run is active")
    start = time.perf_counter()
    with Sampler() as seen:
        run = perform.perform(run)
    seconds = time.perf_counter() - start
    shares = {
        name: [(key, number / seen.looks) for key, number in counts.most_common(20) if number / seen.looks >= 0.005]
        for name, counts in (("stages", seen.stages), ("modules", seen.modules))
    }
    print(json.dumps({**report(run), "seconds": seconds, **shares}))


if __name__ == "__main__":
    main()
