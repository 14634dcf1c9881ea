"""The tables of docs/performance.md: target, measured, ratio, met or not."""

from typing import Any

from benchmarks.figures import USUAL_MS, VENDORS, Results, mark, met, of, place, seconds, table

TIMES_FAST = {"S": 1.5, "M": 1.2}
PART_OF_PLAIN = {"S": 1 / 10}
QUIET_REQUESTS, QUIET_LATENCIES, QUIET_EXTRA = 4, 3, 0.3
PART_OF_FIRST = {"M": 1 / 20}
MEMORY = {"M": 400.0, "L": 1.5 * 400.0}  # MiB
SCENARIOS = {
    "first": "first sync",
    "fast": "fast reader",
    "plain": "plain script",
    "quiet": "quiet night",
    "changed": "0.1 % changed",
    "same": "110 changes",
}


def machine(results: Results) -> str:
    """What all of it ran on."""
    if not results:
        return ""
    of_it = results[-1]["machine"]
    databases = sorted({result["database_version"] for result in results if result["database_version"]})
    return (
        f"{of_it['cores']} cores ({of_it['processor']}), {of_it['memory_gib']} GiB of memory, "
        f"Python {of_it['python']}, {' and '.join(databases)}."
    )


def first(results: Results) -> str:
    """First syncs against both readers."""
    rows = [_first_row(results, result) for result in of(results, "first")]
    heads = ("Size", "Database", "Latency", "First sync", "Fast reader", "Times the fast one", "Target", "")
    plain = [row for result in of(results, "first") if (row := _plain_row(results, result))]
    plain_heads = ("Size", "Database", "Latency", "First sync", "Plain script", "Part of it", "Target", "")
    return f"{table(heads, rows)}\n\n{table(plain_heads, plain)}"


def _first_row(results: Results, result: dict[str, Any]) -> tuple[Any, ...]:
    ours, fast = result["figures"]["seconds"], mark(results, "fast", result)
    target = TIMES_FAST.get(result["size"])
    if fast is None:
        return (*place(result), seconds(ours), "", "", "", "")
    times = ours / fast["seconds"]
    told = ("", "") if target is None else (f"{target} times", met(holds=times <= target))
    return (*place(result), seconds(ours), seconds(fast["seconds"]), f"{times:.2f}", *told)


def _plain_row(results: Results, result: dict[str, Any]) -> tuple[Any, ...] | None:
    plain, target = mark(results, "plain", result), PART_OF_PLAIN.get(result["size"])
    if plain is None or target is None:
        return None
    part = result["figures"]["seconds"] / plain["seconds"]
    shown = f"1/{1 / part:.0f}"
    return (
        *place(result),
        seconds(result["figures"]["seconds"]),
        seconds(plain["seconds"]),
        shown,
        f"1/{1 / target:.0f}",
        met(holds=part <= target),
    )


def quiet(results: Results) -> str:
    """Nights in which nothing has changed."""
    heads = ("Size", "Database", "Latency", "Night", "Target", "", "Requests", "Target", "", "Rows written", "")
    return table(heads, [_quiet_row(result) for result in of(results, "quiet")])


def _quiet_row(result: dict[str, Any]) -> tuple[Any, ...]:
    figures = result["figures"]
    allowed = QUIET_LATENCIES * result["latency_ms"] / 1000 + QUIET_EXTRA
    written = sum(figures["written"].values())
    return (
        *place(result),
        seconds(figures["seconds"]),
        seconds(allowed),
        met(holds=figures["seconds"] <= allowed),
        figures["requests"],
        QUIET_REQUESTS,
        met(holds=figures["requests"] <= QUIET_REQUESTS),
        written,
        met(holds=not written),
    )


def changed(results: Results) -> str:
    """Nights after 0.1 % has changed, beside the first sync."""
    rows = []
    for result in of(results, "changed"):
        found = of(results, "first", **{name: result[name] for name in ("size", "database", "latency_ms")})
        if found:
            part = result["figures"]["seconds"] / found[0]["figures"]["seconds"]
            target = PART_OF_FIRST.get(result["size"])
            told = ("", "") if target is None else (f"1/{1 / target:.0f}", met(holds=part <= target))
            times = (seconds(result["figures"]["seconds"]), seconds(found[0]["figures"]["seconds"]))
            rows.append((*place(result), *times, f"1/{1 / part:.0f}", *told, _written(result)))
    heads = ("Size", "Database", "Latency", "Night", "First sync", "Part of it", "Target", "", "Rows written")
    return table(heads, rows)


