"""What is read in admin and never written there: facts from Entra, runs, the log."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString


class ReadOnlyAdmin(admin.ModelAdmin):
    """View only, whatever permissions somebody holds; a superuser too."""

    actions = None
    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest, *args) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, *args) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, *args) -> bool:
        return False


def state(name: str, word: str) -> SafeString:
    """A state as icon and word; `name` is one of those that the style sheet knows."""
    return format_html('<span class="state state-{}">{}</span>', name, word)


def actor(request: HttpRequest) -> dict:
    """Who acts, as the domain functions take it."""
    user = request.user
    return {"by": getattr(user, "email", "") or user.get_username(), "user": user}
