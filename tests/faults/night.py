"""One night seen from outside: where the fault struck, how the run ended, what is told and what was changed."""

from fnmatch import fnmatchcase
from typing import NamedTuple

from demo.tenant.server import TenantServer
from directory_sync.diagnosis import diagnose
from directory_sync.models import Connection, JournalPage, SyncRun
from directory_sync.sync import claim
from directory_sync.sync.perform import perform
from tests.faults.snapshot import Facts, changes, snapshot

# The request tells the stage: which part of a run asks for what.
STAGES = {
    "*/token": "sign-in",
    "*/openid-configuration": "sign-in",
    "*/delta": "pull",
    "*/users/$count": "pull",
    "*/groups/$count": "pull",
    "*/transitiveMembers/*": "verify",
    "*/$batch": "confirm",
    "*/members": "confirm",
    "*/memberOf": "confirm",
    "/v1.0/*/*": "confirm",
}


class Night(NamedTuple):
    """`struck`: the stages in which the fault was met, in their order; `words`: title and who acts, "" when well."""

    struck: str
    state: str
    problem: str
    words: str
    who: str
    changed: Facts
    kind: str
    run: SyncRun


def night(connection: Connection, server: TenantServer, *, full: bool = False) -> Night:
    """Do one run and tell it."""
    run = claim.begin(
        Connection.objects.get(pk=connection.pk), SyncRun.Trigger.COMMAND, full=full
    )  # never by chance its full night
    assert run is not None, "another run is active"
    before = snapshot(connection)
    perform(run)
    return told(run, before, server)


def told(run: SyncRun, before: Facts, server: TenantServer) -> Night:
    """A run that is over, in words. Also checks what holds after every run: nothing active, no journal left."""
    run.refresh_from_db()
    assert not run.connection.runs.active().exists()
    assert not JournalPage.objects.filter(run__connection=run.connection).exists()
    struck = dict.fromkeys(_stage(path) for path in list(server.faults.struck))
    says = diagnose(run.problem, run.problem_subject) if run.problem else None
    return Night(
        struck=", ".join(struck),
        state=run.state,
        problem=run.problem,
        words=says.title if says else "",
        who=says.who if says else "",
        changed=changes(before, snapshot(run.connection)),
        kind=run.kind,
        run=run,
    )


def _stage(path: str) -> str:
    return next(stage for pattern, stage in STAGES.items() if fnmatchcase(path, pattern.replace("[", "[[]")))
