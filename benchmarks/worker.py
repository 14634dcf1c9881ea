"""A warm worker: `python -m benchmarks.worker CONNECTION`; for each line on standard input one run, and a line of JSON.

Runs begin as `sync_directory` begins them, without the seconds that a process takes to start.
"""

import json
import os
import resource
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from directory_sync.models import Connection, SyncRun  # noqa: E402 - models need Django set up
from directory_sync.sync import claim  # noqa: E402
from directory_sync.sync.perform import perform  # noqa: E402
from directory_sync.sync.report import report  # noqa: E402


def main() -> None:
    """Serve until standard input ends."""
    for _ in sys.stdin:
        start = time.perf_counter()
        run = claim.begin(Connection.objects.get(pk=sys.argv[1]), SyncRun.Trigger.COMMAND)
        if run is None:
            raise SystemExit("another run is active")
        run = perform(run)
        seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            json.dumps({**report(run), "run_seconds": run.seconds, "seconds": seconds, "peak_rss_mib": peak}),
            flush=True,
        )


if __name__ == "__main__":
    main()
