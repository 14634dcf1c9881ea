"""A run from its claim to its end: pull, plan, confirm, apply."""

import logging
import resource
from contextlib import closing

from django.db import transaction
from django.utils import timezone

from .. import vault
from ..graph.client import GraphClient
from ..graph.errors import AccessDenied, GraphError
from ..models import Connection, Group, GroupClosure, Membership, Nesting, Recipient, SyncRun
from . import bulk, claim, counts, heap, journal, schedule
from .apply import apply
from .confirm import confirm
from .judge import TooManyLeave
from .plan import Plan, plan_directory
from .pull import Parked, Stream, pull
from .sign_in import open_client
from .staging import Staging
from .verify import verify
from .walk import plan_selected

log = logging.getLogger(__name__)


MANY_LINKS = 10_000  # read in a run, after which PostgreSQL's statistics are worth refreshing
MOST_ATTEMPTS = 20  # workers that may take up one run: many slices of a huge directory, and an end to a fatal one


class GaveUp(Exception):
    """No worker has come to the end of this run."""


class NotConfigured(Exception):
    """This installation lacks a key; the operator acts."""

    code = "sealing_key"


def perform(run: SyncRun, *, deadline: float | None = None) -> SyncRun:
    """Do the claimed run and return it as it ended; whatever goes wrong is on it, with a code.

    `deadline` is a `time.monotonic()` value; a run that reaches it is parked for the next worker.
    """
    try:
        _attempt(run, deadline)
    except claim.ClaimLost as lost:
        log.warning("%s was taken over by another worker", lost)
    run.refresh_from_db()
    return run


def _attempt(run: SyncRun, deadline: float | None) -> None:
    try:
        if run.attempt > MOST_ATTEMPTS:
            raise GaveUp(f"{MOST_ATTEMPTS} attempts")
        _perform(run, deadline)
    except claim.ClaimLost:
        raise
    except Parked:
        claim.park(run)
    except TooManyLeave as held:
        log.warning("run %s is held: %s would leave", run.pk, len(held.losses))
        _hold(run, held)
    except GraphError as error:
        log.warning("run %s failed: %s", run.pk, error)
        _fail(run, error)
    except (vault.SealingKeyMissing, vault.CannotOpen) as error:
        log.error("run %s failed: %s", run.pk, error)
        _fail(run, NotConfigured())
    except Exception as error:
        log.exception("run %s failed by a defect", run.pk)
        _fail(run, error)


def _perform(run: SyncRun, deadline: float | None) -> None:
    heap.share()
    with open_client(run.connection) as client, closing(Staging(run)) as staging:
        client.requests = run.requests  # of the workers before
        try:
            plan, streams = _read(run, client, staging, deadline)
        finally:
            run.requests = client.requests
        errors = [stream.error for stream in streams.values() if stream.error]
        if errors and len(errors) == len(streams):
            raise errors[0]
        errors += [plan.problem] if plan.problem else []
        _apply(run, plan, streams, errors, can_read_hidden="Member.Read.Hidden" in client.roles())
        if run.memberships >= MANY_LINKS:
            bulk.learn(Recipient, Group, Membership, Nesting, GroupClosure)
        counts.refresh_due(run.connection, everything=run.kind == SyncRun.Kind.FULL)
        _verify(run, client)


def _apply(
    run: SyncRun, plan: Plan, streams: dict[str, Stream], errors: list[GraphError], *, can_read_hidden: bool
) -> None:
    """Everything that the run changes, its own result included, in one transaction."""
    run.peak_rss_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    now = timezone.now()
    state = SyncRun.State.PARTIAL if errors else SyncRun.State.SUCCEEDED
    with transaction.atomic():
        apply(run, plan, streams, can_read_hidden=can_read_hidden, now=now)
        journal.discard(run)
        bulk.check_references()
        # Last of all, since "Sync now" and a change of options wait for the connection's row.
        claim.finish(run, state, error=errors[0] if errors else None)
        if any(_may_pass(error) for error in errors):
            schedule.retry(run.connection_id, now)


def _verify(run: SyncRun, client: GraphClient) -> None:
    """Hold our numbers against Entra's; the run is over, so what goes wrong here waits for another night."""
    try:
        verify(run.connection, client, timezone.now())
    except GraphError as error:
        log.warning("numbers could not be checked after run %s: %s", run.pk, error)
    SyncRun.objects.filter(pk=run.pk).update(requests=client.requests)


def _hold(run: SyncRun, held: TooManyLeave) -> None:
    """Keep everything as it is, and name who would leave. What somebody has dismissed is not held again."""
    run.losses, run.held = held.losses, len(held.losses)
    since = SyncRun.objects.filter(connection=run.connection_id, state=SyncRun.State.SUCCEEDED).first()
    dismissed = SyncRun.objects.filter(connection=run.connection_id, state=SyncRun.State.DISMISSED)
    if since:
        dismissed = dismissed.filter(created_at__gt=since.created_at)
    known = {entra_id for losses in dismissed.values_list("losses", flat=True) for entra_id in losses}
    state = SyncRun.State.DISMISSED if known.issuperset(held.losses) else SyncRun.State.HELD
    with transaction.atomic():
        claim.finish(run, state, error=held)
        journal.discard(run)


def _read(
    run: SyncRun, client: GraphClient, staging: Staging, deadline: float | None
) -> tuple[Plan, dict[str, Stream]]:
    """Everything the run needs from Graph, before it changes anything."""
    if run.connection.scope == Connection.Scope.SELECTED:
        run.kind = SyncRun.Kind.FULL
        claim.beat(run, kind=run.kind, stage="reading")
        return plan_selected(run, client, deadline=deadline), {}
    streams = pull(run, client, staging, deadline=deadline)
    if any(stream.is_full for stream in streams.values()):
        run.kind = SyncRun.Kind.FULL
    claim.beat(run, stage="planning", kind=run.kind, requests=client.requests)
    plan = plan_directory(run, streams, staging)
    confirm(plan, run, client)
    return plan, streams


def _fail(run: SyncRun, error: Exception) -> None:
    """End the run; what waiting can mend is tried again within hours, the rest next night."""
    now = timezone.now()
    with transaction.atomic():
        claim.finish(run, SyncRun.State.FAILED, now=now, error=error)
        if _may_pass(error):
            schedule.retry(run.connection_id, now)
        else:
            schedule.quarantine(run.connection_id, now)
        journal.discard(run)


def _may_pass(error: Exception) -> bool:
    """Whether trying again in a while may help: not where the customer has to do something first."""
    return not isinstance(error, AccessDenied)
