"""From a finished draft to a submission. The conditional UPDATE of the link is the lock: sent twice is sent once."""

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from directory_sync import notify
from directory_sync.models import Credential

from . import checking, drafts, links
from .activity import record
from .forms import IntakeForm
from .models import SetupLink, Submission
from .models.submission import SENT


class Incomplete(Exception):
    """The draft can't be sent yet; `form` says what is missing."""

    def __init__(self, form: IntakeForm) -> None:
        super().__init__("The draft is incomplete.")
        self.form = form


@transaction.atomic
def send(link: SetupLink) -> Submission | None:
    """Close the form, keep what it says as testimony, tell people and check it. None when it was sent already.

    Raises Incomplete, and then changes nothing.
    """
    now = timezone.now()
    if not SetupLink.objects.to_fill_in(now).filter(pk=link.pk).update(submitted_at=now):
        return None
    link = SetupLink.objects.select_related("organization", "draft_credential", "connection").get(pk=link.pk)
    form = drafts.complete(link)
    if not form.is_valid():
        raise Incomplete(form)
    submission = _keep(link, form)
    record(submission, "submission received")
    checking.start(link, submission)
    transaction.on_commit(lambda: tell_received(submission), robust=True)
    return submission


def _keep(link: SetupLink, form: IntakeForm) -> Submission:
    sent = {name: form.cleaned_data[name] for name in SENT}
    link.submissions.filter(state=Submission.State.CHANGES_REQUESTED).update(state=Submission.State.SUPERSEDED)
    if link.draft_credential:
        named = {"secret_id": sent["secret_id"], "expires_on": sent["secret_expires_on"]}
        Credential.objects.filter(pk=link.draft_credential.pk).update(**named)
    return Submission.objects.create(
        link=link,
        organization=link.organization,
        connection=link.connection,
        credential=link.draft_credential,
        **sent,
    )


def tell_received(submission: Submission) -> None:
    """The receipt, with an address of its own for the status page; and word to support."""
    notify.submission_received(
        submission.organization.name,
        submission.owner_name,
        submission.owner_email,
        status_url=links.url(links.new_token(submission.link)),
        review_url=settings.BASE_URL + reverse("admin:onboarding_submission_change", args=[submission.pk]),
    )
