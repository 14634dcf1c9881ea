"""Object ids as people and groups are called now; held runs and history keep ids alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse

from ..models import Group, Recipient


@dataclass(frozen=True)
class Named:
    """What an object id stands for; an id that is nobody's any more has itself as a name, and no page."""

    name: str
    url: str = ""


def named(connection_id: UUID, ids: Iterable[str]) -> dict[str, Named]:
    """Object id → what it stands for in this connection; two queries, however many there are."""
    found = {id: Named(id) for id in ids}
    for everybody, page in ((Recipient.objects, "recipient"), (Group.objects, "group")):
        rows = everybody.filter(connection=connection_id, entra_id__in=list(found))
        for pk, entra_id, name in rows.values_list("pk", "entra_id", "name"):
            found[entra_id] = Named(name or entra_id, reverse(f"admin:directory_sync_{page}_change", args=[pk]))
    return found
