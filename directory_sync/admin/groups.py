"""Groups as Entra has them, and why their numbers are what they are."""

from django.contrib import admin

from ..diagnosis import diagnose
from ..explain import explain_group, people_left_out
from ..models import Group
from ..paging import first
from . import held, history
from .overview import problem_code, subject_of
from .reading import ReadOnlyAdmin, state

SHOWN = 25

# In the order of the two sums: what Entra counts, and the people among them.
NUMBERS = {
    "entra_transitive": "Members as Entra counts them, at any depth",
    "nested_groups": "Groups inside it, which are no recipients themselves",
    "contacts_left_out": "Contacts, which this connection does not sync",
    "other_objects": "Devices, apps and other objects",
    "people": "People",
    "disabled": "Accounts that are disabled",
    "no_address": "People without an e-mail address",
    "invalid_address": "People whose address is not a valid one",
    "excluded": "People left out by a setting",
    "unread": "People whose account Entra did not let us read",
    "recipients": "Recipients",
    "duplicates": "Recipients who share their address with another",
}
SUMS = {"entra_transitive", "people", "recipients"}


@admin.register(Group)
class GroupAdmin(ReadOnlyAdmin):
    list_display = ("name", "connection", "kind", "standing", "recipients", "people", "entra_transitive")
    list_display_links = ("name",)
    list_filter = ("status", "kind", "is_dynamic", "is_hidden", "connection")
    list_select_related = ("connection",)
    search_fields = ("name", "mail", "entra_id")
    fields = (
        *("name", "connection", "entra_id", "standing", "status_at"),
        *("kind", "mail", "is_dynamic", "is_hidden", "is_on_premises"),
    )
    readonly_fields = ("standing",)
    change_form_template = "admin/directory_sync/group/change_form.html"

    @admin.display(description="status", ordering="status")
    def standing(self, group: Group) -> str:
        return state(group.status, group.get_status_display())

    def page_context(self, shown: Group) -> dict:
        return explanation(shown)


def explanation(group: Group) -> dict:
    """The group's numbers in words, its neighbours, its first people and those left out."""
    numbers = explain_group(group)
    code = problem_code(group)
    return {
        "waiting": held.count_in_group(group),
        "people_waiting": held.in_group(group),
        "changes": history.of_group(group),
        "numbers": [(words, numbers[name], name in SUMS) for name, words in NUMBERS.items()],
        "diagnosis": diagnose(code, subject_of(group)) if code else None,
        "parents": Group.objects.filter(child_links__child=group)[:SHOWN],
        "children": Group.objects.filter(parent_links__parent=group)[:SHOWN],
        "reached": first(group.reached().order_by("name", "pk"), SHOWN),
        "left_out": first(people_left_out(group), SHOWN),
    }
