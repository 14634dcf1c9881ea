"""Who may do what: sign-in by invitation, staff's roles, and an organization's own pages for its editors alone."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.contrib.auth.models import Group, Permission
from django.http import Http404, HttpRequest

from .models import Organization

# Roles are Django's groups of the same names, written anew after each migrate. Facts from Entra have no `add_`,
# `change_` or `delete_` here, and their pages offer none, whatever a superuser holds.
#
# directory_sync.change_connection      check, sync, edit options, pause, resume, disconnect
# directory_sync.change_attributegrant  decline and withdraw an attribute
# directory_sync.add_attributegrant     approve an attribute
# directory_sync.change_syncrun         release or dismiss a held run
# onboarding.change_submission          ask for changes
# onboarding.approve_submission         approve or decline a submission
VIEW = frozenset(
    f"directory_sync.view_{model}"
    for model in (
        *("organization", "editor", "series", "connection", "access", "attributegrant"),
        *("group", "recipient", "syncrun", "event"),
    )
) | {"onboarding.view_setuplink", "onboarding.view_submission"}
OPERATE = frozenset(
    {
        "directory_sync.add_organization",
        "directory_sync.change_organization",
        "directory_sync.add_editor",
        "directory_sync.change_editor",
        "directory_sync.delete_editor",
        "directory_sync.add_series",
        "directory_sync.change_series",
        "directory_sync.change_connection",
        "directory_sync.change_attributegrant",
        "onboarding.add_setuplink",
        "onboarding.change_setuplink",
        "onboarding.change_submission",
    }
)
APPROVE = frozenset(
    {"directory_sync.add_attributegrant", "directory_sync.change_syncrun", "onboarding.approve_submission"}
)
ROLES: dict[str, frozenset[str]] = {
    "Support": VIEW | OPERATE,
    "Approver": VIEW | OPERATE | APPROVE,
    "Auditor": VIEW,
}


def install_roles(**kwargs) -> None:
    """Write the three roles as they stand here. Runs after each app's migrate, as its permissions come to be."""
    known = {
        f"{label}.{codename}": pk
        for pk, label, codename in Permission.objects.filter(
            content_type__app_label__in=["directory_sync", "onboarding"]
        ).values_list("pk", "content_type__app_label", "codename")
    }
    for name, permissions in ROLES.items():
        role = Group.objects.get_or_create(name=name)[0]
        role.permissions.set([known[permission] for permission in permissions if permission in known])


class InvitationOnly(DefaultAccountAdapter):
    """Accounts are made by staff; nobody signs up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class KnownPeopleOnly(DefaultSocialAccountAdapter):
    """Single sign-on lets in whoever staff have made an account for, and makes none."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin) -> bool:
        return False


def organization_for(user, slug: str) -> Organization:
    """The organization with this slug if the user edits it. Raises Http404 otherwise, whether it exists or not."""
    try:
        return Organization.objects.get(slug=slug, editors__user=user)
    except Organization.DoesNotExist:
        raise Http404 from None
