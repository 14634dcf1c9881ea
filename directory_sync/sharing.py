"""Which organizations share a connection, and which of its groups each of them sees."""

from collections.abc import Iterable

from django.db import transaction

from .connections import ConnectionRefused, is_object_id, record
from .models import Access, Connection, Organization

Sees = Access.Sees


@transaction.atomic
def add_organization(
    connection: Connection,
    organization: Organization,
    *,
    sees: str = Sees.ALL,
    group_ids: Iterable[str] = (),
    by: str,
    user=None,
) -> bool:
    """Let another organization use a live connection, at first without attributes. False when it does already.

    Raises ConnectionRefused for a disconnected connection, for an organization whose package has no Directory
    Sync, and for listed groups that the connection does not have.
    """
    live = _live(connection)
    if not organization.may_sync:
        raise ConnectionRefused(
            f"{organization} is on the Essential package, which has no Directory Sync; upgrade it first."
        )
    listed = _listed(live, sees, group_ids)
    values = {"sees": sees, "listed_group_ids": listed}
    created = Access.objects.get_or_create(connection=live, organization=organization, defaults=values)[1]
    if created:
        _record(live, "organization added", organization, sees, listed, by, user)
    return created


@transaction.atomic
def change_access(access: Access, *, sees: str, group_ids: Iterable[str] = (), by: str, user=None) -> bool:
    """Change which groups an organization sees of a live connection, at once. False when nothing is different.

    Segments of groups that it no longer sees leave its audiences; they come back with the groups. Raises
    ConnectionRefused for a disconnected connection, and for listed groups that the connection does not have.
    """
    live = _live(access.connection)
    listed = _listed(live, sees, group_ids)
    rows = Access.objects.filter(pk=access.pk).exclude(sees=sees, listed_group_ids=listed)
    if not rows.update(sees=sees, listed_group_ids=listed):
        return False
    _record(live, "access changed", access.organization, sees, listed, by, user)
    return True


def _live(connection: Connection) -> Connection:
    live = Connection.objects.select_for_update(no_key=True).live().filter(pk=connection.pk).first()
    if live is None:
        raise ConnectionRefused("This connection is disconnected; connect the directory anew.")
    return live


def _listed(connection: Connection, sees: str, group_ids: Iterable[str]) -> list[str]:
    """The listed groups in one spelling, each once; none for an organization that sees all."""
    if sees == Sees.ALL:
        return []
    ids = list(dict.fromkeys(id.strip().lower() for id in group_ids if id.strip()))
    if not ids:
        raise ConnectionRefused("List at least one group's object ID, or let it see all groups.")
    if wrong := [id for id in ids if not is_object_id(id)]:
        raise ConnectionRefused(f"Not an object ID: {', '.join(wrong)}.")
    known = set(connection.groups.filter(entra_id__in=ids).values_list("entra_id", flat=True))
    if unknown := [id for id in ids if id not in known]:
        raise ConnectionRefused(f"The directory has shown no group {', '.join(unknown)}.")
    return ids


def _record(
    connection: Connection, verb: str, organization: Organization, sees: str, listed: list[str], by: str, user
) -> None:
    record(connection, verb, by=by, user=user, organization=organization.slug, sees=sees, groups=listed)
