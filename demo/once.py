"""Do a journey step by step, and tell how each went."""

import subprocess
import time
from collections.abc import Callable
from typing import Any

from .browser import PageMissing
from .journey import Journey, Wrong
from .processes import ChildEnded, TookTooLong
from .remote import TenantSilent
from .stage import Stage

# What a step can come to; anything else is a defect of the demo, and ends it as one.
FAILURES = (Wrong, PageMissing, ChildEnded, TookTooLong, TenantSilent, OSError, subprocess.SubprocessError)


def go(stage: Stage, password: str, say: Callable[[str], object], spoil: str = "") -> dict[str, Any]:
    """`ok`, `failed` (the step's name or None), `seconds`, `steps` (name, ok, seconds, detail) and `groups`.

    The first step that fails is the last one done.
    """
    begun = time.monotonic()
    journey = Journey(stage, password, spoil)
    steps = []
    for name, step in journey.steps():
        start = time.monotonic()
        ok, detail = _try(step)
        took = round(time.monotonic() - start, 1)
        steps.append({"name": name, "ok": ok, "seconds": took, "detail": detail})
        say(f"{'ok    ' if ok else 'FAILED'} {took:5.1f} s  {name:<20} {detail}")
        if not ok:
            break
    failed = next((step["name"] for step in steps if not step["ok"]), None)
    seconds = round(time.monotonic() - begun, 1)
    return {"ok": failed is None, "failed": failed, "seconds": seconds, "steps": steps, "groups": journey.groups}


def _try(step: Callable[[], str | None]) -> tuple[bool, str]:
    try:
        return True, step() or ""
    except FAILURES as error:
        return False, str(error)
