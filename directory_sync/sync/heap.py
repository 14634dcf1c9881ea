"""Memory that threads use after each other."""

import ctypes
import sys
from functools import cache

M_ARENA_MAX = -8  # mallopt(3)


@cache
def share() -> None:
    """Have the threads of this process share one heap, where the C library is glibc.

    It gives each thread one of its own, and what a page has taken in one heap is of no use to the page that another
    thread reads. Python lets one thread at a time ask for memory anyway.
    """
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):
        libc.mallopt(M_ARENA_MAX, 1)
