"""What Microsoft lets an app ask of a tenant in ten seconds, kept to by all threads together."""

import threading
import time

WINDOW = 10.0  # seconds (throttling-limits)


LATE = (
    0.03  # of the limit: our bucket starts to fill up a moment before Microsoft's, which sees our first request later
)
KEPT_BACK = 100  # units for requests that are urgent


class Pace:
    """A bucket of resource units like Microsoft's own: nothing is refused that need not be asked in vain."""

    def __init__(self, units: int) -> None:
        self._rate = units / WINDOW
        self._most = self._units = units * (1 - LATE)
        self._since = time.monotonic()
        self._lock = threading.Lock()
        self.refused = 0

    def take(self, units: int, *, urgent: bool = False) -> None:
        """Wait until so many units are there. Urgent requests, on which all else waits, pass by the others."""
        while wait := self._wait(units, 0 if urgent else KEPT_BACK):
            time.sleep(wait)

    def _wait(self, units: int, left_over: int) -> float:
        """Take the units, or tell in how many seconds to ask again."""
        with self._lock:
            now = time.monotonic()
            self._units = min(self._most, self._units + (now - self._since) * self._rate)
            self._since = now
            missing = units + left_over - self._units
            if missing <= 0:
                self._units -= units
            return max(0.0, missing / self._rate)

    def hold(self, seconds: float) -> None:
        """Somebody was refused and told to come back so much later: that goes for everybody."""
        with self._lock:
            self.refused += 1
            self._units = min(self._units, -seconds * self._rate)
            self._since = time.monotonic()
