"""Runs: what was read, what it changed, and what stopped it."""

from django.contrib import admin

from ..diagnosis import diagnose
from ..models import SyncRun
from .reading import ReadOnlyAdmin, state

FIGURES = ("added", "changed", "removed")


@admin.register(SyncRun)
class SyncRunAdmin(ReadOnlyAdmin):
    list_display = (
        "created_at",
        "connection",
        "kind",
        "trigger",
        "standing",
        "duration",
        *("added", "changed", "removed"),
    )
    list_filter = ("state", "kind", "trigger", "created_at")
    list_select_related = ("connection",)
    search_fields = ("connection__name", "connection__tenant_id", "problem", "request_id")
    date_hierarchy = None
    fields = (
        *("connection", "standing", "diagnosis", "request_id", "kind", "trigger"),
        ("created_at", "started_at", "finished_at", "duration"),
        ("stage", "attempt", "heartbeat_at"),
        ("requests", "pages"),
        ("users", "groups", "contacts", "memberships"),
        ("added", "changed", "removed", "held"),
        "peak_rss_mib",
    )
    readonly_fields = ("standing", "duration", "diagnosis")

    @admin.display(description="state", ordering="state")
    def standing(self, run: SyncRun) -> str:
        return state(run.state, run.get_state_display())

    @admin.display(description="took")
    def duration(self, run: SyncRun) -> str:
        return f"{run.seconds:,.1f} s" if run.started_at else "–"

    @admin.display(description="problem")
    def diagnosis(self, run: SyncRun) -> str:
        if not run.problem:
            return "None"
        found = diagnose(run.problem, run.problem_subject)
        return f"{found.title}. {found.what} {found.cure}"
