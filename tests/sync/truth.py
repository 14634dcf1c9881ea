"""What should be in every group, computed in plain Python from the tenant itself, and what our rows say."""

from typing import NamedTuple

from email_validator import EmailNotValidError, validate_email

from demo.tenant.directory import Directory
from directory_sync.models import Connection, Group, Recipient


class Options(NamedTuple):
    fallback: bool = False
    contacts: bool = False
    no_guests: bool = False


def reason(directory: Directory, entra_id: str, options: Options) -> tuple[str, str]:
    """(address, reason for being left out) of one member that is not a group."""
    kind, facts = directory.kind_of(entra_id), directory.properties(entra_id)
    if kind not in ("user", "orgContact"):
        return "", "other_object"
    if kind == "orgContact" and not options.contacts:
        return "", "contact"
    address = (facts.get("mail") or "").strip()
    username = facts.get("userPrincipalName") or ""
    if not address and kind == "user" and options.fallback and "#EXT#" not in username:
        address = username
    if kind == "user":
        enabled = facts.get("accountEnabled")
        if enabled is None:
            return address, "unread"
        if not enabled:
            return address, "disabled"
        if options.no_guests and facts.get("userType") == "Guest":
            return address, "excluded"
    if not address:
        return "", "no_address"
    return address, "" if is_address(address) else "invalid_address"


def is_address(text: str) -> bool:
    try:
        validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return False
    return "#EXT#" not in text


def expected(directory: Directory, options: Options) -> dict[str, dict[str, tuple[str, str]]]:
    """Group → everybody whom it reaches → (address if a recipient, reason)."""
    told = {}
    for group in directory.groups:
        people = (id for id in directory.transitive_members(group) if directory.kind_of(id) != "group")
        rules = {id: reason(directory, id, options) for id in people}
        told[group] = {id: ("" if why else address, why) for id, (address, why) in rules.items()}
    return told


def stored(connection: Connection) -> dict[str, dict[str, tuple[str, str]]]:
    """The same, as our rows have it."""
    told = {}
    for group in connection.groups.filter(is_read=True).exclude(status=Group.Status.GONE):
        people = group.members().exclude(left_out=Recipient.LeftOut.REMOVED)
        told[group.entra_id] = {
            id: ("" if why else address, why)
            for id, address, why in people.values_list("entra_id", "email", "left_out")
        }
    return told


def numbers(directory: Directory, group: str) -> dict[str, int]:
    """Entra's own counts of a group, the group itself not counted where a cycle leads back to it."""
    below = directory.transitive_members(group) - {group}
    kinds = [directory.kind_of(id) for id in below]
    return {
        "entra_direct": len(directory.members(group)),
        "entra_transitive": len(below),
        "nested_groups": kinds.count("group"),
        "users": kinds.count("user"),
        "contacts": kinds.count("orgContact"),
    }


def managers(connection: Connection) -> dict[str, str]:
    """User → his manager's name as we would show it: nothing once the manager has left."""
    people = connection.recipients.filter(kind=Recipient.Kind.USER, is_read=True, removed_at=None)
    named = dict(connection.recipients.filter(removed_at=None, is_read=True).values_list("entra_id", "name"))
    return {id: named.get(manager, "") for id, manager in people.values_list("entra_id", "manager_entra_id")}
