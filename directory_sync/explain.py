"""Why a number is what it is."""

from collections.abc import Iterator

from .models import Connection, Group, Recipient
from .sync import counts


def explain_group(group: Group) -> dict[str, int]:
    """The group's numbers, computed now, under the names of the command's contract.

    Always `entra_transitive = people + nested_groups + contacts_left_out + other_objects` and `people =
    recipients + disabled + no_address + invalid_address + excluded + unread`. `duplicates` lie within
    recipients: objects whose address, ignoring case, another one of the group has.
    """
    addresses = [email.casefold() for email in group.reached().order_by().values_list("email", flat=True)]
    return counts.numbers([group])[group.pk] | {"duplicates": len(addresses) - len(set(addresses))}


def recipient_rows(connection: Connection, group: Group | None = None) -> Iterator[tuple[str, str, str, str, str]]:
    """(group_id, entra_id, kind, name, email) of everybody who counts, sorted by the first two."""
    groups = connection.groups.filter(is_read=True) if group is None else connection.groups.filter(pk=group.pk)
    for each in groups.order_by("entra_id"):
        people = each.reached().order_by("entra_id")
        for row in people.values_list("entra_id", "kind", "name", "email").iterator():
            yield (each.entra_id, *row)


def people_left_out(group: Group):
    """Members of the group to whom nothing goes, each with the reason in `left_out`; deleted ones not counted."""
    return group.members().exclude(left_out__in=["", Recipient.LeftOut.REMOVED]).order_by("left_out", "name")
