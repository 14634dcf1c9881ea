"""Which groups a group reaches: strongly connected components and what lies below them, in plain Python."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain

from django.db.models import F, Q

from ..models import Connection, Group, GroupClosure, Nesting
from . import bulk

Edges = dict[int, set[int]]


def rebuild(connection: Connection, touched: Iterable[int]) -> set[int]:
    """Recompute component and closure of the touched groups and of every group above them.

    `touched`: ids of groups that are new or whose direct children changed, after the links were written; one that has
    been deleted does no harm.
    Returns the ids of all groups whose closure was written.
    """
    named, touched = touched, set()
    for chunk in bulk.chunks(named):
        touched |= set(connection.groups.filter(pk__in=chunk).values_list("pk", flat=True))
    if not touched:
        return set()
    down: Edges = defaultdict(set)
    up: Edges = defaultdict(set)
    for parent, child in Nesting.objects.filter(parent__connection=connection).values_list("parent_id", "child_id"):
        down[parent].add(child)
        up[child].add(parent)
    # Today's links find everybody: on a path that was cut, the parent at the first cut is touched itself.
    affected = above(touched, up)
    plain = affected - down.keys()  # most groups contain no other
    components = list(strongly_connected(affected - plain, down))
    _write(affected, components, plain, down)
    return affected


def above(starts: set[int], up: Edges) -> set[int]:
    """The starts and every group that contains one of them at any depth."""
    found, waiting = set(starts), list(starts)
    while waiting:
        for parent in up.get(waiting.pop(), ()):
            if parent not in found:
                found.add(parent)
                waiting.append(parent)
    return found


def below(start: int, down: Edges) -> set[int]:
    """The start and every group that it contains at any depth."""
    return above({start}, down)


def strongly_connected(nodes: set[int], down: Edges) -> Iterator[list[int]]:
    """Tarjan's components of the graph confined to `nodes`, children first; iterative, since nesting may be deep."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    on_stack: set[int] = set()
    for root in nodes:
        if root in index:
            continue
        work = [(root, iter(down.get(root, ())))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, children = work[-1]
            child = next((c for c in children if c in nodes and (c not in index or c in on_stack)), None)
            if child is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    yield _unwind(stack, on_stack, node)
            elif child in index:
                low[node] = min(low[node], index[child])
            else:
                index[child] = low[child] = len(index)
                stack.append(child)
                on_stack.add(child)
                work.append((child, iter(down.get(child, ()))))


def _unwind(stack: list[int], on_stack: set[int], node: int) -> list[int]:
    component = []
    while True:
        member = stack.pop()
        on_stack.discard(member)
        component.append(member)
        if member == node:
            return component


def _write(affected: set[int], components: list[list[int]], plain: set[int], down: Edges) -> None:
    reach: dict[int, set[int]] = {}
    representative: dict[int, int] = {}
    for members in components:  # children first, so what a component reaches below is known already
        first = min(members)
        reached = set(members)
        for child in {c for member in members for c in down.get(member, ())} - reached:
            reached |= reach[representative[child]] if child in representative else below(child, down)
        reach[first] = reached
        representative |= dict.fromkeys(members, first)
    for chunk in bulk.chunks(sorted(affected)):
        GroupClosure.objects.filter(ancestor__in=chunk).delete()
    themselves = ((group, group) for group in sorted(plain))
    below_them = ((a, d) for a, ds in reach.items() for d in sorted(ds))
    bulk.insert(GroupClosure, ("ancestor_id", "descendant_id"), chain(themselves, below_them))
    for chunk in bulk.chunks(sorted(plain)):
        Group.objects.filter(pk__in=chunk).exclude(component=F("pk")).update(component=F("pk"))
    bulk.update(Group, ("component",), ((first, group) for group, first in sorted(representative.items())))


def groups_above(connection: Connection, groups: Iterable[int]) -> set[int]:
    """Ids of the groups whose numbers depend on these: they themselves and all that contain them."""
    found: set[int] = set()
    for chunk in bulk.chunks(sorted(groups)):
        components = GroupClosure.objects.filter(descendant__in=chunk).values("ancestor")
        above_them = Group.objects.filter(Q(component__in=components) | Q(pk__in=chunk), connection=connection)
        found |= set(above_them.values_list("pk", flat=True))
    return found
