"""The threads that read from Graph. They touch no database: what they read is handed to the run's own thread."""

import queue
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from ..graph.client import GraphClient
from ..graph.reads import (
    AT_ONCE,
    Page,
    WalkedPage,
    delta_page,
    delta_pages,
    delta_url,
    groups_url,
    kind_of,
    list_groups,
    walk_batches,
)
from .merge import object_id, objects

LISTING, MEMBERS = "listing", "members"  # sources of a walk in the journal
SOONEST = 20  # pages; a round that is over sooner is not worth deciding about
GROUPS_A_BATCH = 20
UNITS_A_SECOND, UNITS_A_GROUP = 800, 2  # "throttling-limits"


@dataclass(frozen=True)
class Answer:
    """A page of a stream as the journal keeps it. `restarts`: what came before is void, the groups are walked."""

    stream: str
    source: str
    page: Page
    restarts: bool = False


@dataclass
class Walk:
    """How far the groups' members have been read one group at a time, instead of through groups/delta.

    `link`: where the listing goes on, "" when it is complete. `since`: the delta link from before the walk, whose
    round tells what has changed meanwhile. `listed` and `read`: object ids of groups.
    """

    link: str
    since: str
    listed: list[str] = field(default_factory=list)
    read: set[str] = field(default_factory=set)

    def note(self, source: str, items: list[Any]) -> None:
        """Take in a page of the journal."""
        if source == LISTING:
            self.listed += [item["id"] for item in objects(items)]
        else:
            self.read |= {each["id"] for each in items if each["done"]}


Ask = Callable[[], Iterator[Answer]]


def hand_over(ask: Ask, stream: str, arrived: "queue.Queue[tuple[str, Any]]", stop: threading.Event) -> None:
    """Put the answers, or the error that ended them, into the queue, until told to stop."""

    def put(answer: Any) -> None:
        while not stop.is_set():
            try:
                arrived.put((stream, answer), timeout=0.2)
            except queue.Full:
                continue
            return

    try:
        for answer in ask():
            put(answer)
            if stop.is_set():
                return
    except BaseException as error:  # handed to the thread that waits for it
        put(error)


def delta_answers(client: GraphClient, stream: str, link: str) -> Iterator[Answer]:
    """A delta round from a link to its end."""
    for page in delta_pages(client, link):
        yield Answer(stream, stream, page)


def first_groups(client: GraphClient, select: tuple[str, ...], link: str, expected: Future[int]) -> Iterator[Answer]:
    """A first round of groups: by delta as long as that is quicker than to walk.

    A delta page holds some 500 links and waits for the one before it, walked groups come side by side.
    `expected`: how many groups there are.
    """
    started = monotonic()
    seen: set[str] = set()
    for number, page in enumerate(delta_pages(client, link), start=1):
        seen |= {item["id"] for item in objects(page.items)}
        if (
            page.next_link
            and number <= SOONEST
            and walking_is_quicker(
                pages=number, seconds=monotonic() - started, seen=len(seen), expected=expected.result()
            )
        ):
            since = delta_page(client, delta_url(client.cloud, "groups", select, latest=True)).delta_link
            walk = Walk(groups_url(client.cloud, [name for name in select if name != "members"]), since)
            yield Answer("groups", LISTING, Page([], walk.link, since), restarts=True)
            yield from walk_answers(client, walk)
            return
        yield Answer("groups", "groups", page)


def walk_answers(client: GraphClient, walk: Walk) -> Iterator[Answer]:
    """List the groups, read the members of each, and then what has changed since."""
    for page in list_groups(client, walk.link):
        walk.note(LISTING, page.items)
        yield Answer("groups", LISTING, page)
    waiting = [id for id in dict.fromkeys(walk.listed) if id not in walk.read]
    for pages in walk_batches(client, waiting, select=("id",), nested=False):
        yield Answer("groups", MEMBERS, Page([_members(page) for page in pages], "", ""))
    yield from delta_answers(client, "groups", walk.since)


def walking_is_quicker(*, pages: int, seconds: float, seen: int, expected: int) -> bool:
    """Whether to give up a round of which `pages` were read in `seconds` and showed `seen` of `expected` groups."""
    trip = seconds / pages
    pages_left = pages * max(expected - seen, 0) / max(seen, 1)
    trips = expected / 999 + expected / (GROUPS_A_BATCH * AT_ONCE)
    walking = max(trips * trip, expected * UNITS_A_GROUP / UNITS_A_SECOND - 10)
    return pages_left > SOONEST and pages_left * trip > 2 * walking


def _members(page: WalkedPage) -> dict[str, Any]:
    """A group's members, or some of them, as the journal has them: ids by kind."""
    members: defaultdict[str, list[str]] = defaultdict(list)
    for id, kind in {object_id(item.get("id")): kind_of(item) for item in page.items}.items():
        if id:
            members[kind].append(id)
    return {
        "id": object_id(page.group_id),
        "members": members,
        "done": page.done,
        "error": page.error.code if page.error else "",
    }
