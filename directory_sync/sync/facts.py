"""From Graph's properties to the facts in our rows, with Graph's two meanings of absence."""

import hashlib
from functools import lru_cache
from typing import Any

import orjson

from ..models import Group, Recipient, StagedPerson
from . import attributes
from .derive import is_deliverable
from .merge import Seen

State = StagedPerson.State
PERSON_TEXT = {"displayName": "name", "mail": "mail", "userPrincipalName": "username", "userType": "user_type"}
PERSON_LIMITS = {"user_type": 40}  # characters that the column holds, where that is less than usual
PERSON_FIELDS = ("kind", "name", "mail", "username", "enabled", "user_type", "attributes", "manager_entra_id")
PERSON_COLUMNS = (*PERSON_FIELDS, "facts_hash", "is_read", "removed_at", "mail_is_valid", "username_is_valid")
GROUP_FIELDS = ("name", "mail", "kind", "is_dynamic", "is_hidden", "is_on_premises")

KINDS = {
    "user": Recipient.Kind.USER,
    "orgContact": Recipient.Kind.CONTACT,
    "device": Recipient.Kind.DEVICE,
    "servicePrincipal": Recipient.Kind.SERVICE_PRINCIPAL,
}
UNKNOWN_PERSON: dict[str, Any] = {
    "name": "",
    "mail": "",
    "username": "",
    "enabled": None,
    "user_type": "",
    "attributes": {},
    "manager_entra_id": "",
}
# What each kind of group looks like in Graph ("groups-overview"), to tell a kind from a part of its properties.
KIND_SHAPES: dict[str, dict[str, Any]] = {
    Group.Kind.MICROSOFT_365: {"groupTypes": ["Unified"], "mailEnabled": True, "securityEnabled": False},
    Group.Kind.MAIL_SECURITY: {"groupTypes": [], "mailEnabled": True, "securityEnabled": True},
    Group.Kind.DISTRIBUTION: {"groupTypes": [], "mailEnabled": True, "securityEnabled": False},
    Group.Kind.SECURITY: {"groupTypes": [], "mailEnabled": False, "securityEnabled": True},
}


def text(value: Any, limit: int = 400) -> str:
    """A stored text of what Graph sent; PostgreSQL takes no NUL."""
    if value is None:
        return ""
    value = value if isinstance(value, str) else str(value)
    return (value.replace("\x00", "") if "\x00" in value else value).strip()[:limit]


def person_state(
    seen: Seen, kind: str, row: dict[str, Any] | None, approved: list[str]
) -> tuple[State, dict[str, Any] | None]:
    """What a round means for the row that we have of somebody (None: no row), and the facts to write, if any.

    `row`: PERSON_FIELDS with `facts_hash`, `is_read` and `removed_at`.
    """
    if seen.removed:
        # Also somebody unknown: a link to a person who came and left may still be announced.
        return (State.REMOVED if row is None or row["removed_at"] is None else State.GONE_BEFORE), None
    is_present = row is not None and row["is_read"] and row["removed_at"] is None
    if not is_present and not seen.properties:
        return State.SHOWN, None  # an id alone: whoever it is has not been read yet
    values = person(seen, kind, row if is_present else None, approved)
    values["facts_hash"] = facts_hash(values)
    if not is_present:
        return State.ARRIVED, values
    return (State.SHOWN, None) if row and row["facts_hash"] == values["facts_hash"] else (State.CHANGED, values)


def person_row(values: dict[str, Any], is_read: bool = True) -> tuple[Any, ...]:
    """Facts in the order of PERSON_COLUMNS."""
    known = {**values, "attributes": orjson.dumps(values["attributes"]).decode()}
    return (*(known[name] for name in PERSON_FIELDS), values["facts_hash"], is_read, None, *validity(values))


