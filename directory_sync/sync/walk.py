"""Scope `selected`: the listed groups, the groups nested in them, their members, and nothing else."""

import hashlib
from collections.abc import Iterable, Iterator
from time import monotonic

from ..graph.client import GraphClient
from ..graph.errors import AccessDenied, GraphError
from ..graph.reads import (
    WalkedPage,
    changes,
    has_limited_info,
    kind_of,
    read_groups,
    read_managers,
    walk_batches,
)
from ..models import Group, JournalPage, SyncRun
from . import attributes, bulk, claim, journal
from .confirm import hidden_groups
from .fetch import MEMBERS
from .merge import Seen, object_id, objects
from .plan import Plan, plan_groups, plan_people
from .pull import Parked

MANAGERS_AT_ONCE = 200  # users between two signs of life
READ_BY = {"user": "User.Read.All", "orgContact": "OrgContact.Read.All"}


def plan_selected(run: SyncRun, client: GraphClient, *, deadline: float | None = None) -> Plan:
    """Read the listed groups level by level and plan them. A group that can't be read keeps what it has.

    `deadline` is a `time.monotonic()` value; past it, raises Parked after the answer in hand.
    """
    approved = run.connection.approved_attributes()
    select = [name for name in attributes.user_select(approved) if name != "manager"]
    listed = list(filter(None, map(object_id, run.connection.scope_group_ids)))
    plan = Plan(confines=True)
    people: dict[str, Seen] = {}
    errors: dict[str, GraphError] = {}
    for page in _members(run, client, listed, select, deadline):
        group = object_id(page.group_id)
        members = plan.links.setdefault(group, {})
        if page.error:
            errors[group] = page.error
        for item in objects(page.items):
            members[item["id"]] = kind_of(item)
            if kind_of(item) in READ_BY and has_limited_info(item):
                _note_unreadable(plan, run, kind_of(item))
            elif kind_of(item) in READ_BY:
                _add(people, item)
    _raise_if_none_could_be_read(listed, errors)
    plan.failed_groups = {group: error.code for group, error in errors.items()}
    _plan_read_groups(plan, run, client, [*listed, *plan.links])
    outside = _add_managers(run, client, people, approved)
    for kind, types in (("user", ("user",)), ("contact", ("orgContact",))):
        seen = {id: entry for id, entry in people.items() if entry.kind in types}
        plan.counts[f"{kind}s"] = len(seen.keys() - outside)
        plan_people(plan, run.connection, seen, kind, approved)
    plan.arrivals = set()  # every group was read whole, so nobody's links are in doubt
    plan.counts["memberships"] = sum(len(members) for members in plan.links.values())
    _plan_lost_links(plan, run, hidden_groups(plan, run.connection, client))
    return plan


def _members(
    run: SyncRun, client: GraphClient, listed: list[str], select: list[str], deadline: float | None
) -> Iterator[WalkedPage]:
    """Pages of members, first those that a worker before us has read. What failed, or half of it, is read again."""
    fingerprint = hashlib.sha256(repr((listed, select, run.connection.client_id)).encode()).hexdigest()
    kept = journal.last_page(run, MEMBERS)
    if kept and kept.fingerprint != fingerprint:
        journal.discard(run)
    journal.discard_if_old(run)
    waiting, read = list(listed), set[str]()
    for journaled in journal.items(run, MEMBERS):
        for each in journaled:
            yield WalkedPage(each["id"], each["items"], "", each["done"], None)
            read |= {each["id"]} if each["done"] else set()
            waiting += [item["id"] for item in objects(each["items"]) if kind_of(item) == "group"]
    first = journal.next_number(run, MEMBERS)
    for number, pages in enumerate(walk_batches(client, waiting, select=select, read=read), start=first):
        kept = JournalPage(source=MEMBERS, number=number, is_full=True, fingerprint=fingerprint)
        well = [page for page in pages if not page.error]
        items = [{"id": object_id(page.group_id), "items": page.items, "done": page.done} for page in well]
        journal.write(run, kept, items)
        claim.beat(run, requests=client.requests)
        yield from pages
        if deadline is not None and monotonic() > deadline:
            raise Parked


def _note_unreadable(plan: Plan, run: SyncRun, kind: str) -> None:
    """Members came as ids alone: so looks a missing permission ("permissions-overview"). What was known stays."""
    if kind == "user" or run.connection.sync_contacts:
        plan.problem = AccessDenied(code="permission_missing", subject=READ_BY[kind])


def _add_managers(run: SyncRun, client: GraphClient, people: dict[str, Seen], approved: list[str]) -> set[str]:
    """Say of each user who manages him; one whose manager could not be read keeps the one he had.

    Managers from outside the groups, who are returned, come with name and mail alone: whether their accounts
    are enabled is not read, so they reach nobody.
    """
    outside: set[str] = set()
    if not {"manager_name", "manager_email"} & set(approved):
        return outside
    users = [id for id, entry in people.items() if entry.kind == "user"]
    for chunk in bulk.chunks(users, MANAGERS_AT_ONCE):
        known = run.connection.recipients.filter(entra_id__in=chunk).values_list("entra_id", "manager_entra_id")
        kept = dict(known)
        for id, manager in read_managers(client, chunk).items():
            if isinstance(manager, GraphError):
                people[id].manager = kept.get(id, "")
                continue
            manager_id = object_id(manager["id"]) if manager else ""
            people[id].manager = manager_id
            if manager and manager_id not in people:
                outside.add(manager_id)
                _add(people, {**manager, "id": manager_id, "accountEnabled": None})
        claim.beat(run, requests=client.requests)
    return outside


def _raise_if_none_could_be_read(listed: list[str], errors: dict[str, GraphError]) -> None:
    """One group fails alone; when all do, it is not about the groups. One that does not exist has been read."""
    refused = [errors[group] for group in listed if group in errors and errors[group].code != "not_found"]
    if refused and all(group in errors for group in listed):
        raise refused[0]


def _add(people: dict[str, Seen], item: dict) -> None:
    for change in changes([item]):
        people.setdefault(change.id, Seen(afresh=True)).add(change)


def _plan_read_groups(plan: Plan, run: SyncRun, client: GraphClient, ids: Iterable[str]) -> None:
    """The groups' own facts; one that does not exist any more is gone."""
    seen: dict[str, Seen] = {}
    known = set(run.connection.groups.filter(is_read=True).values_list("entra_id", flat=True))
    for id, answer in read_groups(client, dict.fromkeys(ids), select=attributes.BASE_GROUP).items():
        if not isinstance(answer, GraphError):
            _add(seen, answer | {"id": id})
        elif answer.code == "not_found" and id in known:
            seen[id] = Seen(removed="deleted")
            plan.failed_groups.pop(id, None)
            plan.links.pop(id, None)
        else:
            plan.failed_groups.setdefault(id, answer.code)
    plan.counts["groups"] = sum(not entry.removed for entry in seen.values())
    plan_groups(plan, run.connection, seen)


def _plan_lost_links(plan: Plan, run: SyncRun, hidden: set[str]) -> None:
    """Links of ours that a group read whole does not have."""
    read = [id for id in plan.links if id not in plan.failed_groups and id not in hidden]
    for group in Group.objects.filter(connection=run.connection, entra_id__in=read):
        shown = plan.links[group.entra_id]
        people = group.memberships.values_list("recipient__entra_id", flat=True)
        nested = group.child_links.values_list("child__entra_id", flat=True)
        for member in (*people, *nested):
            if member not in shown:
                plan.drop(group.entra_id, member)
    for group_id in plan.failed_groups:
        plan.links.pop(group_id, None)  # half a group says nothing
