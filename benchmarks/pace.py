"""What Microsoft lets an app ask of a tenant in ten seconds, kept to by all threads together."""

import threading
import time

WINDOW = 10.0  # seconds (throttling-limits)


class Pace:
    """A bucket of resource units like Microsoft's own: nothing is refused that need not be asked in vain."""

    def __init__(self, units: int) -> None:
        self._limit = self._units = float(units)
        self._since = time.monotonic()
        self._lock = threading.Lock()
        self.refused = 0

    def take(self, units: int) -> None:
        """Wait until so many units are there, in the order of asking."""
        with self._lock:
            now = time.monotonic()
            self._units = min(self._limit, self._units + (now - self._since) * self._limit / WINDOW) - units
            self._since = now
            wait = -self._units * WINDOW / self._limit
        if wait > 0:
            time.sleep(wait)

    def hold(self, seconds: float) -> None:
        """Somebody was refused and told to come back so much later: that goes for everybody."""
        with self._lock:
            self.refused += 1
            self._units = min(self._units, -seconds * self._limit / WINDOW)
            self._since = time.monotonic()
