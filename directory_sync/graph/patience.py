"""How long we wait, within one request, for Microsoft to recover."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import TypeVar

from .errors import Unavailable

Answer = TypeVar("Answer")

FIRST_WAIT = 1.0
LONGEST_GUESS = 30.0
_dice = random.SystemRandom()


@dataclass(frozen=True)
class Patience:
    """Waits of seconds; hours belong to the schedule.

    `longest_wait` is seconds, `deadline` a reading of `time.monotonic` that no wait may pass.
    """

    attempts: int
    longest_wait: float
    deadline: float | None = None
    sleep: Callable[[float], object] = time.sleep

    def insist(self, ask: Callable[[], Answer]) -> Answer:
        """Ask until there is an answer; raise the last `Unavailable` when patience ends."""
        attempt = 1
        while True:
            try:
                return ask()
            except Unavailable as error:
                if not self.wait(attempt, error.retry_after):
                    raise
            attempt += 1

    def wait(self, attempt: int, asked_for: float | None) -> bool:
        """Wait before the next attempt; False, at once, when there should be none."""
        seconds = guess(attempt) if asked_for is None else asked_for
        too_late = self.deadline is not None and time.monotonic() + seconds > self.deadline
        if attempt >= self.attempts or seconds > self.longest_wait or too_late:
            return False
        self.sleep(seconds)
        return True


def guess(attempt: int) -> float:
    """Exponential back-off with full jitter, in seconds, for when Microsoft named no time."""
    return _dice.uniform(0, min(LONGEST_GUESS, FIRST_WAIT * 2 ** (attempt - 1)))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds from a Retry-After header, or None.

    "throttling" shows decimals (2.128); RFC 9110 allows an HTTP date as well.
    """
    text = str(headers.get("Retry-After") or "").strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        return _seconds_until(text)
    return max(0.0, seconds) if isfinite(seconds) else None


def _seconds_until(http_date: str) -> float | None:
    try:
        moment = parsedate_to_datetime(http_date)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
