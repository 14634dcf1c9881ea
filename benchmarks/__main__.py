"""Run scenarios and keep their figures; see the package's docstring."""

import argparse
import signal
import sys
import traceback
from typing import Any

from benchmarks import page, results
from benchmarks.scenarios import MODULES
from benchmarks.stand import Stand

ALL_SIZES = ("S", "M", "L")
DATABASES = ("sqlite", "postgresql")
QUOTA = 8000  # resource units in ten seconds, of an app in a tenant with more than 500 users (throttling-limits)


def main() -> int:
    """The status is 1 when a scenario failed; the others are run and kept all the same."""
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every process started here is ended
    failed = []
    for size in options.sizes:
        for database in ["postgresql"] if size == "L" else options.databases:
            is_first = size == "L" or database == options.databases[0]
            chosen = [module for module in MODULES if _applies(module, size, options.only, is_first)]
            if chosen:
                with Stand(size, database, options.latency, options.quota) as stand:
                    failed += [name for name in (_measure(module, stand) for module in chosen) if name]
    if options.write:
        page.write(results.load())
    if failed:
        print(f"Failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _applies(module: Any, size: str, only: list[str], is_first: bool) -> bool:
    named = module.NAME in only if only else size in getattr(module, "SIZES", ALL_SIZES)
    return named and (is_first or _needs_database(module))


def _needs_database(module: Any) -> bool:
    return getattr(module, "NEEDS_DATABASE", True)


def _measure(module: Any, stand: Stand) -> str:
    """Run a scenario and keep what it found; its name when it failed."""
    name = f"{module.NAME} {stand.size} {stand.database} {1000 * stand.latency:.0f} ms"
    print(f"{name} …", file=sys.stderr, flush=True)
    try:
        found = module.run(stand)
    except Exception:
        traceback.print_exc()
        return name
    results.keep(module.NAME, stand, found, database=stand.database if _needs_database(module) else "")
    shown = {key: found[key] for key in ("seconds", "requests", "peak_rss_mib", "repeated", "written") if key in found}
    print(f"{name}: {shown}", flush=True)
    return ""


def _options() -> argparse.Namespace:
    def names(text: str) -> list[str]:
        return [name for name in text.split(",") if name]

    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--sizes", type=names, default=["S"], help="of S, M and L; L is measured on PostgreSQL alone")
    parser.add_argument("--databases", type=names, default=list(DATABASES))
    parser.add_argument("--latency", type=float, default=0.05, help="seconds that each answer of the tenant takes")
    parser.add_argument("--quota", type=int, default=QUOTA, help="resource units in ten seconds")
    parser.add_argument("--only", type=names, default=[], help=", ".join(module.NAME for module in MODULES))
    parser.add_argument("--write", action="store_true", help="put what has been kept into docs/performance.md")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
