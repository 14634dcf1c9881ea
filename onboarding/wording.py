"""Labels of what the form offers: the 17 attributes, and the permissions with what each is for."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

APP_NAME = "HQ Directory Sync"

ATTRIBUTES = {
    "employee_id": _("Employee ID"),
    "job_title": _("Job title"),
    "employment_start_date": _("Employment start date"),
    "employment_status": _("Employment status"),
    "employee_type": _("Employee type"),
    "department_name": _("Department"),
    "division_name": _("Division"),
    "cost_center_name": _("Cost center"),
    "raw_address": _("Full address"),
    "street_address": _("Street address"),
    "city": _("City"),
    "region": _("State or region"),
    "postal_code": _("Postal code"),
    "country": _("Country"),
    "manager_name": _("Manager’s name"),
    "manager_email": _("Manager’s e-mail"),
    "preferred_language": _("Preferred language"),
}


@dataclass(frozen=True)
class Permission:
    """An application permission of Microsoft Graph, as the portal names it ("permissions-reference")."""

    name: str
    purpose: str | Promise
    only_with_contacts: bool = False


PERMISSIONS = (
    Permission("Group.Read.All", _("to list your groups with their names and kinds")),
    Permission("GroupMember.Read.All", _("to see who is in which group, nested groups included")),
    Permission("User.Read.All", _("to read names, addresses and whether an account is enabled")),
    Permission("OrgContact.Read.All", _("to read organizational contacts"), only_with_contacts=True),
)

CHECKS = {
    "tenant": _("Tenant"),
    "token": _("Sign-in"),
    "read users": _("Read people"),
    "read groups": _("Read groups"),
    "read contacts": _("Read contacts"),
}

STAGES = {
    "reading": _("Reading the directory"),
    "planning": _("Comparing with what is here"),
    "applying": _("Writing the lists"),
}


def check_label(name: str) -> str | Promise:
    """A check's name for people: `permission X` and `group ID` keep what they are about."""
    kind, _blank, subject = name.partition(" ")
    if kind == "permission":
        return subject
    if kind == "group":
        return pgettext_lazy("a listed group", "Group")
    return CHECKS.get(name, name)
