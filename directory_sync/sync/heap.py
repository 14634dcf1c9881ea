"""Memory that threads use after each other."""

import ctypes
import sys
from functools import cache

M_ARENA_MAX = -8  # mallopt(3)


@cache
def share() -> None:
    """Have new threads share one heap, where the C library is glibc.

    It would give each one of its own, and what a page has taken in one heap is of no use to the page that another
    thread reads. Most memory is asked for under Python's lock, so threads seldom wait for each other here.
    """
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):
        libc.mallopt(M_ARENA_MAX, 1)
