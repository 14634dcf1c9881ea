"""Renewal of a secret: a code shows who asks, the new secret is tried beside the old one, then takes its place.

The old secret is destroyed here the moment the new one takes over; the customer deletes it in Entra after our mail.
"""

import logging
import secrets
from dataclasses import asdict
from datetime import date, datetime, timedelta
from smtplib import SMTPException

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django_q.tasks import async_task

from directory_sync import notify, probe, vault
from directory_sync.connections import draft_credential
from directory_sync.graph.errors import GraphError
from directory_sync.models import Connection, Credential
from directory_sync.sync import schedule
from directory_sync.sync.sign_in import open_client

from . import checking
from .activity import record
from .models import LiveCheck, RenewalCode, SetupLink

log = logging.getLogger(__name__)

CODE_LIFE = timedelta(minutes=10)
MOST_TRIES = 5
MOST_CODES_PER_DAY = 6  # of one connection: at most 30 guesses a day at one in a million
CODE_PAUSE = timedelta(seconds=30)  # a second press of the button mails nothing
ENTERED_FOR = timedelta(minutes=30)
USELESS = frozenset({"secret_wrong", "secret_expired", "secret_is_id"})  # asking Entra again would not help


class TooManyCodes(Exception):
    """The connection's codes of this day are used up."""


class Closed(Exception):
    """The link renews nothing any more: used, revoked, run out, or its connection is gone."""


def may_renew(link: SetupLink) -> bool:
    """Whether the link is about a live connection that its organization has a part in."""
    if link.intent != SetupLink.Intent.RENEW or link.connection is None:
        return False
    is_live = link.connection.state != Connection.State.DISCONNECTED
    return is_live and link.connection.accesses.filter(organization_id=link.organization_id).exists()


def mail_code(link: SetupLink) -> None:
    """Mail the connection's owner a new code, which replaces those before it.

    Raises Closed, TooManyCodes, and what the mail server answers; then no code is out.
    """
    with transaction.atomic():
        connection = _locked(link)
        sent = RenewalCode.objects.filter(link__connection=connection)
        now = timezone.now()
        if sent.filter(link=link, created_at__gt=now - CODE_PAUSE, entered_at=None, tries=0).exists():
            return
        if sent.filter(created_at__gt=now - timedelta(days=1)).count() >= MOST_CODES_PER_DAY:
            raise TooManyCodes
        code = f"{secrets.randbelow(10**6):06}"
        made = RenewalCode.objects.create(link=link, code_hash=_hashed(link, code))
    try:
        notify.renewal_code(link.organization.name, connection.owner_name, connection.owner_email, code)
    except (OSError, SMTPException):
        made.delete()
        raise


def _hashed(link: SetupLink, code: str) -> str:
    return salted_hmac("onboarding.renewal", f"{link.pk} {code}", algorithm="sha256").hexdigest()


def waiting_code(link: SetupLink) -> RenewalCode | None:
    """The last code, while it can be entered."""
    code = RenewalCode.objects.filter(link=link).first()
    if code is None or code.entered_at or code.tries >= MOST_TRIES:
        return None
    return code if code.created_at > timezone.now() - CODE_LIFE else None


def enter_code(link: SetupLink, typed: str) -> RenewalCode | None:
    """The code when it is the one that was mailed last, and now used up; None costs one of its five tries."""
    code = waiting_code(link)
    if code is None:
        return None
    mine = RenewalCode.objects.filter(pk=code.pk, entered_at=None, tries__lt=MOST_TRIES)
    if not mine.update(tries=F("tries") + 1):
        return None
    if not constant_time_compare(code.code_hash, _hashed(link, "".join(typed.split()))):
        return None
    entered = RenewalCode.objects.filter(pk=code.pk, entered_at=None)
    return code if entered.update(entered_at=timezone.now()) else None


def has_entered(link: SetupLink, code_id: str) -> bool:
    """Whether this code of this link was entered within the last half hour."""
    since = timezone.now() - ENTERED_FOR
    return bool(code_id) and RenewalCode.objects.filter(link=link, pk=int(code_id), entered_at__gt=since).exists()


@transaction.atomic
def enter(link: SetupLink, secret: str, *, secret_id: str, expires_on: date) -> LiveCheck:
    """Seal the secret beside the current one, in place of any that was not verified, and have a worker try it.

    Raises Closed, `checking.TooManyChecks` and `vault.SealingKeyMissing`, and then keeps nothing.
    """
    connection = _locked(link)
    credential = draft_credential(secret, secret_id=secret_id, expires_on=expires_on)
    _retire(connection, Credential.Slot.NEXT)
    Credential.objects.filter(pk=credential.pk).update(connection=connection, slot=Credential.Slot.NEXT)
    record(link, "new secret entered")
    return _queue(link, connection, credential)


@transaction.atomic
def try_again(link: SetupLink) -> LiveCheck | None:
    """Try the waiting secret once more, when it is kept and nobody is at it. Raises as `enter` does."""
    connection = _locked(link)
    waiting = connection.credentials.filter(slot=Credential.Slot.NEXT).first()
    last = latest(link)
    if waiting is None or (last and last.state != LiveCheck.State.DONE):
        return None
    return _queue(link, connection, waiting)


