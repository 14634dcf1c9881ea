"""Questions that a plan leaves open, asked of Graph before anything is written.

Absence only nominates: lists are not snapshots, so whoever a full round did not show is asked for by id.
An answer that can't be had removes nothing.
"""

from collections import defaultdict
from collections.abc import Iterable

from ..graph.batch import LARGEST_BATCH, BatchRequest
from ..graph.client import GraphClient
from ..graph.errors import GraphError
from ..graph.reads import kind_of, member_of, walk_members
from ..models import Connection, Group, Membership, Nesting, Recipient, SyncRun
from . import bulk, claim, compare
from .merge import object_id, objects
from .plan import Plan

AT_ONCE = 10 * LARGEST_BATCH  # objects asked for between two signs of life
COLLECTIONS: dict[str, str] = {Recipient.Kind.USER: "users", Recipient.Kind.CONTACT: "contacts"}


def confirm(plan: Plan, run: SyncRun, client: GraphClient) -> None:
    """Settle the open questions of the plan, in place. Raises ClaimLost when the run is not ours any more."""
    people = ((COLLECTIONS[kind], id) for id, kind in plan.missing_people.items())
    plan.removed_people |= _confirmed_missing(run, client, people)
    plan.gone_groups |= _confirmed_missing(run, client, (("groups", id) for id in plan.missing_groups))
    hidden = hidden_groups(plan, run.connection, client)
    _settle_unshown_links(plan, run, client, hidden)
    _settle_returned_groups(plan, run, client, hidden)
    _settle_arrivals(plan, run, client)
    _settle_rereads(plan, run, client, hidden)


def hidden_groups(plan: Plan, connection: Connection, client: GraphClient) -> set[str]:
    """Groups that Graph shows to us as empty, whoever is in them ("group-list-members")."""
    if "Member.Read.Hidden" in client.roles():
        return set()
    planned = {id for id, values in plan.groups.items() if values["is_hidden"]}
    return planned | set(connection.groups.filter(is_hidden=True).values_list("entra_id", flat=True))


def _confirmed_missing(run: SyncRun, client: GraphClient, objects: Iterable[tuple[str, str]]) -> set[str]:
    """Which of these (collection, id) Graph says do not exist."""
    missing: set[str] = set()
    for chunk in bulk.chunks(objects, AT_ONCE):
        answers = client.batch([BatchRequest(id, f"/{collection}/{id}?$select=id") for collection, id in chunk])
        missing |= {id for id, answer in answers.items() if answer.error and answer.error.code == "not_found"}
        claim.beat(run, requests=client.requests)
    return missing


def _settle_unshown_links(plan: Plan, run: SyncRun, client: GraphClient, hidden: set[str]) -> None:
    unshown = {group: members for group, members in plan.unshown_links.items() if group not in plan.gone_groups}
    # People who left keep their links, for the day they come back.
    for members in unshown.values():
        members -= plan.removed_people
    doubtful = {group for group, members in unshown.items() if members and group not in hidden}
    for group, shown in read_members(run, client, doubtful).items():
        if not isinstance(shown, GraphError):
            for member in unshown[group] - shown.keys():
                plan.drop(group, member)


def _settle_returned_groups(plan: Plan, run: SyncRun, client: GraphClient, hidden: set[str]) -> None:
    """A group that came back: its members as they are now, in place of those it had."""
    for group, members in read_members(run, client, plan.returned_groups - hidden).items():
        if isinstance(members, GraphError):
            plan.failed_groups[group] = members.code
            continue
        plan.links[group] = members
        if plan.staging:
            compare.forget_links(groups=[group])
        people = run.connection.recipients.filter(memberships__group__entra_id=group, removed_at=None)
        nested = run.connection.groups.filter(parent_links__parent__entra_id=group)
        kept = {*people.values_list("entra_id", flat=True), *nested.values_list("entra_id", flat=True)}
        for member in kept - members.keys():
            plan.drop(group, member)


def _settle_arrivals(plan: Plan, run: SyncRun, client: GraphClient) -> None:
    """Somebody who came, or came back: his direct groups as they are now."""
    for users in bulk.chunks(sorted(plan.arrivals), AT_ONCE):
        ours = _kept_links(run.connection, users)
        for user, groups in member_of(client, users).items():
            if isinstance(groups, GraphError):
                if groups.code != "not_found":
                    plan.links_due.add(user)
                continue
            _replace_groups(plan, user, ours[user], {object_id(group) for group in groups} - {""})
        claim.beat(run, requests=client.requests)
    plan.links_settled |= plan.arrivals - plan.links_due


def _settle_rereads(plan: Plan, run: SyncRun, client: GraphClient, hidden: set[str]) -> None:
    """Groups to be read anew, and the groups inside them: their members as they are now, in place of our links."""
    due = run.connection.groups.filter(reread_due=True, is_read=True).exclude(status=Group.Status.GONE)
    asked = set(due.values_list("entra_id", flat=True)) - hidden - plan.gone_groups
    for group, members in read_members(run, client, asked, nested=True).items():
        if isinstance(members, GraphError):
            plan.failed_groups[group] = members.code
            continue
        ours = Group.objects.filter(connection=run.connection, entra_id=group)
        people = Membership.objects.filter(group__in=ours, recipient__removed_at=None)
        nested = Nesting.objects.filter(parent__in=ours)
        had = {*people.values_list("recipient__entra_id", flat=True), *nested.values_list("child__entra_id", flat=True)}
        plan.links.setdefault(group, {}).update(members)
        plan.dropped_links[group] = had.difference(members, plan.removed_people)
    plan.reread_groups = asked


def _replace_groups(plan: Plan, user: str, ours: set[str], groups: set[str]) -> None:
    """His links become those that Graph lists; one that this very round has named stays, as lists may lag."""
    for group in ours - groups:
        if user not in plan.links.get(group, ()):
            plan.drop(group, user)
    for group in groups:
        plan.links.setdefault(group, {})[user] = "user"
        plan.dropped_links.get(group, set()).discard(user)


def _kept_links(connection: Connection, users: list[str]) -> defaultdict[str, set[str]]:
    """User → groups that he is in by our rows.

    Left out are hidden groups, which Graph does not show, and those that are gone, which keep their people.
    """
    ours: defaultdict[str, set[str]] = defaultdict(set)
    kept = Membership.objects.filter(group__connection=connection, group__is_hidden=False)
    had = kept.exclude(group__status=Group.Status.GONE).filter(recipient__entra_id__in=users)
    for user, group in had.values_list("recipient__entra_id", "group__entra_id"):
        ours[user].add(group)
    return ours


def read_members(
    run: SyncRun, client: GraphClient, groups: Iterable[str], *, nested: bool = False
) -> dict[str, dict[str, str] | GraphError]:
    """Group id → its direct members (id → kind), or why they could not be read; `nested`: of groups inside, too."""
    found: dict[str, dict[str, str] | GraphError] = {group: {} for group in groups}
    if not found:
        return {}
    for page in walk_members(client, sorted(found), select=("id",), nested=nested):
        claim.beat(run, requests=client.requests)
        group = object_id(page.group_id)
        members = found.setdefault(group, {})
        if page.error:
            found[group] = page.error
        elif isinstance(members, dict):
            members |= {item["id"]: kind_of(item) for item in objects(page.items)}
    return found
