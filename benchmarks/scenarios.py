"""What is measured. One tenant and one first sync serve many, so those that change the tenant come last."""

from benchmarks import first, kills, nights, readers

MODULES = [first, readers.FAST, readers.PLAIN, kills, nights.QUIET, nights.CHANGED, nights.SAME]
