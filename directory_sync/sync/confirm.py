"""Questions that a plan leaves open, asked of Graph before anything is written.

Absence only nominates: lists are not snapshots, so whoever a full round did not show is asked for by id.
An answer that can't be had removes nothing.
"""

from collections import defaultdict
from collections.abc import Iterable

from ..graph.batch import BatchRequest
from ..graph.client import GraphClient
from ..graph.errors import GraphError
from ..graph.reads import kind_of, member_of, walk_members
from ..models import Connection, Group, Membership, Recipient
from . import bulk
from .plan import Plan

COLLECTIONS: dict[str, str] = {Recipient.Kind.USER: "users", Recipient.Kind.CONTACT: "contacts"}


def confirm(plan: Plan, connection: Connection, client: GraphClient) -> None:
    """Settle the open questions of the plan, in place."""
    plan.removed_people |= confirmed_missing(
        client, ((COLLECTIONS[kind], id) for id, kind in plan.missing_people.items())
    )
    plan.gone_groups |= confirmed_missing(client, (("groups", id) for id in plan.missing_groups))
    _settle_unshown_links(plan, connection, client)
    _settle_returned_groups(plan, connection, client)
    _settle_arrivals(plan, connection, client)


def confirmed_missing(client: GraphClient, objects: Iterable[tuple[str, str]]) -> set[str]:
    """Which of these (collection, id) Graph says do not exist."""
    asked = [BatchRequest(id, f"/{collection}/{id}?$select=id") for collection, id in objects]
    if not asked:
        return set()
    return {id for id, answer in client.batch(asked).items() if answer.error and answer.error.code == "not_found"}


def _settle_unshown_links(plan: Plan, connection: Connection, client: GraphClient) -> None:
    unshown = {group: members for group, members in plan.unshown_links.items() if group not in plan.gone_groups}
    # People who left keep their links, for the day they come back.
    for members in unshown.values():
        members -= plan.removed_people
    hidden = set(connection.groups.filter(is_hidden=True).values_list("entra_id", flat=True))
    doubtful = {group for group, members in unshown.items() if members and group not in hidden}
    for group, shown in read_members(client, doubtful).items():
        if not isinstance(shown, GraphError):
            for member in unshown[group] - shown.keys():
                plan.drop(group, member)


def _settle_returned_groups(plan: Plan, connection: Connection, client: GraphClient) -> None:
    """A group that came back: its members as they are now, in place of those it had."""
    for group, members in read_members(client, plan.returned_groups).items():
        if isinstance(members, GraphError):
            plan.failed_groups[group] = members.code
            continue
        plan.links[group] = members
        kept = connection.recipients.filter(memberships__group__entra_id=group, removed_at=None)
        for member in kept.values_list("entra_id", flat=True):
            if member not in members:
                plan.drop(group, member)


def _settle_arrivals(plan: Plan, connection: Connection, client: GraphClient) -> None:
    """Somebody who came, or came back: his direct groups as they are now."""
    if not plan.arrivals:
        return
    ours = _links_of_arrivals(plan, connection)
    for user, groups in member_of(client, sorted(plan.arrivals)).items():
        if isinstance(groups, GraphError):
            if groups.code != "not_found":
                plan.links_due.add(user)
            continue
        for group in ours[user] - set(groups):
            plan.links.get(group, {}).pop(user, None)
            plan.drop(group, user)
        for group in groups:
            plan.links.setdefault(group, {})[user] = "user"
            plan.dropped_links.get(group, set()).discard(user)


def _links_of_arrivals(plan: Plan, connection: Connection) -> defaultdict[str, set[str]]:
    """User → groups that he is in by our rows or by this round.

    Left out are hidden groups, which Graph does not show, and those that are gone, which keep their people.
    """
    ours: defaultdict[str, set[str]] = defaultdict(set)
    for group, members in plan.links.items():
        for user in plan.arrivals & members.keys():
            ours[user].add(group)
    kept = Membership.objects.filter(group__connection=connection, group__is_hidden=False)
    for chunk in bulk.chunks(sorted(plan.arrivals)):
        had = kept.exclude(group__status=Group.Status.GONE).filter(recipient__entra_id__in=chunk)
        for user, group in had.values_list("recipient__entra_id", "group__entra_id"):
            ours[user].add(group)
    return ours


def read_members(client: GraphClient, groups: Iterable[str]) -> dict[str, dict[str, str] | GraphError]:
    """Group id → its direct members (id → kind), or why they could not be read."""
    found: dict[str, dict[str, str] | GraphError] = {group: {} for group in groups}
    if not found:
        return {}
    for page in walk_members(client, sorted(found), select=("id",), nested=False):
        members = found[page.group_id]
        if page.error:
            found[page.group_id] = page.error
        elif isinstance(members, dict):
            members |= {item["id"]: kind_of(item) for item in page.items}
    return found