def _written(result: dict[str, Any]) -> str:
    written = {name: number for name, number in result["figures"]["written"].items() if number}
    return ", ".join(f"{name} {number:,.0f}" for name, number in sorted(written.items())) or "none"


def growth(results: Results) -> str:
    """The same number of changes at every size, beside a thousandth of each."""
    rows = []
    for result in of(results, "same", latency_ms=USUAL_MS):
        facts = {name: result[name] for name in ("size", "database", "latency_ms")}
        share = [other["figures"]["seconds"] for other in of(results, "changed", **facts)]
        nothing = [other["figures"]["seconds"] for other in of(results, "quiet", **facts)]
        same = result["figures"]["seconds"]
        rows.append((*place(result), *(seconds(value[0]) if value else "" for value in (nothing, [same], share))))
    return table(("Size", "Database", "Latency", "Nothing changed", "110 changes", "0.1 % changed"), rows)


def memory(results: Results) -> str:
    """The most that a worker held during a first sync."""
    of_m = {result["database"]: result["figures"]["peak_rss_mib"] for result in _usual(results, "first", "M")}
    rows = []
    for result in of(results, "first", latency_ms=USUAL_MS):
        size, peak = result["size"], result["figures"]["peak_rss_mib"]
        allowed, at_m = MEMORY.get(size), of_m.get(result["database"])
        told = ("", "") if allowed is None else (f"{allowed:.0f} MiB", met(holds=peak <= allowed))
        times = f"{peak / at_m:.1f}" if at_m else ""
        rows.append((size, VENDORS[result["database"]], f"{peak:.0f} MiB", *told, times))
    return table(("Size", "Database", "Worker, first sync", "Target", "", "Times its own M"), rows)


def _usual(results: Results, scenario: str, size: str) -> Results:
    return of(results, scenario, size=size, latency_ms=USUAL_MS)


def kill(results: Results) -> str:
    """What was asked for again after a SIGKILL."""
    rows = [
        (
            *place(result),
            *(one[name] for name in ("stage", "before", "after", "on_their_way", "repeated")),
            met(holds=one["repeated"] <= one["on_their_way"]),
        )
        for result in of(results, "kill")
        for one in result["figures"]["kills"]
    ]
    heads = (
        "Size",
        "Database",
        "Latency",
        "Killed while",
        "Reads before",
        "Reads after",
        "On their way",
        "Asked again",
        "",
    )
    return table(heads, rows)


def tenant(results: Results) -> str:
    """How much of the machine the make-believe tenant took: what it takes, nobody else has."""
    rows = []
    for name, words in SCENARIOS.items():
        for result in of(results, name, latency_ms=USUAL_MS):
            used = result["figures"]["tenant"]
            ours = result["figures"].get("cpu_seconds")
            shown = "" if ours is None else seconds(ours)
            rows.append(
                (
                    words,
                    result["size"],
                    VENDORS[result["database"]],
                    f"{used['share']:.0%}",
                    seconds(used["cpu_seconds"]),
                    shown,
                )
            )
    heads = ("Scenario", "Size", "Database", "Tenant's share of all cores", "Its CPU", "CPU of the process")
    return table(heads, rows)


def profile(results: Results) -> str:
    """Where a first sync's time goes, by stage and by module."""
    shown = []
    for result in of(results, "profile"):
        figures = result["figures"]
        title = f"{' · '.join(place(result))}, {seconds(figures['seconds'])}:"
        stages = table(("Main thread", "Share"), [(name, f"{share:.0%}") for name, share in figures["stages"]])
        modules = table(
            ("Module at work", "Share"), [(f"`{name}`", f"{share:.0%}") for name, share in figures["modules"]]
        )
        shown.append(f"{title}\n\n{stages}\n\n{modules}")
    return "\n\n".join(shown)


def marks(results: Results) -> str:
    """What the readers did, so that one can judge them."""
    rows = [
        (
            SCENARIOS[name],
            result["size"],
            VENDORS[result["database"]],
            f"{result['latency_ms']} ms",
            seconds(result["figures"]["seconds"]),
            f"{result['figures']['requests']:,}",
            result["figures"].get("refused", 0),
            f"{result['figures']['links']:,}",
        )
        for name in ("plain", "fast")
        for result in of(results, name)
    ]
    return table(("Reader", "Size", "Beside", "Latency", "Time", "HTTP requests", "Refused", "Links counted"), rows)
