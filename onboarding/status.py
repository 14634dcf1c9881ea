"""Where a submission stands, for whoever holds the link: words, counts and dates, no ids and no names."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from directory_sync.diagnosis import Diagnosis, diagnose
from directory_sync.models import Connection, SyncRun
from directory_sync.progress import time_left

from . import checking
from .mistakes import is_guid
from .models import SetupLink, Submission
from .wording import STAGES


@dataclass(frozen=True)
class Step:
    """One station on the way. `state` is one of the look's states, `label` its word."""

    title: str
    state: str
    label: str
    note: str = ""
    at: datetime | None = None
    percent: int | None = None


@dataclass(frozen=True)
class Status:
    """The whole page. `live`: whether something is under way that is worth asking about again soon."""

    steps: list[Step]
    problems: list[Diagnosis] = field(default_factory=list)
    live: bool = False
    message: str = ""
    last_synced: datetime | None = None
    secret_expires_on: date | None = None
    is_online: bool = False


def of(link: SetupLink) -> Status:
    """The state of the link's last submission and of the connection that came out of it."""
    submission = link.submissions.select_related("credential", "connection").first()
    connection = submission.connection if submission else link.connection
    steps = _intake(submission) if submission else []
    if connection is None:
        return Status(
            steps=[*steps, _waiting(_("First sync")), _waiting(_("Online"))],
            problems=_problems(submission.checks) if submission else [],
            live=submission is not None and submission.state != Submission.State.DECLINED,
            message=submission.message if submission else "",
        )
    first = connection.runs.order_by("created_at").first()
    active = connection.runs.active().first()
    credential = connection.current_credential()
    failing = [diagnose(connection.problem, _public(connection.problem_subject))] if connection.problem else []
    return Status(
        steps=[*steps, _first_sync(connection, active or first), _online(connection)],
        problems=failing,
        live=active is not None or connection.synced_at is None,
        last_synced=connection.synced_at,
        secret_expires_on=credential.expires_on if credential else None,
        is_online=connection.synced_at is not None,
    )


def _intake(submission: Submission) -> list[Step]:
    received = Step(_("Received"), "ok", _("Done"), at=submission.created_at)
    return [received, _checked(submission), _decided(submission)]


def _checked(submission: Submission) -> Step:
    title = _("Checked with Entra")
    if submission.checks is None:
        if checking.is_under_way(submission):
            return Step(title, "running", _("Checking"))
        return Step(title, "waiting", _("Waiting"), _("We check by hand."))
    wrong = sum(not answer["ok"] for answer in submission.checks)
    if wrong:
        found = ngettext("%(count)d point has to be mended.", "%(count)d points have to be mended.", wrong)
        return Step(title, "warn", _("Not yet right"), found % {"count": wrong})
    return Step(title, "ok", _("Done"), _("Entra lets us in, and every permission is there."))


def _decided(submission: Submission) -> Step:
    title = _("Approved")
    if submission.state == Submission.State.APPROVED:
        return Step(title, "ok", _("Done"), at=submission.decided_at)
    if submission.state == Submission.State.DECLINED:
        return Step(title, "bad", _("Declined"), at=submission.decided_at)
    return Step(title, "waiting", _("Waiting"), _("Our support looks at it; you get a mail."))


def _first_sync(connection: Connection, run: SyncRun | None) -> Step:
    title = _("First sync")
    if connection.synced_at:
        return Step(title, "ok", _("Done"))
    if run is None or run.state == SyncRun.State.QUEUED:
        return Step(title, "queued", _("Queued"), _("It starts within a minute or two."))
    if run.state == SyncRun.State.RUNNING:
        return Step(title, "running", _("Running"), progress(run), percent=run.percent)
    return Step(title, "failed", _("Failed"), _("We try again by ourselves, and at once when the cause is mended."))


def progress(run: SyncRun) -> str:
    """What a run is doing, with what it has read so far and how long it goes on."""
    told = [str(STAGES.get(run.stage, STAGES["reading"]))]
    if run.pages:
        told.append(ngettext("%(count)d page read", "%(count)d pages read", run.pages) % {"count": run.pages})
    if run.percent is not None:
        told.append(_("%(percent)d %%") % {"percent": run.percent})
    return " · ".join(filter(None, [*told, time_left(run)]))


def _online(connection: Connection) -> Step:
    title = _("Online")
    if connection.state == Connection.State.DISCONNECTED:
        return Step(title, "gone", _("Disconnected"))
    if connection.synced_at is None:
        return _waiting(title)
    if connection.state == Connection.State.PAUSED:
        return Step(title, "paused", _("Paused"))
    if connection.problem:
        return Step(title, "error", _("Needs attention"), _("The lists stay as they were at the last good sync."))
    return Step(title, "synced", _("Online"))


def _waiting(title: str) -> Step:
    return Step(title, "waiting", _("Waiting"))


def _problems(checks: list[dict[str, Any]] | None) -> list[Diagnosis]:
    """One diagnosis for each cause, not for each check that it failed."""
    wrong = {(answer["problem"], _public(answer["subject"])) for answer in checks or [] if not answer["ok"]}
    return [diagnose(code, subject) for code, subject in sorted(wrong)]


def _public(subject: str) -> str:
    return "" if is_guid(subject) else subject
