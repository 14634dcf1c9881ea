"""Work lost to a kill: SIGKILL in the middle of a first sync, and what the next attempt asks for again."""

import time
from collections import Counter
from typing import Any

from benchmarks import children
from benchmarks.stand import Stand
from benchmarks.syncing import TIMEOUT, check_everything_is_there, start_sync
from benchmarks.tenant import SIGN_IN

NAME = "kill"
SIZES = ("S", "M")
MOMENTS = {"S": (0.25, 0.5, 0.75), "M": (0.5,)}  # parts of the time that an undisturbed sync takes
NOT_READING = (*SIGN_IN, "$batch", "$count")


def run(stand: Stand) -> dict[str, Any]:
    """For each moment: how far it was, and reads asked a second time, by kind."""
    stand.synced()
    assert stand.first
    needed = stand.first_meter.requests
    kills = [
        _kill(stand, moment * stand.first.committed + _start_up(stand), needed)
        for moment in MOMENTS.get(stand.size, (0.5,))
    ]
    return {"needed": dict(needed), "kills": kills}


def _start_up(stand: Stand) -> float:
    """Seconds that the process takes before its run begins."""
    assert stand.first
    return max(0.0, stand.first.cost.seconds - stand.first.report["seconds"] - 0.5)


def _kill(stand: Stand, after: float, needed: Counter[str]) -> dict[str, Any]:
    installation = stand.new_installation()
    installation.connect()
    stand.rest()
    with stand.tenant.meter() as first:
        child = start_sync(installation)
        time.sleep(after)
        children.kill(child)
        children.measure(child, 60, killed=True)
    found = installation.query("SELECT stage FROM directory_sync_syncrun")
    with stand.tenant.meter() as second:
        children.measure(start_sync(installation), TIMEOUT[stand.size])
    check_everything_is_there(installation)
    repeated = first.requests + second.requests - needed
    for kind in NOT_READING:
        del repeated[kind]
    return {
        "stage": found[0][0] if found else "not begun",
        "before": first.reads,
        "after": second.reads,
        "repeated": sum(repeated.values()),
        "repeated_by_kind": dict(repeated),
        "seconds_after": second.seconds,
    }
