"""A run in figures, as commands and pages tell it."""

from typing import Any

from django.db.models import Count

from ..models import SyncRun

FIGURES = ("requests", "pages", "users", "groups", "contacts", "memberships", "added", "changed", "removed", "held")


def report(run: SyncRun) -> dict[str, Any]:
    """The contract of `sync_directory --json`: what was read and changed; `seconds` since the run began."""
    by_status = run.connection.groups.order_by().values("status").annotate(found=Count("pk"))
    return {
        "connection": str(run.connection_id),
        "run": str(run.pk),
        "kind": run.kind,
        "state": run.state,
        **{name: getattr(run, name) for name in FIGURES},
        "problem": run.problem,
        "seconds": round(run.seconds, 3),
        "peak_rss_mib": run.peak_rss_mib,
        "groups_by_status": dict(by_status.values_list("status", "found")),
    }
