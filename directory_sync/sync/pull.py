"""Reading: from Graph into the journal, each stream for itself and all side by side.

What the fetch threads read is written, and for a full round staged, by the thread that holds the run. A stream
that fails ends alone: the others go on, and it keeps its rows and its delta link.
"""

import hashlib
import queue
import sys
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from time import monotonic

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from ..graph.client import GraphClient
from ..graph.errors import DeltaLinkExpired, GraphError
from ..graph.reads import delta_url
from ..models import Connection, DeltaLink, JournalPage, SyncRun
from . import attributes, claim, fetch, journal
from .fetch import LISTING, MEMBERS, Answer, Walk
from .staging import Staging

LINK_LIFE = timedelta(days=7)  # delta-query-overview, for directory objects
SAFETY = timedelta(hours=12)
MOST_RESTARTS = 2  # of a stream, in one go
SWITCH = 0.0005  # seconds; a thread that has an answer must not wait long for the one that writes
IDLE = 10.0  # seconds without a page after which the run says that it lives


class Parked(Exception):
    """The deadline is near; what was read is in the journal for the next worker."""


@dataclass(frozen=True)
class Stream:
    """One delta round: where it goes on, and what is known when it is over. `walk`: groups read one by one before."""

    name: str
    select: tuple[str, ...]
    fingerprint: str
    is_full: bool
    link: str
    number: int = 0
    delta_link: str = ""
    error: GraphError | None = None
    restarts: int = 0
    walk: Walk | None = None

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


def pull(run: SyncRun, client: GraphClient, staging: Staging, *, deadline: float | None = None) -> dict[str, Stream]:
    """Read every stream to its end, going on where the journal stops. Returns the streams by name.

    Full rounds are staged on the way. `deadline` is a `time.monotonic()` value; past it, raises Parked after the
    page in hand, or when none comes.
    """
    journal.discard_if_old(run)
    resumes = run.journal.exists()
    claim.beat(run, stage="reading", **({} if resumes else {"read_objects": 0}))
    chosen = selects(run.connection).items()
    streams = {name: _starting(run, client, name, select, resumes=resumes) for name, select in chosen}
    for stream in streams.values() if resumes else ():
        _stage_again(run, stream, staging)
    while waiting := [stream for stream in streams.values() if not stream.is_complete and stream.error is None]:
        for stream in _Reading(run, client, staging, waiting).until(deadline):
            streams[stream.name] = _afresh(run, client, stream, staging) if _has_expired(stream) else stream
    for stream in streams.values():
        if stream.error:
            staging.forget(stream.name)
        elif stream.name in staging.people_again:
            staging.settle(stream.name, journal.items(run, stream.name))
    return streams


def _has_expired(stream: Stream) -> bool:
    """Whether to start the round over: not for ever, and not where it had only just started."""
    at_start = stream.is_full and stream.number == 0 and stream.walk is None
    return isinstance(stream.error, DeltaLinkExpired) and not at_start and stream.restarts < MOST_RESTARTS


def _starting(run: SyncRun, client: GraphClient, name: str, select: tuple[str, ...], *, resumes: bool) -> Stream:
    """Go on with the journal, if there is one, else from the stored delta link, else from nothing."""
    fingerprint = hashlib.sha256(f"{run.connection.client_id} {','.join(select)}".encode()).hexdigest()
    if resumes and (stream := _resumed(run, name, select, fingerprint)):
        return stream
    fresh = timezone.now() - LINK_LIFE + SAFETY
    usable = DeltaLink.objects.filter(connection=run.connection, stream=name, fingerprint=fingerprint)
    kept = None if run.kind == SyncRun.Kind.FULL else usable.filter(taken_at__gt=fresh).first()
    link = kept.link if kept else delta_url(client.cloud, name, select)
    return Stream(name, select, fingerprint, kept is None, link)


def _resumed(run: SyncRun, name: str, select: tuple[str, ...], fingerprint: str) -> Stream | None:
    """Where the journal stops; a journal of another app or of other properties is of no use, and goes."""
    walk = journal.first_page(run, LISTING) if name == "groups" else None
    page = journal.last_page(run, name) or walk
    if page and page.fingerprint == fingerprint:
        stream = Stream(name, select, fingerprint, page.is_full, page.next_link, page.number + 1, page.delta_link)
        if walk and page == walk:
            return replace(stream, link=walk.delta_link, number=0, delta_link="", walk=_walk_so_far(run, walk))
        return stream
    _discard(run, name)
    return None


def _walk_so_far(run: SyncRun, first: JournalPage) -> Walk:
    last = journal.last_page(run, LISTING) or first
    walk = Walk(last.next_link, first.delta_link)
    for source in (LISTING, MEMBERS):
        for items in journal.items(run, source):
            walk.note(source, items)
    return walk


def _stage_again(run: SyncRun, stream: Stream, staging: Staging) -> None:
    """Another worker has read these pages; what it had staged went with it."""
    if not stream.is_full:
        return
    for source in (LISTING, MEMBERS, "groups") if stream.name == "groups" else (stream.name,):
        for items in journal.items(run, source):
            with transaction.atomic():
                _stage(staging, stream.name, source, items)


