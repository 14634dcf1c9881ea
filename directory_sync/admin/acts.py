"""The buttons of a connection's page: the domain function behind each, and what is said when it did something."""

from collections.abc import Callable
from functools import partial

from .. import connections, grants
from . import checks

# name → (function, what is said when it happened, and when there was nothing to do)
ACTS: dict[str, tuple[Callable[..., bool], str, str]] = {
    "check": (checks.ask, "The checks are under way; reload in a few seconds.", "A check was asked for a moment ago."),
    "sync": (connections.request_sync, "A sync is about to start.", "A connection in this state can't sync."),
    "full": (
        partial(connections.request_sync, full=True),
        "A full resync is about to start; it reads everything anew.",
        "A connection in this state can't sync.",
    ),
    "pause": (connections.pause, "Paused. Nothing syncs until it is resumed.", "It was not running."),
    "resume": (connections.resume, "Resumed; a sync is about to start.", "It was not paused."),
}
STARTS_A_RUN = {"sync", "full", "resume"}
# decision → (permission, function, what is said)
GRANT_ACTS: dict[str, tuple[str, Callable[..., bool], str]] = {
    "approve": ("directory_sync.add_attributegrant", grants.approve, "{attribute} is approved from the next sync on."),
    "decline": ("directory_sync.change_attributegrant", grants.decline, "{attribute} is declined."),
    "withdraw": (
        "directory_sync.change_attributegrant",
        grants.withdraw,
        "{attribute} is withdrawn; values that no other organization may have are deleted.",
    ),
}
