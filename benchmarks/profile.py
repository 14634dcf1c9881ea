"""Where a first sync's time goes: by stage of the run, and by module at work."""

from typing import Any

from benchmarks.children import measure
from benchmarks.stand import Stand
from benchmarks.syncing import TIMEOUT

NAME = "profile"
SIZES = ("S", "M")


def run(stand: Stand) -> dict[str, Any]:
    """Shares of the run's time; those of modules add up to more than all where several threads work at once."""
    installation = stand.new_installation()
    installation.connect()
    stand.rest()
    with stand.tenant.meter() as meter:
        child = installation.start("-m", "benchmarks.profiled", installation.connection)
        cost = measure(child, TIMEOUT[stand.size])
    found = cost.json()
    assert found["state"] == "succeeded", found
    return {
        **{name: found[name] for name in ("seconds", "stages", "modules", "peak_rss_mib")},
        "cpu_seconds": cost.cpu_seconds,
        "tenant": meter.figures(),
    }
