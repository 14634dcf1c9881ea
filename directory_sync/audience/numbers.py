"""Why a group has fewer people here than Entra counts, line by line."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from ..explain import explain_group
from ..models import Group


@dataclass(frozen=True)
class Line:
    """One reason for a difference, and how many it takes away."""

    count: int
    label: str
    why: str


@dataclass(frozen=True)
class Account:
    """`in_entra` less the lines is `recipients`; `duplicates` of these share an address with another.

    `left_out` are the members, nested groups apart, to whom nothing goes.
    """

    in_entra: int
    direct: int
    recipients: int
    duplicates: int
    lines: list[Line]
    left_out: int


def account_for(group: Group) -> Account:
    """The group's numbers, computed now, each difference with its reason; reasons that take nobody are left out."""
    found = explain_group(group)
    lines = [Line(found[name], label, why) for name, label, why in _reasons() if found[name]]
    return Account(
        in_entra=found["entra_transitive"],
        direct=found["entra_direct"],
        recipients=found["recipients"],
        duplicates=found["duplicates"],
        lines=lines,
        left_out=found["entra_transitive"] - found["nested_groups"] - found["recipients"],
    )


def _reasons() -> list[tuple[str, str, str]]:
    return [
        ("nested_groups", _("Nested groups"), _("Entra counts each group inside as a member; here its people count.")),
        ("disabled", _("Disabled accounts"), _("They cannot sign in any more, so nothing is sent to them.")),
        ("no_address", _("No e-mail address"), _("Entra has no address for them; your IT administrator can add one.")),
        ("invalid_address", _("Invalid e-mail address"), _("What Entra has as their address cannot receive mail.")),
        ("contacts_left_out", _("Contacts"), _("Outside contacts are not synced in this connection.")),
        ("excluded", _("Guests"), _("Guests are left out by a setting of this connection.")),
        ("unread", _("Not readable"), _("Entra did not let us read these accounts; nothing is sent until it does.")),
        ("other_objects", _("Devices and apps"), _("They are members in Entra, but not people.")),
    ]
