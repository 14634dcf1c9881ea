"""Live checks of a draft or a submission: limited, queued, done by a worker, shown as long as they fit the answers."""

import hashlib
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import orjson
from django.db import transaction
from django.utils import timezone
from django_q.tasks import async_task

from directory_sync import probe
from directory_sync.models import Connection, Credential

from . import drafts
from .models import LiveCheck, SetupLink, Submission

PER_LINK = 20
PER_TENANT_AND_HOUR = 10
NEEDED = ("client_id", "tenant_id", "cloud", "scope", "group_ids", "secret_value")
LOST_AFTER = timedelta(minutes=10)


class TooManyChecks(Exception):
    """The link's or the tenant's checks are used up; `per` is `link` or `hour`."""

    def __init__(self, per: str) -> None:
        super().__init__(f"No more checks for this {per}.")
        self.per = per


class NotReady(Exception):
    """The ids or the secret are missing or wrong, so there is nothing to ask Entra."""


def ask(link: SetupLink) -> LiveCheck:
    """Check the draft as it stands. Raises NotReady and TooManyChecks."""
    probed = probed_draft(link)
    if probed is None:
        raise NotReady
    return _queue(link, probed)


def start(link: SetupLink, submission: Submission) -> LiveCheck | None:
    """Check a submission, unless the same answers have just been checked or the checks are used up."""
    probed = probed_submission(submission)
    before = link.live_checks.filter(fingerprint=fingerprint(probed), state=LiveCheck.State.DONE).first()
    if before:
        Submission.objects.filter(pk=submission.pk).update(checks=before.answers)
        return before
    try:
        return _queue(link, probed, submission)
    except TooManyChecks:
        return None


def repeat(submission: Submission) -> LiveCheck:
    """Check a submission anew, as staff ask. Raises TooManyChecks."""
    return _queue(submission.link, probed_submission(submission), submission)


@transaction.atomic
def _queue(link: SetupLink, probed: probe.Probed, submission: Submission | None = None) -> LiveCheck:
    SetupLink.objects.select_for_update().get(pk=link.pk)  # two requests at once count one after the other
    hour_ago = timezone.now() - timedelta(hours=1)
    if LiveCheck.objects.filter(link=link).count() >= PER_LINK:
        raise TooManyChecks("link")
    if LiveCheck.objects.filter(tenant_id=probed.tenant_id, created_at__gt=hour_ago).count() >= PER_TENANT_AND_HOUR:
        raise TooManyChecks("hour")
    check = LiveCheck.objects.create(
        link=link, submission=submission, tenant_id=probed.tenant_id, fingerprint=fingerprint(probed)
    )
    transaction.on_commit(lambda: async_task("onboarding.tasks.check", check.pk, cluster="now"))
    return check


def perform(check: LiveCheck) -> bool:
    """Ask Entra and keep the answers; in a worker, which can open the secret. False when it was done already."""
    queued = LiveCheck.objects.filter(pk=check.pk, state=LiveCheck.State.QUEUED)
    if not queued.update(state=LiveCheck.State.RUNNING):
        return False
    probed = probed_submission(check.submission) if check.submission else probed_draft(check.link)
    if probed is None or fingerprint(probed) != check.fingerprint:
        answers: list[dict[str, Any]] = []  # the answers changed while this waited; nobody would see the result
    else:
        answers = [asdict(answer) for answer in probe.check_connection(probed)]
    LiveCheck.objects.filter(pk=check.pk).update(
        state=LiveCheck.State.DONE, answers=answers, finished_at=timezone.now()
    )
    if check.submission:
        Submission.objects.filter(pk=check.submission.pk).update(checks=answers)
    return True


def latest(link: SetupLink) -> LiveCheck | None:
    """The last check of the draft as it stands now; None when there is none, or its worker was lost."""
    probed = probed_draft(link)
    if probed is None:
        return None
    lost = timezone.now() - LOST_AFTER
    check = link.live_checks.filter(fingerprint=fingerprint(probed)).first()
    return None if check and check.state != LiveCheck.State.DONE and check.created_at < lost else check


def is_under_way(submission: Submission) -> bool:
    """Whether a worker has yet to answer for this submission."""
    waiting = submission.live_checks.exclude(state=LiveCheck.State.DONE)
    return waiting.filter(created_at__gt=timezone.now() - LOST_AFTER).exists()


def probed_draft(link: SetupLink) -> probe.Probed | None:
    """The draft as something that can be checked; None while an id or the secret is missing or wrong."""
    form = drafts.complete(link)
    form.full_clean()
    cleaned = form.cleaned_data
    if any(name in form.errors for name in NEEDED):
        return None
    return probe.Probed(
        cloud=cleaned["cloud"],
        tenant_id=cleaned["tenant_id"],
        client_id=cleaned["client_id"],
        credential=link.draft_credential,
        scope_group_ids=tuple(cleaned["group_ids"]),
        sync_contacts=cleaned["sync_contacts"],
    )


def probed_submission(submission: Submission) -> probe.Probed:
    """A submission as something that can be checked."""
    credential: Credential | None = submission.credential
    return probe.Probed(
        cloud=Connection.CloudName(submission.cloud),
        tenant_id=submission.tenant_id,
        client_id=submission.client_id,
        credential=credential,
        scope_group_ids=tuple(submission.group_ids),
        sync_contacts=submission.sync_contacts,
    )


def fingerprint(probed: probe.Probed) -> str:
    """Tells whether answers are about what is in the form now."""
    facts = [
        *(probed.cloud, probed.tenant_id, probed.client_id, probed.sync_contacts),
        str(probed.credential.pk if probed.credential else ""),
        sorted(probed.scope_group_ids),
    ]
    return hashlib.sha256(orjson.dumps(facts)).hexdigest()
