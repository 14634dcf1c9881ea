"""How each segment and each directory stands, in the words an editor reads."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..diagnosis import Diagnosis, diagnose
from ..models import Access, Connection, Group, SyncRun
from ..progress import time_left

# A night missed, and half a day to mend it in, before a list is called stale.
STALE_AFTER = {
    Connection.Cadence.NIGHTLY: timedelta(hours=36),
    Connection.Cadence.WEEKLY: timedelta(days=8),
}


@dataclass(frozen=True)
class DirectoryStanding:
    """A connection as it stands at a moment; `run` is the one under way, `is_held` whether one waits for support."""

    connection: Connection
    run: SyncRun | None
    now: datetime
    is_held: bool = False

    @property
    def name(self) -> str:
        return self.connection.name or _("your directory")

    @property
    def is_paused(self) -> bool:
        return self.connection.state == Connection.State.PAUSED

    @property
    def is_waiting(self) -> bool:
        """A sync is due and no worker has taken it yet."""
        due = self.connection.due_at
        return not (self.run or self.is_paused) and due is not None and due <= self.now

    @property
    def is_active(self) -> bool:
        """Something is about to change by itself: a sync is under way or due."""
        return self.run is not None or self.is_waiting

    @property
    def is_stale(self) -> bool:
        synced = self.connection.synced_at
        limit = STALE_AFTER[Connection.Cadence(self.connection.cadence)]
        return synced is not None and synced < self.now - limit

    @property
    def next_sync(self) -> datetime | None:
        return None if self.is_paused else self.connection.due_at

    @property
    def problem(self) -> Diagnosis | None:
        """What stopped the last sync, or a part of it; a hold is told in words of its own."""
        if self.is_held or not self.connection.problem:
            return None
        return diagnose(self.connection.problem, self.connection.problem_subject)

    @property
    def asks_owner(self) -> bool:
        """Whether it is the customer's own administrator who can mend it."""
        return self.problem is not None and self.problem.who == "customer"

    @property
    def progress(self) -> str:
        if self.run is None:
            return _("A sync is queued and starts within a minute.")
        pages = ngettext("%(n)s page so far", "%(n)s pages so far", self.run.pages) % {"n": self.run.pages}
        return {
            "planning": _("Comparing what was read with what is here."),
            "applying": _("Bringing the segments up to date."),
        }.get(self.run.stage, _("Reading the directory: %(pages)s.") % {"pages": pages})

    @property
    def time_left(self) -> str:
        return time_left(self.run) if self.run else ""


def directories(accesses: Iterable[Access], now: datetime) -> dict[object, DirectoryStanding]:
    """Connection id → how it stands, for what an organization may see; one query."""
    connections = [access.connection for access in accesses]
    telling = SyncRun.objects.filter(connection__in=connections, state__in=[*SyncRun.ACTIVE, SyncRun.State.HELD])
    runs = {(run.connection_id, run.state == SyncRun.State.HELD): run for run in telling}
    return {
        each.pk: DirectoryStanding(each, runs.get((each.pk, False)), now, is_held=(each.pk, True) in runs)
        for each in connections
    }


@dataclass(frozen=True)
class Standing:
    """`state` names the icon, `label` the word beside it, `why` what that means for the editor's list.

    `since` is when it came to stand so, for states that keep the list from being brought up to date.
    """

    state: str
    label: str
    why: str = ""
    ask: str = ""
    since: datetime | None = None

    @property
    def has_current_list(self) -> bool:
        """Whether the list is as the last sync left it."""
        return self.state in ("synced", "syncing", "paused")


def standing(group: Group | None, directory: DirectoryStanding, held: int = 0) -> Standing:
    """How a group stands, or with None a full directory; `held` is how many removals of the group wait.

    A group that is gone stays so; everything else is syncing while its directory is.
    """
    if group is not None and group.status == Group.Status.GONE:
        why = _("Deleted in Entra. Its people stay in, as they last were, until you untick it.")
        return Standing("gone", _("Gone"), why, since=group.status_at)
    if directory.run is not None:
        return Standing("syncing", _("Syncing"))
    if directory.is_paused:
        return Standing("paused", _("Paused"), _("Support has paused this directory; the list stays as it is."))
    return _of_group(group, directory, held) if group is not None else _of_everyone(directory)


def _of_group(group: Group, directory: DirectoryStanding, held: int) -> Standing:
    if diagnosis := problem_of(group):
        return Standing(
            "error", _("Error"), diagnosis.title, whom_to_ask(diagnosis, directory.connection), group.status_at
        )
    if group.status == Group.Status.HELD:
        return Standing("held", _("Held"), _what_waits(held), whom_to_ask_of_a_hold(), group.status_at)
    if group.status == Group.Status.SYNCED:
        return Standing("synced", _("Synced"))
    return Standing("waiting", _("Waiting"), _("Not read yet; the next sync reads it."))


def _what_waits(held: int) -> str:
    if not held:
        return _("Unusually many people would leave. Nobody was removed.")
    return ngettext(
        "%(n)d removal waits, and everybody concerned stays until then: unusually many at once.",
        "%(n)d removals wait, and everybody concerned stays until then: unusually many at once.",
        held,
    ) % {"n": held}


def whom_to_ask_of_a_hold() -> str:
    """Who decides whether a large change was meant."""
    return _("Support is looking at it; ask %(email)s.") % {"email": settings.SUPPORT_EMAIL}


def _of_everyone(directory: DirectoryStanding) -> Standing:
    connection = directory.connection
    if connection.synced_at is None:
        return Standing("waiting", _("Waiting"), _("Not read yet; the next sync reads it."))
    if directory.is_held:
        return Standing("held", _("Held"), _("Nothing was changed."), whom_to_ask_of_a_hold(), connection.synced_at)
    if directory.problem:
        return Standing("error", _("Error"), directory.problem.title, whom_to_ask(directory.problem, connection))
    return Standing("synced", _("Synced"))


def problem_of(group: Group) -> Diagnosis | None:
    """What keeps the group from being read."""
    return diagnose(group.problem) if group.status == Group.Status.ERROR else None


def whom_to_ask(diagnosis: Diagnosis, connection: Connection) -> str:
    """Who can mend it, by name where we know one."""
    if diagnosis.who == "customer":
        return _("Ask your IT administrator, %(name)s (%(email)s).") % {
            "name": connection.owner_name,
            "email": connection.owner_email,
        }
    if diagnosis.who == "wait":
        return _("Nothing to do: it is tried again by itself.")
    return _("Support is looking into it.")
