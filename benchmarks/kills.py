"""Work lost to a kill: SIGKILL in the middle of a first sync, and what the next attempt asks for again."""

import time
import zlib
from collections import Counter
from typing import Any

import orjson

from benchmarks import children
from benchmarks.installation import Installation
from benchmarks.stand import Stand
from benchmarks.syncing import TIMEOUT, check_everything_is_there, start_sync
from benchmarks.tenant import SIGN_IN, reads_of

NAME = "kill"
SIZES = ("S", "M")
MOMENTS = {"S": (0.25, 0.5, 0.75), "M": (0.5,)}  # parts of what an undisturbed sync asks for
ANSWERED_WITHIN = 2.0  # seconds
NOT_READING = (*SIGN_IN, "$batch", "$count")


def run(stand: Stand) -> dict[str, Any]:
    """For each moment: how far it was, which pages had been asked for and not kept, and reads asked a second time."""
    stand.synced()
    needed = stand.first_meter
    kills = [_kill(stand, moment * needed.reads, needed.requests) for moment in MOMENTS.get(stand.size, (0.5,))]
    return {"needed": dict(needed.requests), "kills": kills}


def _chains_and_members(requests: Counter[str]) -> Counter[str]:
    """Pages by kind, of the kinds that a first sync reads many of."""
    return Counter({kind: requests[kind] for kind in ("users/delta", "members")})


def _kept(installation: Installation) -> Counter[str]:
    """How many pages of these kinds the journal has; a group's, when it has all of them."""
    kept: Counter[str] = Counter()
    of_groups: Counter[str] = Counter()
    whole: set[str] = set()
    pages = installation.query(
        "SELECT source, body FROM directory_sync_journalpage WHERE source IN ('users', 'members')"
    )
    for source, body in pages:
        if source == "users":
            kept["users/delta"] += 1
        else:
            pages = orjson.loads(zlib.decompress(body))
            of_groups.update(page["id"] for page in pages)
            whole |= {page["id"] for page in pages if page["done"]}
    kept["members"] = sum(of_groups[group] for group in whole)
    return kept


def _kill(stand: Stand, reads: float, needed: Counter[str]) -> dict[str, Any]:
    """Kill a first sync once the tenant has been asked for so many pages, and let another process end it."""
    installation = stand.new_installation()
    installation.connect()
    stand.rest()
    asked_before = reads_of(stand.tenant.state()["requests"])
    with stand.tenant.meter() as first:
        child = start_sync(installation)

        def kill_in_time() -> None:
            if reads_of(stand.tenant.state()["requests"]) - asked_before >= reads:
                children.kill(child)

        children.measure(child, TIMEOUT[stand.size], watch=kill_in_time, killed=True)
        time.sleep(ANSWERED_WITHIN)  # the tenant notes a request when it has answered
    found = installation.query("SELECT stage FROM directory_sync_syncrun")
    on_their_way = _chains_and_members(first.requests) - _kept(installation)
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
        "on_their_way": on_their_way.total(),
        "repeated": sum(repeated.values()) - second.refused,  # which were asked for anew, and read once
        "refused": second.refused,
        "repeated_by_kind": dict(repeated),
        "seconds_after": second.seconds,
    }
