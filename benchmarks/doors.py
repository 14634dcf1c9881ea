"""How long people wait: for what they write while a directory is applied for the first time, and for its pages.

`python -m benchmarks.doors --database postgresql --size S` measures without the runner.
"""

import argparse
import json
import os
from typing import Any

from benchmarks import children, figures
from benchmarks.figures import VENDORS, met
from benchmarks.stand import Stand

NAME = "doors"
SIZES = ("S", "M")
TIMEOUT = 3600.0
LONGEST_WRITE = {"sqlite": 5.0, "postgresql": 0.5}  # seconds, at M, as all three
MEDIAN, PERCENTILE_95 = 0.150, 0.400


def run(stand: Stand) -> dict[str, Any]:
    """`waits`: the longest of each kind of write during a first sync. `pages`: median and 95th percentile, by page."""
    installation = stand.new_installation()
    connection = installation.connect()
    installation.env["ALLOWED_HOSTS"] = "localhost"
    child = installation.start("-m", "benchmarks.doors", "--within", connection)
    return children.measure(child, TIMEOUT).json()


def main() -> None:
    """Measure; or, `--within` an installation's environment, do the part that needs Django."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.doors", description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--size", choices=SIZES, default="S")
    parser.add_argument("--latency", type=float, default=0.05)
    parser.add_argument("--within", metavar="CONNECTION", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.within:
        print(json.dumps(_within(options.within)))
    else:
        with Stand(options.size, options.database, options.latency, 8_000) as stand:
            print(json.dumps(run(stand), indent=2))


def _within(connection_id: str) -> dict[str, Any]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from benchmarks import furnished, opened, waits
    from directory_sync.models import Connection

    connection = Connection.objects.get(pk=connection_id)
    waited = waits.measure(connection)
    return {"waits": waited, **opened.measure(furnished.furnish(connection)).figures()}


def table(results: list[dict[str, Any]]) -> str:
    """The longest wait and the pages, in milliseconds, each with whether the target for M is met; the slowest page."""
    heads = ("Size", "Database", "Longest wait of a write", "", "Pages, median", "", "95 %", "", "Slowest page")
    rows = []
    for result in results:
        times = (result["waits"]["longest"], result["median"], result["percentile_95"])
        targets = (LONGEST_WRITE[result["database"]], MEDIAN, PERCENTILE_95)
        told = [
            cell
            for time, target in zip(times, targets, strict=True)
            for cell in (_milliseconds(time), met(holds=time <= target) if result["size"] == "M" else "")
        ]
        name, slowest = next(iter(result["pages"].items()))
        rows.append((result["size"], VENDORS[result["database"]], *told, f"{name}, {_milliseconds(slowest['median'])}"))
    return figures.table(heads, rows)


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:,.0f} ms"


if __name__ == "__main__":
    main()
