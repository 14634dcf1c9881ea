"""Reading: from Graph into the journal, each stream for itself and all side by side.

Fetch threads touch no database; what they read is written by the thread that holds the run. A stream that
fails ends alone: the others go on, and it keeps its rows and its delta link.
"""

import hashlib
import queue
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from time import monotonic

from django.utils import timezone

from ..graph.client import GraphClient
from ..graph.errors import DeltaLinkExpired, GraphError
from ..graph.reads import Page, delta_pages, delta_url
from ..models import Connection, DeltaLink, JournalPage, SyncRun
from . import attributes, claim, journal

LINK_LIFE = timedelta(days=7)  # delta-query-overview, for directory objects
SAFETY = timedelta(hours=12)
MOST_RESTARTS = 2  # of a stream, in one go
IDLE = 10.0  # seconds without a page after which the run says that it lives


class Parked(Exception):
    """The deadline is near; what was read is in the journal for the next worker."""


@dataclass(frozen=True)
class Stream:
    """One delta round: where it goes on, and what is known when it is over."""

    name: str
    select: tuple[str, ...]
    fingerprint: str
    is_full: bool
    link: str
    number: int = 0
    delta_link: str = ""
    error: GraphError | None = None
    restarts: int = 0

    @property
    def is_complete(self) -> bool:
        return bool(self.delta_link)


def selects(connection: Connection) -> dict[str, tuple[str, ...]]:
    """What each stream asks for; which streams there are depends on the options."""
    wanted = {
        "users": attributes.user_select(connection.approved_attributes()),
        "groups": (*attributes.BASE_GROUP, "members"),
    }
    if connection.sync_contacts:
        wanted["contacts"] = attributes.BASE_CONTACT
    return wanted


def pull(run: SyncRun, client: GraphClient, *, deadline: float | None = None) -> dict[str, Stream]:
    """Read every stream to its end, going on where the journal stops. Returns the streams by name.

    `deadline` is a `time.monotonic()` value; past it, raises Parked after the page in hand,
    or when none comes.
    """
    journal.discard_if_old(run)
    if not run.journal.exists():
        claim.beat(run, read_objects=0)
    streams = {name: _starting(run, client, name, select) for name, select in selects(run.connection).items()}
    if all(stream.is_full and stream.number == 0 for stream in streams.values()):
        claim.beat(run, expected_objects=_expected(client, streams))
    while waiting := [stream for stream in streams.values() if not stream.is_complete and stream.error is None]:
        for stream in _read(run, client, waiting, deadline):
            streams[stream.name] = _afresh(run, client, stream) if _has_expired(stream) else stream
    return streams


def _expected(client: GraphClient, streams: Iterable[str]) -> int:
    """How many objects Entra counts, for the bar; 0 when it does not say, since a run never fails for that."""
    try:
        return sum(client.count(f"/{name}") for name in streams)
    except GraphError:
        return 0


def _has_expired(stream: Stream) -> bool:
    """Whether to start the round over: not for ever, and not where it had only just started."""
    at_start = stream.is_full and stream.number == 0
    return isinstance(stream.error, DeltaLinkExpired) and not at_start and stream.restarts < MOST_RESTARTS


def _starting(run: SyncRun, client: GraphClient, name: str, select: tuple[str, ...]) -> Stream:
    """Go on with the journal, else from the stored delta link, else from nothing."""
    fingerprint = hashlib.sha256(f"{run.connection.client_id} {','.join(select)}".encode()).hexdigest()
    page = journal.last_page(run, name)
    if page and page.fingerprint == fingerprint:
        return Stream(name, select, fingerprint, page.is_full, page.next_link, page.number + 1, page.delta_link)
    journal.discard(run, name)
    fresh = timezone.now() - LINK_LIFE + SAFETY
    usable = DeltaLink.objects.filter(connection=run.connection, stream=name, fingerprint=fingerprint)
    kept = None if run.kind == SyncRun.Kind.FULL else usable.filter(taken_at__gt=fresh).first()
    link = kept.link if kept else delta_url(client.cloud, name, select)
    return Stream(name, select, fingerprint, kept is None, link)


def _afresh(run: SyncRun, client: GraphClient, stream: Stream) -> Stream:
    """Start a round over whose link Microsoft no longer takes."""
    journal.discard(run, stream.name)
    link = delta_url(client.cloud, stream.name, stream.select)
    return replace(stream, is_full=True, link=link, number=0, error=None, restarts=stream.restarts + 1)


def _read(run: SyncRun, client: GraphClient, streams: list[Stream], deadline: float | None) -> Iterable[Stream]:
    """Fetch the streams side by side and journal their pages as they come."""
    arrived: queue.Queue[tuple[str, Page | GraphError | BaseException]] = queue.Queue(maxsize=2 * len(streams))
    stop = threading.Event()
    pool = ThreadPoolExecutor(len(streams), thread_name_prefix="graph")
    state = {stream.name: stream for stream in streams}
    reading = set(state)
    try:
        for stream in streams:
            pool.submit(_fetch, client, stream, arrived, stop)
        while reading:
            try:
                name, answer = arrived.get(timeout=IDLE)
            except queue.Empty:
                claim.beat(run, requests=client.requests)
            else:
                state[name] = _keep(run, state[name], answer)
                if state[name].error or state[name].is_complete:
                    reading.discard(name)
            if reading and deadline is not None and monotonic() > deadline:
                raise Parked
    finally:
        stop.set()
        pool.shutdown(wait=False, cancel_futures=True)
    return state.values()


def _fetch(client: GraphClient, stream: Stream, arrived: queue.Queue, stop: threading.Event) -> None:
    def hand_over(answer) -> None:
        while not stop.is_set():
            try:
                arrived.put((stream.name, answer), timeout=0.2)
            except queue.Full:
                continue
            return

    try:
        for page in delta_pages(client, stream.link):
            hand_over(page)
            if stop.is_set():
                return
    except BaseException as error:  # handed to the thread that waits for it
        hand_over(error)


def _keep(run: SyncRun, stream: Stream, answer: Page | BaseException) -> Stream:
    if isinstance(answer, GraphError):
        return replace(stream, error=answer)
    if isinstance(answer, BaseException):
        raise answer
    page = JournalPage(
        source=stream.name,
        number=stream.number,
        is_full=stream.is_full,
        fingerprint=stream.fingerprint,
        next_link=answer.next_link,
        delta_link=answer.delta_link,
    )
    journal.write(run, page, answer.items)
    return replace(stream, link=answer.next_link, number=stream.number + 1, delta_link=answer.delta_link)