def _locked(link: SetupLink) -> Connection:
    """The link's connection, locked against other renewals. Raises Closed."""
    connection = Connection.objects.select_for_update(no_key=True).live().filter(pk=link.connection_id).first()
    is_open = SetupLink.objects.to_fill_in(timezone.now()).filter(pk=link.pk).exists()
    if connection is None or not is_open or not may_renew(link):
        raise Closed
    return connection


def _queue(link: SetupLink, connection: Connection, credential: Credential) -> LiveCheck:
    hour_ago = timezone.now() - timedelta(hours=1)
    of_tenant = LiveCheck.objects.filter(tenant_id=connection.tenant_id)
    if of_tenant.filter(created_at__gt=hour_ago).count() >= checking.PER_TENANT_AND_HOUR:
        raise checking.TooManyChecks("hour")
    check = LiveCheck.objects.create(link=link, tenant_id=connection.tenant_id, fingerprint=credential.pk.hex)
    transaction.on_commit(lambda: async_task("onboarding.tasks.renew", check.pk, cluster="now"))
    return check


def latest(link: SetupLink) -> LiveCheck | None:
    """The last trial on this link; None when there is none, or its worker was lost."""
    check = link.live_checks.first()
    is_lost = check and check.state != LiveCheck.State.DONE and check.created_at < timezone.now() - checking.LOST_AFTER
    return None if is_lost else check


def has_next(link: SetupLink) -> bool:
    """Whether a secret waits to be verified."""
    return Credential.objects.filter(connection=link.connection, slot=Credential.Slot.NEXT).exists()


def destroy_unverified(before: datetime) -> int:
    """Destroy the secrets that were entered before this moment and never got a token; returns how many."""
    waiting = Credential.objects.filter(slot=Credential.Slot.NEXT, created_at__lt=before)
    return waiting.update(**_destroyed())


def verify(check: LiveCheck) -> bool:
    """Ask Entra for a token with the waiting secret, and let it take over when it gets one; in a worker."""
    queued = LiveCheck.objects.filter(pk=check.pk, state=LiveCheck.State.QUEUED)
    if not queued.update(state=LiveCheck.State.RUNNING):
        return False
    link, connection = check.link, check.link.connection
    waiting = Credential.objects.filter(connection=connection, slot=Credential.Slot.NEXT).first()
    if connection is None or waiting is None or waiting.pk.hex != check.fingerprint or not may_renew(link):
        _done(check, [])  # another secret was entered while this one waited, and has a trial of its own
        return False
    answer = _ask_entra(connection, waiting)
    if answer.ok:
        return _take_over(check, waiting)
    with transaction.atomic():
        if answer.problem in USELESS:
            Credential.objects.filter(pk=waiting.pk, slot=Credential.Slot.NEXT).update(**_destroyed())
        record(link, "new secret refused", label="system", problem=answer.problem)
        _done(check, [answer])
    return False


def _ask_entra(connection: Connection, credential: Credential) -> probe.Check:
    probed = probe.Probed(connection.cloud, connection.tenant_id, connection.client_id, credential)
    try:
        with open_client(probed, seconds=60) as client:
            client.roles()
    except (vault.SealingKeyMissing, vault.CannotOpen):
        return probe.Check("token", ok=False, problem="sealing_key")
    except GraphError as error:
        return probe.Check("token", ok=False, problem=error.code, subject=error.subject, request_id=error.request_id)
    return probe.Check("token", ok=True)


@transaction.atomic
def _take_over(check: LiveCheck, verified: Credential) -> bool:
    """The old secret is destroyed, the new one is current, the link is used up, and a sync is due: all or nothing."""
    link, now = check.link, timezone.now()
    connection = Connection.objects.select_for_update(no_key=True).live().filter(pk=link.connection_id).first()
    waits = Credential.objects.filter(pk=verified.pk, slot=Credential.Slot.NEXT)
    if connection is None or not waits.exists():
        _done(check, [])
        return False
    old = connection.current_credential()
    _retire(connection, Credential.Slot.CURRENT)
    waits.update(slot=Credential.Slot.CURRENT, verified_at=now)
    SetupLink.objects.filter(pk=link.pk).update(submitted_at=now)
    record(link, "secret renewed", label="system", secret_id=verified.secret_id)
    schedule.sync_now(connection)
    _done(check, [probe.Check("token", ok=True)])
    transaction.on_commit(lambda: _tell(link, connection, old.secret_id if old else ""))
    return True


def _tell(link: SetupLink, connection: Connection, old_secret_id: str) -> None:
    """A mail that can't be handed over is logged; the page says the same."""
    try:
        notify.renewed(link.organization.name, connection.owner_name, connection.owner_email, old_secret_id)
    except (OSError, SMTPException) as error:
        log.error("mail about renewal on link %s could not be sent: %s", link.pk, type(error).__name__)


def _retire(connection: Connection, slot: str) -> None:
    Credential.objects.filter(connection=connection, slot=slot).update(**_destroyed())


def _destroyed() -> dict[str, object]:
    return {"slot": Credential.Slot.RETIRED, "sealed": "", "retired_at": timezone.now()}


def _done(check: LiveCheck, answers: list[probe.Check]) -> None:
    told = [asdict(answer) for answer in answers]
    LiveCheck.objects.filter(pk=check.pk).update(state=LiveCheck.State.DONE, answers=told, finished_at=timezone.now())
