"""Pacing: how fast many small reads may follow each other without being refused ("throttling-limits")."""

import threading
import time
from collections.abc import Callable

UNITS = 8_000.0  # resource units that an app may use in a tenant of more than 500 people …
WINDOW = 10.0  # … within these seconds
RESERVE = 500.0  # left for reads that wait for nobody, such as the pages of a delta round
PROBATION = 60.0  # seconds without a refusal after which we try to be quicker again
SPELL = 2.0  # seconds in which refusals are about the same lack
SLOWER = 0.8  # what is left of our pace after a refusal: the tenant is smaller, or shared with others


def seconds_for(units: float) -> float:
    """How long a full bucket makes us wait for so many units."""
    return max(units - UNITS, 0) * WINDOW / UNITS


class Quota:
    """A bucket that fills at the pace Microsoft allows. Refused requests count as well, so it pays not to be refused.

    `now` and `sleep` are in seconds; thread safe.
    """

    def __init__(
        self, now: Callable[[], float] = time.monotonic, sleep: Callable[[float], object] = time.sleep
    ) -> None:
        self._now, self._sleep = now, sleep
        self._lock = threading.Lock()
        self._pace = UNITS / WINDOW
        self._level, self._since = UNITS, now()
        self._paced_at = self._since - PROBATION

    def take(self, units: float) -> None:
        """Use these resource units, after waiting until they are there."""
        with self._lock:
            self._fill()
            self._level -= units
            missing = RESERVE - self._level
            pace = self._pace
        if missing > 0:
            self._sleep(missing / pace)

    def refused(self) -> None:
        """Microsoft has said 429: there is less than we thought."""
        with self._lock:
            self._fill()
            if self._level > RESERVE and self._since - self._paced_at > SPELL:
                self._pace *= SLOWER
                self._paced_at = self._since
            self._level = min(self._level, RESERVE)

    def _fill(self) -> None:
        now = self._now()
        self._level = min(UNITS, self._level + (now - self._since) * self._pace)
        self._since = now
        if now - self._paced_at > PROBATION and self._pace < UNITS / WINDOW:  # try again to be quicker
            self._pace = min(UNITS / WINDOW, self._pace / SLOWER)
            self._paced_at = now
