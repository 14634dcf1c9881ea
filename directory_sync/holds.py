"""What staff decide about a held run: the losses are right, or they are not."""

from django.db import transaction

from .connections import record
from .models import Group, HeldRemoval, SyncRun
from .sync import claim

HOLDING = (SyncRun.State.SUCCEEDED, SyncRun.State.PARTIAL)


def waiting_removals(run: SyncRun):
    """Links of the run's connection that wait for a decision."""
    return HeldRemoval.objects.filter(group__connection=run.connection, decision=HeldRemoval.Decision.WAITING)


def release(run: SyncRun, *, by: str, user=None) -> SyncRun | None:
    """Accept the losses that the run names and queue another run, which a worker, or the caller, claims.

    People who would leave are accepted by id, so that more of them are held again; of links, those that
    wait. None when there is nothing to release, or another run is active: that is asked first, since to queue a
    run beside one that is being applied would wait for its end.
    """
    with transaction.atomic():
        if run.connection.runs.active().exists():
            return None
        is_held = run.state == SyncRun.State.HELD
        if not is_held and not (run.state in HOLDING and waiting_removals(run).exists()):
            return None
        again = claim.queue(run.connection, SyncRun.Trigger.RELEASE, releases=run if is_held else None)
        if again is None:
            return None
        if not is_held:
            waiting_removals(run).update(decision=HeldRemoval.Decision.ACCEPTED)
        record(run.connection, "held run released", by=by, user=user, subject=str(run.pk), losses=len(run.losses))
    return again


def dismiss(run: SyncRun, *, by: str, user=None) -> bool:
    """Keep the people whom the run would take away. They are not asked about again until there are more.

    False when there is nothing to dismiss, or a run is active."""
    with transaction.atomic():
        if run.connection.runs.active().exists():
            return False  # a run under way judges anew
        held = SyncRun.objects.filter(pk=run.pk, state=SyncRun.State.HELD)
        dismissed = bool(held.update(state=SyncRun.State.DISMISSED))
        if not dismissed:
            if run.state not in HOLDING:
                return False
            dismissed = bool(waiting_removals(run).update(decision=HeldRemoval.Decision.KEPT))
            held_groups = run.connection.groups.filter(status=Group.Status.HELD)
            held_groups.update(status=Group.Status.SYNCED, problem="")
        if dismissed:
            record(run.connection, "held run dismissed", by=by, user=user, subject=str(run.pk))
    return dismissed
