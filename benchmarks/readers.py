"""The two marks of a first sync: programs that read the same and keep nothing."""

import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarks import children
from benchmarks.stand import Stand
from benchmarks.syncing import SIZES
from benchmarks.tenant import ROOT

TIMEOUT = 4 * 3600.0
TIMES = {"S": 3}
SHOWN = 1000  # groups that the tenant's summary names


def run_plain(stand: Stand) -> dict[str, Any]:
    """One request after another; its links are those of `transitiveMembers`, more than the direct ones."""
    figures = _read(stand, "benchmarks.plain")
    people, groups, links = SIZES[stand.size]
    assert (figures["users"], figures["groups"]) == (people, groups), figures
    assert figures["links"] == sum(_reached(stand)) if groups <= SHOWN else figures["links"] >= links, figures
    return figures


def _reached(stand: Stand) -> Iterator[int]:
    """How many each group reaches, by the tenant's own reckoning."""
    (directory,) = stand.tenant.state()["tenants"]
    return (len(stand.tenant.call("transitive_members", group=group)) for group in directory["groups"])


def run_fast(stand: Stand) -> dict[str, Any]:
    """Eight threads; the middle one of three at S."""
    found = [_read(stand, "benchmarks.fast", str(stand.quota)) for _ in range(TIMES.get(stand.size, 1))]
    middle = statistics.median_low(figures["seconds"] for figures in found)
    figures = next(figures for figures in found if figures["seconds"] == middle)
    assert (figures["users"], figures["groups"], figures["links"]) == SIZES[stand.size], figures
    return {**figures, "all_seconds": [figures["seconds"] for figures in found]}


def _read(stand: Stand, module: str, *arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", module, str(stand.tenant.facts_file), *arguments]
    stand.rest()
    with tempfile.TemporaryDirectory() as folder, stand.tenant.meter() as meter:
        cost = children.measure(children.start(command, Path(folder), cwd=ROOT), TIMEOUT)
        read = cost.json()
    return {
        **read,
        "process_seconds": cost.seconds,
        "cpu_seconds": cost.cpu_seconds,
        "peak_rss_mib": cost.peak_rss_mib,
        "tenant": meter.figures(),
    }


# At M the plain one takes hours, so it has to be named. The fast one runs beside the sync on each database: neither
# needs one, but a ratio is only worth something when both sides met the machine in the same mood.
PLAIN = SimpleNamespace(NAME="plain", SIZES=("S",), NEEDS_DATABASE=False, run=run_plain)
FAST = SimpleNamespace(NAME="fast", run=run_fast)
