"""Pages of the Microsoft Entra admin center, per cloud."""

from urllib.parse import quote

PORTALS = {"global": "https://entra.microsoft.com", "usgov_l4": "https://entra.microsoft.us"}

# Page → (its address when the client id is known, its address otherwise).
_APP = "#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/{page}/appId/{client_id}"
_APPS = "#view/Microsoft_AAD_RegisteredApps/ApplicationsListBlade"
_ENTERPRISE = "#view/Microsoft_AAD_IAM/StartboardApplicationsMenuBlade/~/AppAppsPreview"
PAGES = {
    "app": (_APP.replace("{page}", "Overview"), _APPS),
    "permissions": (_APP.replace("{page}", "CallAnAPI"), _APPS),
    "secrets": (_APP.replace("{page}", "Credentials"), _APPS),
    "authentication": (_APP.replace("{page}", "Authentication"), _APPS),
    "enterprise": (_ENTERPRISE, _ENTERPRISE),
    "conditional_access": ("#view/Microsoft_AAD_ConditionalAccess/ConditionalAccessBlade/~/Policies",) * 2,
    "tenant": ("#view/Microsoft_AAD_IAM/TenantOverview.ReactView",) * 2,
    "groups": ("#view/Microsoft_AAD_IAM/GroupsManagementMenuBlade/~/AllGroups",) * 2,
}


def entra_link(place: str, *, cloud: str = "global", client_id: str = "") -> str:
    """The address of a page; of the app itself when its id is known, else of the list that it is in."""
    if place not in PAGES:
        return ""
    known, unknown = PAGES[place]
    path = known.format(client_id=quote(client_id, safe="")) if client_id else unknown
    return f"{PORTALS.get(cloud, PORTALS['global'])}/{path}"