def person(seen: Seen, kind: str, before: dict[str, Any] | None, approved: list[str]) -> dict[str, Any]:
    """A user's or contact's facts after this round; `before` are those of its row, None for a new one.

    Every user has an `accountEnabled`: a round that leaves it out has not said that he may not sign in.
    """
    facts = dict(UNKNOWN_PERSON if before is None or seen.afresh else before)
    facts["enabled"] = before["enabled"] if before else None
    facts["kind"] = kind
    sent = seen.properties
    for name, column in PERSON_TEXT.items():
        if name in sent:
            facts[column] = text(sent[name], PERSON_LIMITS.get(column, 400))
    if "accountEnabled" in sent:
        enabled = sent["accountEnabled"]
        facts["enabled"] = enabled if isinstance(enabled, bool) else None
    facts["attributes"] = _attributes(sent, facts["attributes"], approved)
    if seen.manager is not None:
        facts["manager_entra_id"] = seen.manager
    if not {"manager_name", "manager_email"} & set(approved):
        facts["manager_entra_id"] = ""
    return facts


def _attributes(sent: dict[str, Any], before: dict[str, Any], approved: list[str]) -> dict[str, Any]:
    """Approved values only: those sent now, and of those not sent the ones known before."""
    kept: dict[str, Any] = {}
    for name, source, part in _stored(tuple(approved)):
        value = before.get(name)
        if source in sent:
            value = _part(sent[source], part) if part else sent[source]
        if value is not None and value != "":
            kept[name] = text(value, 2_000)
    return kept


@lru_cache(maxsize=1_024)
def _stored(approved: tuple[str, ...]) -> tuple[tuple[str, str, str | None], ...]:
    """What is kept of approved attributes, each once: the name it is kept under, Graph's property, and a part of it."""
    kept = {}
    for attribute in approved:
        part = attributes.PARTS.get(attribute)
        for source in attributes.SOURCES[attribute]:
            if source != "manager":
                kept[part or source] = (part or source, source, part)
    return tuple(kept.values())


def _part(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def facts_hash(facts: dict[str, Any]) -> str:
    """Equal for equal facts; a row whose hash is unchanged is not written."""
    raw = orjson.dumps([facts[name] for name in PERSON_FIELDS], option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(raw, digest_size=16).hexdigest()


def validity(facts: dict[str, Any]) -> tuple[bool, bool]:
    """Whether `mail` and `username` could be delivered to."""
    return is_deliverable(facts["mail"]), is_deliverable(facts["username"])


def group(seen: Seen, before: dict[str, Any] | None) -> dict[str, Any]:
    """A group's facts after this round; `before` as for `person`."""
    known = before if before and not seen.afresh else None
    shape = dict(KIND_SHAPES[known["kind"]]) if known and known["kind"] else {}
    if known and known["is_dynamic"]:
        shape["groupTypes"] = [*shape["groupTypes"], "DynamicMembership"]
    shape |= {name: value for name, value in seen.properties.items() if name in KIND_SHAPES[Group.Kind.SECURITY]}
    sent = seen.properties
    types = shape["groupTypes"] if isinstance(shape.get("groupTypes"), list) else []
    base = known or {"name": "", "mail": "", "is_hidden": False, "is_on_premises": False}
    return {
        "name": text(sent["displayName"]) if "displayName" in sent else base["name"],
        "mail": text(sent["mail"]) if "mail" in sent else base["mail"],
        "kind": _kind(types, bool(shape.get("mailEnabled")), bool(shape.get("securityEnabled"))),
        "is_dynamic": "DynamicMembership" in types,
        "is_hidden": sent["visibility"] == "HiddenMembership" if "visibility" in sent else base["is_hidden"],
        "is_on_premises": (
            bool(sent["onPremisesSyncEnabled"]) if "onPremisesSyncEnabled" in sent else base["is_on_premises"]
        ),
    }


def _kind(types: list[str], mail_enabled: bool, security_enabled: bool) -> str:
    if "Unified" in types:
        return Group.Kind.MICROSOFT_365
    if mail_enabled:
        return Group.Kind.MAIL_SECURITY if security_enabled else Group.Kind.DISTRIBUTION
    return Group.Kind.SECURITY
