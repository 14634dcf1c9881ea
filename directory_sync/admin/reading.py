"""What is read in admin and never written there: facts from Entra, runs, the log."""

import re
from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ..paging import LeanPaginator

PART_OF_ID = re.compile(r"[0-9a-fA-F-]{4,36}")


class LeanChangeList(ChangeList):
    """Takes its rows from the paginator even where all fit on one page, so that a search is not done twice."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not self.show_all:
            self.result_list = self.paginator.page(self.page_num).object_list


class ReadOnlyAdmin(admin.ModelAdmin):
    """View only, whatever permissions somebody holds; a superuser too."""

    actions = None
    paginator = LeanPaginator
    show_full_result_count = False
    list_per_page = 50
    change_form_template = "admin/directory_sync/reading.html"

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        return LeanChangeList

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        title = str(self.opts.verbose_name_plural).capitalize()
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def change_view(self, request: HttpRequest, object_id, form_url="", extra_context=None) -> HttpResponse:
        shown = self.get_object(request, object_id) if self.has_view_permission(request) else None
        own = {"title": str(shown), "subtitle": None, **self.page_context(shown)} if shown else {}
        return super().change_view(request, object_id, form_url, {**own, **(extra_context or {})})

    def page_context(self, shown: Any) -> dict[str, Any]:
        """What the page of one object shows beyond its fields."""
        return {}

    def has_add_permission(self, request: HttpRequest, *args) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, *args) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, *args) -> bool:
        return False


def names_and(id_field: str, fields: Sequence[str], query: str) -> list[str]:
    """The fields to search for the words of `query`: the id only for what can be part of one, since each costs time."""
    return [*fields, id_field] if any(PART_OF_ID.fullmatch(word) for word in query.split()) else [*fields]


def state(name: str, word: str) -> SafeString:
    """A state as icon and word; `name` is one of those that the style sheet knows."""
    return format_html('<span class="state state-{}">{}</span>', name, word)


def actor(request: HttpRequest) -> dict:
    """Who acts, as the domain functions take it."""
    user = request.user
    return {"by": getattr(user, "email", "") or user.get_username(), "user": user}
