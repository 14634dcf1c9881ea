"""Connections: the list with its worklists, and one page that says how each stands and what can be done."""

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from .. import connections, sharing
from ..connections import ConnectionRefused
from ..models import Access, Connection
from ..tasks import dispatch
from .acts import ACTS, GRANT_ACTS, STARTS_A_RUN
from .health import WORKLISTS, health, with_standing
from .options import OptionsForm
from .overview import overview, progress
from .reading import ReadOnlyAdmin, actor, state
from .sharing import SHARE, AccessForm, ShareForm

OPERATE = "directory_sync.change_connection"


def is_id(text: str) -> bool:
    """Whether this can be a row's number; Python refuses to make numbers of thousands of digits."""
    return text.isdecimal() and len(text) < 19


class WorklistFilter(admin.SimpleListFilter):
    title = "worklist"
    parameter_name = "worklist"

    def lookups(self, request: HttpRequest, model_admin) -> list[tuple[str, str]]:
        return [(worklist.name, worklist.title) for worklist in WORKLISTS]

    def queryset(self, request: HttpRequest, queryset):
        chosen = next((worklist for worklist in WORKLISTS if worklist.name == self.value()), None)
        return queryset.filter(pk__in=chosen.connections().order_by().values("pk")) if chosen else queryset


@admin.register(Connection)
class ConnectionAdmin(ReadOnlyAdmin):
    list_display = ("shown_name", "serves", "standing", "synced", "next_run", "secret_expires")
    list_filter = (WorklistFilter, "state", "cloud", "scope", "cadence")
    search_fields = (
        *("name", "tenant_id", "client_id", "owner_name", "owner_email"),
        "accesses__organization__name",
    )

    def get_queryset(self, request: HttpRequest):
        return with_standing(super().get_queryset(request)).prefetch_related("accesses__organization")

    @admin.display(description="directory", ordering="name")
    def shown_name(self, connection: Connection) -> str:
        return str(connection)

    @admin.display(description="organizations")
    def serves(self, connection: Connection) -> str:
        return ", ".join(access.organization.name for access in connection.accesses.all())

    @admin.display(description="health")
    def standing(self, connection: Connection) -> str:
        return state(*health(connection))

    @admin.display(description="last synced", ordering="synced_at")
    def synced(self, connection: Connection):
        return connection.synced_at or "Never"

    @admin.display(description="next run", ordering="due_at")
    def next_run(self, connection: Connection):
        if connection.state in (Connection.State.PAUSED, Connection.State.DISCONNECTED) or not connection.due_at:
            return "–"
        return "Due now" if connection.due_at <= timezone.now() else connection.due_at

    @admin.display(description="secret expires", ordering="secret_expires_on")
    def secret_expires(self, connection: Any):
        return connection.secret_expires_on or "Not told"

    def get_urls(self) -> list:
        def door(route: str, view, name: str):
            address = f"directory_sync_connection_{name}"
            return path(f"<uuid:pk>/{route}", self.admin_site.admin_view(view), name=address)

        return [
            door("act/<slug:act>/", require_POST(self.act), "act"),
            door("attributes/", require_POST(self.decide), "decide"),
            door("progress/", require_safe(self.progress), "progress"),
            door("options/", self.options, "options"),
            door("disconnect/", self.disconnect, "disconnect"),
            door("organizations/add/", self.share, "share"),
            door("organizations/<int:access>/", self.access, "access"),
            *super().get_urls(),
        ]

    def change_view(self, request: HttpRequest, object_id, form_url="", extra_context=None) -> HttpResponse:
        """The connection's own page in place of Django's form."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        connection = self.get_object(request, object_id)
        if connection is None:
            raise Http404
        return self._page(request, connection, "overview", str(connection), **overview(connection, request.user))

    def progress(self, request: HttpRequest, pk) -> HttpResponse:
        """The run under way, as a piece of the page that renews itself while it lasts."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = progress(get_object_or_404(self.get_queryset(request), pk=pk))
        return render(request, "admin/directory_sync/connection/_progress.html", context)

    def act(self, request: HttpRequest, pk, act: str) -> HttpResponse:
        """One of the buttons; pressed twice it says that nothing was left to do."""
        connection = self._operable(request, pk)
        if act not in ACTS:
            raise Http404
        do, done, idle = ACTS[act]
        try:
            happened = do(connection, **actor(request))
        except ConnectionRefused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return self._back(connection)
        if happened and act in STARTS_A_RUN:
            dispatch()
        self._tell(request, done if happened else "", idle)
        return self._back(connection)

    def decide(self, request: HttpRequest, pk) -> HttpResponse:
        """Approve, decline or withdraw one attribute of one organization."""
        connection = get_object_or_404(Connection, pk=pk)
        decision = request.POST.get("decision", "")
        if decision not in GRANT_ACTS:
            raise Http404
        permission, do, done = GRANT_ACTS[decision]
        if not request.user.has_perm(permission):
            raise PermissionDenied
        access_id = request.POST.get("access", "")
        access = get_object_or_404(Access, connection=connection, pk=access_id if is_id(access_id) else None)
        attribute = request.POST.get("attribute", "")
        try:
            decided = do(access, attribute, **actor(request))
        except ConnectionRefused as refusal:
            raise Http404 from refusal
        self._tell(request, done.format(attribute=attribute) if decided else "", "That had been decided already.")
        return self._back(connection)

    def options(self, request: HttpRequest, pk) -> HttpResponse:
        connection = self._operable(request, pk)
        form = OptionsForm(request.POST or None, initial=OptionsForm.of(connection))
        if request.method == "POST" and form.is_valid():
            try:
                changed = connections.change_options(connection, form.options(), **actor(request))
            except ConnectionRefused as refusal:
                form.add_error("scope_group_ids", str(refusal))
            else:
                self._tell(request, f"{len(changed)} changed." if changed else "", "Nothing was changed.")
                return self._back(connection)
        return self._page(request, connection, "options", "Edit options", form=form, button="Save the options")

    def share(self, request: HttpRequest, pk) -> HttpResponse:
        """Let another organization use the connection."""
        connection = self._operable(request, pk, SHARE)
        form = ShareForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            asked = form.asked()
            act = partial(sharing.add_organization, connection, asked.pop("organization"), **asked)
            if self._share(request, form, act, "It uses this directory from now on.", "It did already."):
                return self._back(connection)
        title = "Add an organization"
        return self._page(request, connection, "form", title, form=form, button="Add the organization")

    def access(self, request: HttpRequest, pk, access: int) -> HttpResponse:
        """Change which groups one organization sees."""
        connection = self._operable(request, pk, SHARE)
        theirs = get_object_or_404(Access.objects.select_related("organization"), connection=connection, pk=access)
        form = AccessForm(request.POST or None, initial=AccessForm.of(theirs))
        if request.method == "POST" and form.is_valid():
            act = partial(sharing.change_access, theirs, **form.asked())
            if self._share(request, form, act, "Changed, from now on.", "Nothing was changed."):
                return self._back(connection)
        title = f"What {theirs.organization} sees"
        return self._page(request, connection, "form", title, form=form, button="Save")

    def _share(self, request: HttpRequest, form: AccessForm, act, done: str, idle: str) -> bool:
        """Whether the act was allowed; why it was not stands on the form."""
        try:
            happened = act(**actor(request))
        except ConnectionRefused as refusal:
            form.add_error(None, str(refusal))
            return False
        self._tell(request, done if happened else "", idle)
        return True

    def disconnect(self, request: HttpRequest, pk) -> HttpResponse:
        connection = self._operable(request, pk)
        if request.method == "POST":
            done = connections.disconnect(connection, **actor(request))
            self._tell(request, "Disconnected; the secret is deleted." if done else "", "It was disconnected already.")
            return self._back(connection)
        return self._page(request, connection, "disconnect", "Disconnect", recipients=connection.recipients.count())

    def _operable(self, request: HttpRequest, pk, permission: str = OPERATE) -> Connection:
        if not request.user.has_perm(permission):
            raise PermissionDenied
        return get_object_or_404(Connection, pk=pk)

    def _tell(self, request: HttpRequest, done: str, idle: str) -> None:
        self.message_user(request, done or idle, messages.SUCCESS if done else messages.INFO)

    def _back(self, connection: Connection) -> HttpResponse:
        return redirect(reverse("admin:directory_sync_connection_change", args=[connection.pk]))

    def _page(
        self, request: HttpRequest, connection: Connection, template: str, title: str, /, **context
    ) -> HttpResponse:
        room = "" if template == "form" else "connection/"
        context |= {"title": title, "opts": self.opts, "original": connection}
        context |= self.admin_site.each_context(request)
        return render(request, f"admin/directory_sync/{room}{template}.html", context)
