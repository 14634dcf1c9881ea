"""What is measured. One tenant and one first sync serve many, so those that change the tenant come last."""

from typing import Any

from benchmarks import customers, doors, first, kills, nights, profile, readers

MODULES: list[Any] = [
    first,
    readers.FAST,
    readers.PLAIN,
    profile,
    kills,
    nights.QUIET,
    nights.CHANGED,
    nights.SAME,
    doors,
    customers,
]
