"""The threads that read from Graph. They touch no database: what they read is handed to the run's own thread."""

import itertools
import queue
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from ..graph.client import GraphClient
from ..graph.quota import seconds_for
from ..graph.reads import (
    AT_ONCE,
    LARGEST_BATCH,
    PAGE_SIZE,
    UNITS_A_READ,
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
WAITING = 4  # answers of a stream that wait to be written
SOONEST = 20  # pages; a round that is over sooner is not worth deciding about


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


class Inbox:
    """Answers on their way to the run's thread, a few of each stream.

    Groups come last: walked, they come in crowds, while people come page after page, and every page that waits
    makes the whole round longer.
    """

    def __init__(self, streams: Iterable[str]) -> None:
        self._waiting: queue.PriorityQueue[tuple[bool, int, str, Any]] = queue.PriorityQueue()
        self._room = {stream: threading.Semaphore(WAITING) for stream in streams}
        self._order = itertools.count()
        self.stop = threading.Event()

    def fill(self, stream: str, ask: Ask) -> None:
        """Put a stream's answers in, or the error that ended them, until told to stop."""
        try:
            for answer in ask():
                self._put(stream, answer)
                if self.stop.is_set():
                    return
        except BaseException as error:  # handed to the thread that waits for it
            self._put(stream, error)

    def take(self, timeout: float) -> tuple[str, Any]:
        """The next answer or error, and its stream; raises queue.Empty when none comes in these seconds."""
        _, _, stream, answer = self._waiting.get(timeout=timeout)
        self._room[stream].release()
        return stream, answer

    def _put(self, stream: str, answer: Any) -> None:
        while not self.stop.is_set():
            if self._room[stream].acquire(timeout=0.2):
                self._waiting.put((stream == "groups", next(self._order), stream, answer))
                return


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
    ended, refused = 0, []
    for pages in walk_batches(client, waiting, select=("id",), nested=False):
        ended += sum(page.done for page in pages)
        refused += [page.error for page in pages if page.error]
        yield Answer("groups", MEMBERS, Page([_members(page) for page in pages], "", ""))
    if refused and len(refused) == ended and not walk.read:  # then it is not about the groups
        raise refused[0]
    yield from delta_answers(client, "groups", walk.since)


def walking_is_quicker(*, pages: int, seconds: float, seen: int, expected: int) -> bool:
    """Whether to give up a round of which `pages` were read in `seconds` and showed `seen` of `expected` groups."""
    trip = seconds / pages
    pages_left = pages * max(expected - seen, 0) / max(seen, 1)
    trips = expected / PAGE_SIZE + expected / (LARGEST_BATCH * AT_ONCE)
    walking = max(trips * trip, seconds_for(expected * UNITS_A_READ))
    return pages_left > SOONEST and pages_left * trip > 2 * walking


def _members(page: WalkedPage) -> dict[str, Any]:
    """A group's members, or some of them, as the journal has them: ids by kind."""
    members: defaultdict[str, list[str]] = defaultdict(list)
    for id, kind in {object_id(item.get("id")): kind_of(item) for item in page.items if isinstance(item, dict)}.items():
        if id:
            members[kind].append(id)
    return {
        "id": object_id(page.group_id),
        "members": members,
        "done": page.done,
        "error": page.error.code if page.error else "",
    }
