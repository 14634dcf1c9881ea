"""Charts in Mermaid, which GitHub draws."""

from benchmarks.figures import USUAL_MS, VENDORS, Results, of


def first(results: Results) -> str:
    """First syncs and readers, a chart for each size."""
    return "\n\n".join(chart for size in "SML" if (chart := _first(results, size)))


def _first(results: Results, size: str) -> str:
    readers = {"plain": "plain script", "fast": "fast reader"}
    bars = [
        (words, min(result["figures"]["seconds"] for result in found))
        for name, words in readers.items()
        if (found := of(results, name, size=size, latency_ms=USUAL_MS))
    ]
    bars += [
        (f"ours, {VENDORS[result['database']]}", result["figures"]["seconds"])
        for result in of(results, "first", size=size, latency_ms=USUAL_MS)
    ]
    return _bars(f"First sync at {size}, {USUAL_MS} ms: seconds", bars) if len(bars) > 1 else ""


def growth(results: Results) -> str:
    """Nights at every size on PostgreSQL: with as many changes everywhere, and with a thousandth."""
    same = {result["size"]: result["figures"]["seconds"] for result in _on_postgresql(results, "same")}
    share = {result["size"]: result["figures"]["seconds"] for result in _on_postgresql(results, "changed")}
    sizes = [size for size in "SML" if size in same and size in share]
    if len(sizes) < 2:
        return ""
    bars = [(f"{size}, 110 changes", same[size]) for size in sizes]
    bars += [(f"{size}, 0.1 %", share[size]) for size in sizes]
    return _bars("A night on PostgreSQL: seconds", bars)


def _on_postgresql(results: Results, scenario: str) -> Results:
    return of(results, scenario, database="postgresql", latency_ms=USUAL_MS)


def _bars(title: str, bars: list[tuple[str, float]]) -> str:
    names = ", ".join(f'"{name}"' for name, _ in bars)
    values = ", ".join(f"{value:.2f}" for _, value in bars)
    return (
        f'```mermaid\nxychart-beta horizontal\n    title "{title}"\n    x-axis [{names}]\n'
        f'    y-axis "seconds" 0 --> {1.05 * max(value for _, value in bars):.1f}\n    bar [{values}]\n```'
    )
