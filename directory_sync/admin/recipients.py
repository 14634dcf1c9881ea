"""People of the directory: whether they are reached, why not, and by which groups."""

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest

from .. import profile
from ..models import Group, GroupClosure, Recipient
from .reading import ReadOnlyAdmin, names_and, state

LeftOut = Recipient.LeftOut

WHY = {
    "": "A newsletter reaches this address.",
    LeftOut.REMOVED: "Deleted in Entra. Whoever is restored there comes back with the groups held before.",
    LeftOut.OTHER_OBJECT: "Not a person: a device, an app or another object that is a member of a group.",
    LeftOut.CONTACT: "An organizational contact, and this connection syncs users only. It is an option.",
    LeftOut.UNREAD: "Entra named this member but did not let us read the account. Check User.Read.All.",
    LeftOut.DISABLED: "The account is disabled in Entra. It returns with the first sync after it is enabled.",
    LeftOut.EXCLUDED: "A guest account, and this connection leaves guests out. It is an option.",
    LeftOut.NO_ADDRESS: "Entra has no mail address for this account, and the username is not used in its place.",
    LeftOut.INVALID_ADDRESS: "The address in Entra is not one that mail can be sent to.",
}


@admin.register(Recipient)
class RecipientAdmin(ReadOnlyAdmin):
    list_display = ("shown_name", "connection", "kind", "email", "standing")
    list_filter = ("left_out", "kind", "connection")
    list_select_related = ("connection",)
    search_fields = ("name", "mail", "username", "entra_id")  # `email` is one of these
    fields = (
        *("name", "connection", "entra_id", "standing", "email"),
        *("mail", "username", "kind", "user_type", "enabled", "removed_at"),
    )
    readonly_fields = ("standing",)
    change_form_template = "admin/directory_sync/recipient/change_form.html"

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        return names_and("entra_id", ("name", "mail", "username"), request.GET.get("q", ""))

    @admin.display(description="name", ordering="name")
    def shown_name(self, recipient: Recipient) -> str:
        return str(recipient)

    @admin.display(description="reached", ordering="left_out")
    def standing(self, recipient: Recipient) -> str:
        if not recipient.left_out:
            return state("ok", "Recipient")
        return state("gone", recipient.get_left_out_display())

    def page_context(self, shown: Recipient) -> dict:
        attributes = profile.shown(shown, profile.manager_of(shown))
        return {"why": WHY[shown.left_out], "attributes": attributes, "memberships": groups_of(shown)}


def groups_of(recipient: Recipient) -> list[tuple[Group, bool]]:
    """Every group that reaches the recipient, with whether it is a direct member; direct ones first."""
    direct = set(recipient.memberships.values_list("group_id", flat=True))
    components = set(GroupClosure.objects.filter(descendant__in=direct).values_list("ancestor_id", flat=True))
    groups = Group.objects.filter(Q(component__in=components) | Q(pk__in=direct))
    return sorted(((group, group.pk in direct) for group in groups), key=lambda pair: not pair[1])
