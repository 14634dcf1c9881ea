"""Figures of scenarios as files, so that scenarios can be run one by one, and the machine that they come from."""

import os
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson

from benchmarks.stand import Stand
from benchmarks.tenant import ROOT

FOLDER = ROOT / "artefacts" / "bench"


def keep(name: str, stand: Stand, figures: dict[str, Any], *, database: str) -> None:
    """One file for each scenario, size, database ("" for none) and latency; the latest wins."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    latency = round(1000 * stand.latency)
    result = {
        "scenario": name,
        "size": stand.size,
        "database": database,
        "latency_ms": latency,
        "quota": stand.quota,
        "machine": machine(),
        "database_version": stand.database_version(),
        "figures": figures,
    }
    file = FOLDER / f"{name}-{stand.size}-{database or 'any'}-{latency}ms.json"
    file.write_bytes(orjson.dumps(result, option=orjson.OPT_INDENT_2))


def load(folder: Path = FOLDER) -> list[dict[str, Any]]:
    """All that was kept, small sizes first."""
    found = [orjson.loads(file.read_bytes()) for file in sorted(folder.glob("*.json"))]
    return sorted(found, key=lambda result: "SML".index(result["size"]))


def machine() -> dict[str, Any]:
    """What it is, not which one."""
    return {
        "cores": os.cpu_count(),
        "processor": _said("/proc/cpuinfo", "model name"),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "python": platform.python_version(),
    }


def _said(file: str, name: str) -> str:
    try:
        lines: Iterable[str] = Path(file).read_text().splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), platform.machine())
