"""Figures into docs/performance.md: what stands between `<!-- NAME -->` and `<!-- /NAME -->` is written anew."""

import re
from collections.abc import Callable

from benchmarks import charts, tables
from benchmarks.figures import Results, of
from benchmarks.scenarios import MODULES
from benchmarks.tenant import ROOT

PAGE = ROOT / "docs" / "performance.md"
PARTS: dict[str, Callable[[Results], str]] = {
    "machine": tables.machine,
    "marks": tables.marks,
    "first": tables.first,
    "first chart": charts.first,
    "quiet": tables.quiet,
    "changed": tables.changed,
    "growth": tables.growth,
    "growth chart": charts.growth,
    "memory": tables.memory,
    "kill": tables.kill,
    "tenant": tables.tenant,
    "profile": tables.profile,
}


def write(results: Results) -> None:
    """Fill every part that the page has; prose between them is left alone. A part without figures stays as it is."""
    contents = {name: part(results) for name, part in PARTS.items()} | {
        module.NAME: module.table([result | result["figures"] for result in of(results, module.NAME)])
        for module in MODULES
        if hasattr(module, "table") and of(results, module.NAME)
    }
    text = PAGE.read_text()
    for name, content in contents.items():
        if content.strip():
            text = fill(text, name, content.strip())
    PAGE.write_text(text)


def fill(text: str, name: str, content: str) -> str:
    """The page with this part replaced."""
    marks = re.compile(rf"(<!-- {re.escape(name)} -->\n).*?(<!-- /{re.escape(name)} -->)", re.DOTALL)
    return marks.sub(lambda found: f"{found[1]}\n{content}\n\n{found[2]}", text)
