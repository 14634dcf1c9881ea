"""Runs: what was read, what it changed, what stopped it, and the decision about one that is held."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse

from .. import holds
from ..diagnosis import diagnose
from ..models import SyncRun
from ..tasks import dispatch
from . import held, history
from .overview import progress
from .reading import ReadOnlyAdmin, actor, state

DECIDE = "directory_sync.change_syncrun"
# decision → (function, title of its page, what is said when it happened)
DECISIONS: dict[str, tuple[Callable[..., Any], str, str]] = {
    "release": (holds.release, "Release", "Released; a run that takes them away is about to start."),
    "dismiss": (holds.dismiss, "Dismiss", "Dismissed; everybody named stays."),
}
DECIDED = "There is nothing to decide here any more, or a run is under way; look at the latest run."


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
    change_form_template = "admin/directory_sync/syncrun/change_form.html"

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

    def page_context(self, shown: SyncRun) -> dict[str, Any]:
        context = {"held": held.of_run(shown), "changes": history.of_run(shown)}
        return context | (progress(shown.connection) if shown.state in SyncRun.ACTIVE else {})

    def get_urls(self) -> list:
        route, view = "<uuid:pk>/decide/<slug:decision>/", self.admin_site.admin_view(self.decide)
        return [path(route, view, name="directory_sync_syncrun_decide"), *super().get_urls()]

    def decide(self, request: HttpRequest, pk, decision: str) -> HttpResponse:
        """Release or dismiss what a run holds, after a look at who and what it is about."""
        if not request.user.has_perm(DECIDE):
            raise PermissionDenied
        if decision not in DECISIONS:
            raise Http404
        run = get_object_or_404(SyncRun.objects.select_related("connection"), pk=pk)
        found = held.of_run(run)
        if request.method == "POST" or found is None:
            self._tell(request, found is not None and self._decide(request, run, decision), decision)
            return redirect(reverse("admin:directory_sync_syncrun_change", args=[run.pk]))
        context = {"held": found, "decision": decision, "original": run, "opts": self.opts}
        context |= {"title": DECISIONS[decision][1], **self.admin_site.each_context(request)}
        return render(request, "admin/directory_sync/syncrun/decide.html", context)

    def _decide(self, request: HttpRequest, run: SyncRun, decision: str) -> bool:
        happened = bool(DECISIONS[decision][0](run, **actor(request)))
        if happened and decision == "release":
            transaction.on_commit(dispatch, robust=True)  # with the queue away the minute's dispatcher does it
        return happened

    def _tell(self, request: HttpRequest, happened: bool, decision: str) -> None:
        told = DECISIONS[decision][2] if happened else DECIDED
        self.message_user(request, told, messages.SUCCESS if happened else messages.INFO)
