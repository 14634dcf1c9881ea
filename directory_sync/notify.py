"""Mails, each in text and HTML, sent at once and one to a person. None holds a secret value.

Addresses of pages that live elsewhere come in as plain URLs. The words stand in `templates/mail/`.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from .brand_css import mail_accent
from .diagnosis import Diagnosis, diagnose
from .models import Connection, Event, SyncRun

log = logging.getLogger(__name__)

TOLD_OF_FIRST_SYNC = "mailed: first sync done"
TOLD_OF_FAILURE = "mailed: sync failing"
TOLD_OF_REMOVALS = "mailed: removals held"
# A little under a day, so that two nightly runs are a day apart also when one of them started late.
A_DAY = timedelta(hours=20)


def link_sent(organization_name: str, to_name: str, to_email: str, url: str, intent: str, expires_at: datetime) -> None:
    """Hand the setup owner a personal link. `intent` is connect, renew or change."""
    facts = {"organization_name": organization_name, "url": url, "intent": intent, "expires_at": expires_at}
    _send("link_sent", to_email, name=to_name, **facts)


def renewal_code(organization_name: str, to_name: str, to_email: str, code: str) -> None:
    """Hand the setup owner the code that a renew link asks for."""
    _send("renewal_code", to_email, name=to_name, organization_name=organization_name, code=code)


def renewed(organization_name: str, to_name: str, to_email: str, old_secret_id: str = "") -> None:
    """Tell the setup owner that the new secret is in use, so that the old one can be deleted in Entra."""
    _send("renewed", to_email, name=to_name, organization_name=organization_name, old_secret_id=old_secret_id)


def submission_received(
    organization_name: str, to_name: str, to_email: str, status_url: str = "", review_url: str = ""
) -> None:
    """Thank the setup owner, and tell support that something waits; `review_url` goes to support alone."""
    facts = {"organization_name": organization_name, "owner_name": to_name, "owner_email": to_email}
    _send("submission_received", to_email, name=to_name, url=status_url, **facts)
    review_url = review_url or f"{settings.BASE_URL}{reverse('admin:index')}"
    _send("submission_waiting", settings.SUPPORT_EMAIL, url=review_url, **facts)


def changes_requested(organization_name: str, to_name: str, to_email: str, url: str, message: str) -> None:
    """Ask the setup owner to change what was sent; `message` is support's own words."""
    facts = {"organization_name": organization_name, "message": message, "url": url}
    _send("changes_requested", to_email, name=to_name, **facts)


def approved(organization_name: str, to_name: str, to_email: str, status_url: str = "") -> None:
    """Tell the setup owner that the directory is connected and its first sync begins."""
    _send("approved", to_email, name=to_name, organization_name=organization_name, url=status_url)


def editor_invited(organization_name: str, to_name: str, to_email: str, url: str, inviter: str) -> None:
    """Hand a new editor the link with which a password is chosen."""
    _send("editor_invited", to_email, name=to_name, organization_name=organization_name, url=url, inviter=inviter)


def first_sync_done(run: SyncRun) -> None:
    """Tell the setup owner and support what the first sync found."""
    facts = {"run": run, "recipients": run.connection.recipients.filter(left_out="").count()}
    for to_email, own in _audience(run.connection, with_owner=True):
        _send("first_sync_done", to_email, connection=run.connection, **own, **facts)


def sync_failing(run: SyncRun) -> None:
    """Tell who can act: the setup owner when the tenant has to change, and support always."""
    connection = run.connection
    diagnosis = _diagnosis(run)
    for to_email, own in _audience(connection, with_owner=diagnosis.who == "customer"):
        _send("sync_failing", to_email, connection=connection, run=run, diagnosis=diagnosis, **own)


def runs_late(connections: list[Connection]) -> None:
    """Tell support that runs which are due are not being done: the operator should look at the workers."""
    _send("runs_late", settings.SUPPORT_EMAIL, connections=connections, for_support=True)


