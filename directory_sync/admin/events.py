"""The activity log: read, filtered, exported; written by acts alone."""

import csv
import json
from collections.abc import Iterator

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, StreamingHttpResponse
from django.urls import path
from django.utils import timezone

from ..models import Event
from .reading import ReadOnlyAdmin

COLUMNS = ("at", "actor", "verb", "connection", "organization", "subject", "facts")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would work out (OWASP, "CSV Injection")


class Line:
    """A file that hands back what is written to it, so that a long log is never in memory."""

    def write(self, text: str) -> str:
        return text


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ("at", "who", "verb", "connection", "organization", "subject")
    list_filter = ("verb", "at", "connection")
    list_select_related = ("connection", "organization")
    search_fields = ("actor_label", "verb", "subject", "connection__name", "organization__name")
    fields = ("at", "who", "verb", "connection", "organization", "subject", "facts")
    readonly_fields = ("who",)
    change_list_template = "admin/directory_sync/event/change_list.html"

    @admin.display(description="who", ordering="actor_label")
    def who(self, event: Event) -> str:
        return event.actor_label

    def get_urls(self) -> list:
        export = path("export/", self.admin_site.admin_view(self.export), name="directory_sync_event_export")
        return [export, *super().get_urls()]

    def export(self, request: HttpRequest) -> StreamingHttpResponse:
        """What the list shows with these filters, as CSV."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        events = self.get_changelist_instance(request).get_queryset(request)
        response = StreamingHttpResponse(csv_lines(events), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="activity-{timezone.localdate()}.csv"'
        return response


def csv_lines(events) -> Iterator[str]:
    """One line per event, beginning with the columns' names; no cell is a formula to a spreadsheet."""
    writer = csv.writer(Line())
    yield writer.writerow(COLUMNS)
    for event in events.select_related("connection", "organization").iterator(chunk_size=500):
        row = (
            event.at.isoformat(),
            event.actor_label,
            event.verb,
            event.connection or "",
            event.organization or "",
            event.subject,
            json.dumps(event.facts, ensure_ascii=False) if event.facts else "",
        )
        yield writer.writerow([harmless(str(cell)) for cell in row])


def harmless(cell: str) -> str:
    """The cell, with an apostrophe before whatever would make it a formula."""
    return f"'{cell}" if cell.lstrip(" \n").startswith(FORMULA_STARTS) else cell
