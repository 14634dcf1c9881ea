"""Finding figures among results, and writing them for people."""

from collections.abc import Iterable, Sequence
from typing import Any

Results = list[dict[str, Any]]
USUAL_MS = 50
VENDORS = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "": ""}


def of(results: Results, scenario: str, **wanted: Any) -> Results:
    """Results of a scenario whose facts are as wanted."""
    return [
        result
        for result in results
        if result["scenario"] == scenario and all(result[name] == value for name, value in wanted.items())
    ]


def mark(results: Results, scenario: str, result: dict[str, Any]) -> dict[str, Any] | None:
    """The figures of a reader at the size and latency of `result`: those measured beside it, if there are such."""
    found = of(results, scenario, size=result["size"], latency_ms=result["latency_ms"])
    beside = [other for other in found if other["database"] == result["database"]]
    return (beside or found)[0]["figures"] if found else None


def table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A Markdown table; empty without rows."""
    lines = [f"| {' | '.join(str(cell) for cell in row)} |" for row in rows]
    if not lines:
        return ""
    return "\n".join([f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}", *lines])


def place(result: dict[str, Any]) -> tuple[str, str, str]:
    """Size, database and latency: the first cells of most rows."""
    return result["size"], VENDORS[result["database"]], f"{result['latency_ms']} ms"


def seconds(value: float) -> str:
    """Three digits, as far as they mean something."""
    return f"{value:,.0f} s" if value >= 100 else f"{value:.1f} s" if value >= 10 else f"{value:.2f} s"


def met(*, holds: bool) -> str:
    return "met" if holds else "**not met**"
