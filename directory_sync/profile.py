"""A person's approved attributes, under the product's 17 names."""

from collections.abc import Iterable

from .models import Recipient
from .sync.attributes import ADDRESS, NAMES, PARTS, SOURCES


def shown(
    recipient: Recipient, manager: Recipient | None = None, *, approved: Iterable[str] | None = None
) -> dict[str, str]:
    """Attribute → value, for approved attributes that have one, in the order of the 17.

    `manager` is the row that `manager_of` finds; without it nothing is said of one. `approved` are the attributes
    to show, None for all that some organization of the connection has; give them for many people at once.
    """
    wanted = set(recipient.connection.approved_attributes() if approved is None else approved)
    values = {name: _value(name, recipient, manager) for name in NAMES if name in wanted}
    return {name: value for name, value in values.items() if value}


def manager_of(recipient: Recipient) -> Recipient | None:
    """The person's manager by the manager's own row, so that a new name shows at once; None when he has left."""
    if not recipient.manager_entra_id:
        return None
    same = Recipient.objects.filter(connection=recipient.connection_id, entra_id=recipient.manager_entra_id)
    return same.filter(removed_at=None, is_read=True).first()


def _value(attribute: str, recipient: Recipient, manager: Recipient | None) -> str:
    if attribute == "employment_status":
        return employment_status(recipient)
    if attribute == "raw_address":
        return ", ".join(part for name in ADDRESS if (part := _stored(recipient, name)))
    if attribute in ("manager_name", "manager_email"):
        if manager is None or manager.removed_at is not None:
            return ""
        return manager.name if attribute == "manager_name" else manager.mail
    return _stored(recipient, PARTS.get(attribute) or SOURCES[attribute][0])


def employment_status(recipient: Recipient) -> str:
    """`active`, `inactive` while the account is disabled, `terminated` once deleted; "" where Entra does not say.

    Entra has no such property: it follows from `accountEnabled` and `@removed` (user resource, delta-query-users).
    """
    if recipient.removed_at is not None:
        return "terminated"
    return {True: "active", False: "inactive"}.get(recipient.enabled, "")  # type: ignore[arg-type]  # None is no key


def _stored(recipient: Recipient, name: str) -> str:
    return str(recipient.attributes.get(name) or "")
