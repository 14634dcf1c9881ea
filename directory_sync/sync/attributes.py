"""The 17 attributes: which of Graph's properties each comes from, and how it is shown.

Only approved attributes are asked for, beyond the base set that says who somebody is (Graph's `user` resource).
"""

from collections.abc import Iterable

BASE_USER = ("id", "displayName", "mail", "userPrincipalName", "accountEnabled", "userType")
BASE_CONTACT = ("id", "displayName", "mail")
BASE_GROUP = (
    "id",
    "displayName",
    "mail",
    "mailEnabled",
    "securityEnabled",
    "groupTypes",
    "visibility",
    "onPremisesSyncEnabled",
)

ADDRESS = ("streetAddress", "city", "state", "postalCode", "country")

# attribute -> the properties of a Graph user that it needs; `manager` is a relationship, resolved locally
SOURCES: dict[str, tuple[str, ...]] = {
    "employee_id": ("employeeId",),
    "job_title": ("jobTitle",),
    "employment_start_date": ("employeeHireDate",),
    "employment_status": (),  # derived from accountEnabled
    "employee_type": ("employeeType",),
    "department_name": ("department",),
    "division_name": ("employeeOrgData",),
    "cost_center_name": ("employeeOrgData",),
    "raw_address": ADDRESS,
    "street_address": ("streetAddress",),
    "city": ("city",),
    "region": ("state",),
    "postal_code": ("postalCode",),
    "country": ("country",),
    "manager_name": ("manager",),
    "manager_email": ("manager",),
    "preferred_language": ("preferredLanguage",),
}
NAMES = tuple(SOURCES)

# Of a complex property only the approved part is kept.
PARTS = {"division_name": "division", "cost_center_name": "costCenter"}


def user_select(attributes: Iterable[str]) -> tuple[str, ...]:
    """What to ask of users when these attributes are approved, without repeats, in a stable order."""
    wanted = {source for attribute in attributes for source in SOURCES[attribute]}
    return (*BASE_USER, *sorted(wanted))


def stored_key(attribute: str) -> str:
    """Under which key of `Recipient.attributes` the attribute's value stands; "" where there is not exactly one."""
    sources = SOURCES.get(attribute, ())
    if attribute in PARTS:
        return PARTS[attribute]
    return sources[0] if len(sources) == 1 and sources[0] != "manager" else ""
