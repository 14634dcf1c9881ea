"""The few `$filter` expressions the plain reads understand."""

import re
from collections.abc import Callable, Iterable, Iterator

from demo.tenant.messages import GraphError
from demo.tenant.store import Entry, Store

EQUALS = re.compile(r"(\w+) eq (?:'((?:[^']|'')*)'|(true|false))", re.IGNORECASE)
STARTS = re.compile(r"startswith\((\w+),\s*'((?:[^']|'')*)'\)", re.IGNORECASE)
AMONG = re.compile(r"id in \(([^)]*)\)", re.IGNORECASE)


def matching(store: Store, ids: Iterable[str], text: str) -> Iterator[str]:
    """The ids whose objects satisfy a filter: `a eq 'x'`, `startswith(a,'x')`, `id in (…)`, joined by `or`.

    Anything else is refused with 400 Request_UnsupportedQuery.
    """
    if not text:
        yield from ids
        return
    tests = [_test(part.strip()) for part in re.split(r"\s+or\s+", text)]
    for entry_id in ids:
        entry = store.entry(entry_id)
        if any(test(entry) for test in tests):
            yield entry_id


def _test(text: str) -> Callable[[Entry], bool]:
    if found := EQUALS.fullmatch(text):
        name, value, boolean = found.groups()
        if boolean:
            return lambda entry: entry.properties.get(name) is (boolean.lower() == "true")
        wanted = value.replace("''", "'").casefold()
        return lambda entry: _text(entry, name) == wanted
    if found := STARTS.fullmatch(text):
        name, start = found[1], found[2].replace("''", "'").casefold()
        return lambda entry: _text(entry, name).startswith(start)
    if found := AMONG.fullmatch(text):
        ids = {part.strip().strip("'").lower() for part in found[1].split(",")}
        return lambda entry: entry.id in ids
    raise GraphError(400, "Request_UnsupportedQuery", "Unsupported or invalid query filter clause specified.")


def _text(entry: Entry, name: str) -> str:
    value = entry.id if name == "id" else entry.properties.get(name)
    return str(value or "").casefold()