def _stage(staging: Staging, stream: str, source: str, items: list) -> None:
    if source == MEMBERS:
        staging.add_members(items)
    else:
        staging.add(stream, items)


def _discard(run: SyncRun, stream: str) -> None:
    with transaction.atomic():
        claim.beat(run)
        for source in (LISTING, MEMBERS, "groups") if stream == "groups" else (stream,):
            journal.discard(run, source)


def _afresh(run: SyncRun, client: GraphClient, stream: Stream, staging: Staging) -> Stream:
    """Start a round over whose link Microsoft no longer takes."""
    _discard(run, stream.name)
    staging.forget(stream.name)
    link = delta_url(client.cloud, stream.name, stream.select)
    return Stream(stream.name, stream.select, stream.fingerprint, True, link, restarts=stream.restarts + 1)


class _Reading:
    """Streams that are read side by side, their pages journaled as they come."""

    def __init__(self, run: SyncRun, client: GraphClient, staging: Staging, streams: list[Stream]) -> None:
        self._run, self._client, self._staging = run, client, staging
        self._streams = {stream.name: stream for stream in streams}
        self._inbox = fetch.Inbox(self._streams)
        self._objects = Counter[str]()
        self._pool = ThreadPoolExecutor(2 * len(streams), thread_name_prefix="graph")
        self._expected: dict[str, Future[int]] = {}
        walks = any(stream.walk for stream in streams)
        self._numbers = {source: journal.next_number(run, source) if walks else 0 for source in (LISTING, MEMBERS)}

    def until(self, deadline: float | None) -> list[Stream]:
        """The streams when they have ended; raises Parked when the deadline comes before."""
        reading = set(self._streams)
        interval = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH)
        try:
            for stream in self._streams.values():
                self._pool.submit(self._inbox.fill, stream.name, self._ask(stream))
            while reading:
                try:
                    name, answer = self._inbox.take(IDLE)
                except queue.Empty:
                    claim.beat(self._run, requests=self._client.requests)
                else:
                    stream = self._streams[name] = self._keep(self._streams[name], answer)
                    if stream.error or stream.is_complete:
                        reading.discard(name)
                if reading and deadline is not None and monotonic() > deadline:
                    raise Parked
        finally:
            sys.setswitchinterval(interval)
            self._inbox.stop.set()
            self._pool.shutdown(wait=False, cancel_futures=True)
        return list(self._streams.values())

    def _ask(self, stream: Stream) -> fetch.Ask:
        """How the rest of a stream is asked for; beside a round from nothing, how many objects there are."""
        if stream.walk:
            return partial(fetch.walk_answers, self._client, stream.walk)
        if stream.is_full and stream.number == 0:
            self._expected[stream.name] = self._pool.submit(self._count, stream.name)
            if stream.name == "groups" and not self._staging.has_rows:
                expected = self._expected["groups"]
                return partial(fetch.first_groups, self._client, stream.select, stream.link, expected)
        return partial(fetch.delta_answers, self._client, stream.name, stream.link)

    def _count(self, stream: str) -> int:
        """How many objects Entra counts, for the bar; 0 when it does not say, since a run never fails for that."""
        try:
            return self._client.count(f"/{stream}")
        except GraphError:
            return 0

    def _keep(self, stream: Stream, answer: Answer | BaseException) -> Stream:
        if isinstance(answer, GraphError):
            return replace(stream, error=answer)
        if isinstance(answer, BaseException):
            raise answer
        if answer.restarts:
            _discard(self._run, stream.name)
            self._staging.forget(stream.name)
            claim.beat(self._run, read_objects=F("read_objects") - self._objects[stream.name])
            stream = replace(stream, number=0, walk=Walk(answer.page.next_link, answer.page.delta_link))
        is_walked = answer.source in self._numbers
        page = JournalPage(
            source=answer.source,
            number=self._numbers[answer.source] if is_walked else stream.number,
            is_full=stream.is_full,
            fingerprint=stream.fingerprint,
            next_link=answer.page.next_link,
            delta_link=answer.page.delta_link,
        )
        stage = partial(_stage, self._staging, stream.name, answer.source) if stream.is_full else None
        objects = 0 if answer.source == LISTING else len(answer.page.items)  # which are read with their members
        self._objects[stream.name] += objects
        journal.write(self._run, page, answer.page.items, stage, objects=objects, expected=self._all_expected())
        if is_walked:
            self._numbers[answer.source] += 1
            return stream
        return replace(stream, link=answer.page.next_link, number=stream.number + 1, delta_link=answer.page.delta_link)

    def _all_expected(self) -> int | None:
        """The counts together, once, as soon as all of them are there; None otherwise."""
        counts = list(self._expected.values())
        if len(counts) < len(self._streams) or not all(count.done() for count in counts):
            return None
        self._expected.clear()
        return sum(count.result() for count in counts)
