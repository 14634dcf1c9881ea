"""The first sync: everything read, planned and committed, attributes and managers included."""

import statistics
from typing import Any

from benchmarks.stand import Stand
from benchmarks.syncing import first_sync

NAME = "first"
TIMES = {"S": 3}  # small ones vary more: the middle one counts


def run(stand: Stand) -> dict[str, Any]:
    """Seconds until the result could be read, processor and memory of the process, and what was read."""
    stand.synced()
    assert stand.first
    found = [(stand.first, stand.first_meter)]
    for _ in range(1, TIMES.get(stand.size, 1)):
        again = stand.new_installation()
        again.connect()
        stand.rest()
        with stand.tenant.meter() as meter:
            found.append((first_sync(again), meter))
    middle = statistics.median_low(sync.committed for sync, _ in found)
    sync, meter = next((sync, meter) for sync, meter in found if sync.committed == middle)
    return {**sync.figures(), "all_seconds": [sync.committed for sync, _ in found], "tenant": meter.figures()}