def removals_held(run: SyncRun) -> None:
    """Tell support that a group would have lost many people at once, and that they are kept until somebody decides."""
    for to_email, own in _audience(run.connection, with_owner=False):
        _send("removals_held", to_email, connection=run.connection, run=run, diagnosis=diagnose("held_links"), **own)


def after_run(run: SyncRun, now: datetime | None = None) -> str:
    """Send what a finished run gives reason to, and return the verb of what was told, or "".

    A mail that can't be handed over is logged and tried again after the next run; it never fails this one.
    """
    now = now or timezone.now()
    verb = _reason(run, now)
    if not verb:
        return ""
    try:
        MAILS[verb](run)
    except (OSError, SMTPException) as error:
        log.error("mail about run %s could not be sent: %s", run.pk, type(error).__name__)
        return ""
    facts = {"problem": run.problem} if run.problem else {}
    Event.objects.create(
        at=now, connection=run.connection, verb=verb, actor_label="sync", subject=str(run.pk), facts=facts
    )
    return verb


MAILS = {
    TOLD_OF_FIRST_SYNC: first_sync_done,
    TOLD_OF_FAILURE: sync_failing,
    TOLD_OF_REMOVALS: removals_held,
}


def _reason(run: SyncRun, now: datetime) -> str:
    """The first sync once; a failure or a hold at once and then daily, per cause; what passes only after a day."""
    told = Event.objects.filter(connection=run.connection_id)
    if run.state in (SyncRun.State.SUCCEEDED, SyncRun.State.PARTIAL):
        if run.kind != SyncRun.Kind.GROUP and not told.filter(verb=TOLD_OF_FIRST_SYNC).exists():
            return TOLD_OF_FIRST_SYNC
        if run.held:
            lately = told.filter(verb=TOLD_OF_REMOVALS, at__gt=now - A_DAY)
            return "" if lately.exists() else TOLD_OF_REMOVALS
    if run.state not in (SyncRun.State.FAILED, SyncRun.State.PARTIAL, SyncRun.State.HELD):
        return ""
    connection = Connection.objects.get(pk=run.connection_id)  # as the run has left it
    if connection.state == Connection.State.DISCONNECTED:
        return ""
    since = connection.failing_since or now - A_DAY
    if _diagnosis(run).who == "wait" and since > now - A_DAY:
        return ""
    lately = told.filter(verb=TOLD_OF_FAILURE, facts__problem=run.problem, at__gte=since, at__gt=now - A_DAY)
    return "" if lately.exists() else TOLD_OF_FAILURE


def _diagnosis(run: SyncRun) -> Diagnosis:
    connection = run.connection
    return diagnose(run.problem, run.problem_subject, cloud=connection.cloud, client_id=connection.client_id)


def _audience(connection: Connection, *, with_owner: bool) -> Iterable[tuple[str, dict[str, Any]]]:
    """Who is told, each with what only he gets to see."""
    if with_owner:
        yield connection.owner_email, {"name": connection.owner_name}
    path = reverse("admin:directory_sync_connection_change", args=[connection.pk])
    yield settings.SUPPORT_EMAIL, {"for_support": True, "admin_url": f"{settings.BASE_URL}{path}"}


def _send(kind: str, to_email: str, **context: Any) -> None:
    context |= {
        "product_name": settings.PRODUCT_NAME,
        "support_email": settings.SUPPORT_EMAIL,
        "accent": mail_accent(settings.PRODUCT_ACCENT),
    }
    # A line break in a name would end the header.
    subject = " ".join(render_to_string(f"mail/{kind}.subject", context).split())
    mail = EmailMultiAlternatives(
        subject,
        render_to_string(f"mail/{kind}.txt", context).strip() + "\n",
        to=[to_email],
        reply_to=[settings.SUPPORT_EMAIL],
        headers={"Auto-Submitted": "auto-generated"},
    )
    mail.attach_alternative(render_to_string(f"mail/{kind}.html", context), "text/html")
    mail.send()
