"""Setup links: made, mailed, found, asked for again, revoked. The token itself is never kept."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django_q.tasks import async_task

from directory_sync import notify
from directory_sync.models import Connection, Organization

from .activity import STAFF_UNKNOWN, record
from .models import LinkRequest, LinkToken, SetupLink
from .models.link import STATUS_DAYS

LIFE = timedelta(days=14)
TOKEN_BYTES = 32
MOST_ASKED_PER_HOUR = 3
MOST_MAILS_PER_REQUEST = 5
SECRET_PROBLEMS = ("secret_expired", "secret_wrong", "secret_is_id", "credential_missing")  # cured by a new secret
MOST_WAITING = 200  # requests for links that wait for a worker; more come from a machine


@transaction.atomic
def create(
    organization: Organization,
    *,
    owner_name: str,
    owner_email: str,
    intent: str = SetupLink.Intent.CONNECT,
    connection: Connection | None = None,
    by=None,
) -> tuple[SetupLink, str]:
    """A new link and its token, which nobody can read again afterwards. Mails nothing; `send` does."""
    link = SetupLink.objects.create(
        organization=organization,
        owner_name=owner_name,
        owner_email=owner_email,
        intent=intent,
        connection=connection,
        created_by=by,
        expires_at=timezone.now() + LIFE,
    )
    record(link, "setup link made", by=by, label=STAFF_UNKNOWN)
    return link, new_token(link)


def new_token(link: SetupLink, *, asked_for: bool = False) -> str:
    """One more key to the link; those that are out stay good. 256 random bits, URL-safe."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    LinkToken.objects.create(link=link, token_hash=hashed(token), asked_for=asked_for)
    return token


def hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def find(token: str) -> SetupLink | None:
    """The open link that this token leads to; None when it is unknown, expired or revoked. Changes nothing."""
    found = LinkToken.objects.filter(token_hash=hashed(token)).values("link_id")
    links = SetupLink.objects.open(timezone.now()).filter(pk__in=found)
    return links.select_related("organization", "draft_credential", "connection").first()


def url(token: str) -> str:
    """The personal address, absolute."""
    return settings.BASE_URL + reverse("onboarding:intake", args=[token])


def open_until(link: SetupLink) -> datetime:
    """When the link stops leading anywhere: the form's expiry, or 90 days after sending."""
    return link.submitted_at + timedelta(days=STATUS_DAYS) if link.submitted_at else link.expires_at


def send(link: SetupLink, token: str) -> None:
    """Mail the personal address to the setup owner. Raises what the mail server answers."""
    owner = link.connection or link  # of a live connection the owner may have become another
    notify.link_sent(
        link.organization.name, owner.owner_name, owner.owner_email, url(token), link.intent, open_until(link)
    )
    SetupLink.objects.filter(pk=link.pk).update(mailed_at=timezone.now())


@transaction.atomic
def resend(link: SetupLink, *, by=None) -> str | None:
    """A new token for another 14 days, in place of all the others. None when the link was revoked."""
    expires_at = timezone.now() + LIFE
    if not SetupLink.objects.filter(pk=link.pk, revoked_at=None).update(expires_at=expires_at):
        return None
    link.expires_at = expires_at
    link.tokens.all().delete()
    record(link, "setup link made anew", by=by, label=STAFF_UNKNOWN)
    return new_token(link)


@transaction.atomic
def revoke(link: SetupLink, *, by=None) -> bool:
    """Close the link at once and for good. False when it was already."""
    if not SetupLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=timezone.now()):
        return False
    record(link, "setup link revoked", by=by, label=STAFF_UNKNOWN)
    return True


@transaction.atomic
def ask(email: str) -> None:
    """Have a worker mail this address its links; takes the same time whether we know it or not."""
    lately = LinkRequest.objects.filter(created_at__gt=timezone.now() - timedelta(minutes=1))
    if lately.filter(email__iexact=email).exists() or lately.count() >= MOST_WAITING:
        return  # a worker is about to answer, or has more than enough to do
    asked = LinkRequest.objects.create(email=email)
    transaction.on_commit(lambda: async_task("onboarding.tasks.answer_request", asked.pk, cluster="now"))


def answer(request: LinkRequest) -> int:
    """Mail every link that the address is known to own, and return how many; done in a worker."""
    LinkRequest.objects.filter(pk=request.pk).delete()
    now = timezone.now()
    mine = Q(connection=None, owner_email__iexact=request.email) | Q(connection__owner_email__iexact=request.email)
    links = SetupLink.objects.open(now).filter(mine).select_related("organization", "connection")
    to_renew = Connection.objects.live().filter(owner_email__iexact=request.email, problem__in=SECRET_PROBLEMS)
    # What such a connection needs is a new secret, not a look at how it stands; a used renew link shows nothing new.
    others = links.exclude(connection__in=to_renew).exclude(intent=SetupLink.Intent.RENEW, submitted_at__isnull=False)
    known = [*_renew_links(to_renew), *others][:MOST_MAILS_PER_REQUEST]
    if not known:
        known = _links_of_live_connections(request.email)
    hour_ago = now - timedelta(hours=1)
    wanted = [
        link
        for link in known
        if link.tokens.filter(asked_for=True, created_at__gt=hour_ago).count() < MOST_ASKED_PER_HOUR
    ]
    for link in wanted:
        send(link, new_token(link, asked_for=True))
    return len(wanted)


def _links_of_live_connections(email: str) -> list[SetupLink]:
    """New links for an owner whose connections are live, but whose links have all run out."""
    connections = Connection.objects.live().filter(owner_email__iexact=email)[:MOST_MAILS_PER_REQUEST]
    made = []
    for connection in connections:
        access = connection.accesses.select_related("organization").order_by("pk").first()
        if access:
            made.append(_link_of(connection, access.organization, SetupLink.Intent.CHANGE))
    return made


def _renew_links(connections) -> list[SetupLink]:
    """For each connection the renew link that is open, or else a new one."""
    found = []
    for connection in connections[:MOST_MAILS_PER_REQUEST]:
        access = connection.accesses.select_related("organization").order_by("pk").first()
        mine = SetupLink.objects.to_fill_in(timezone.now()).filter(
            connection=connection, intent=SetupLink.Intent.RENEW, organization__accesses__connection=connection
        )
        link = mine.select_related("organization", "connection").first()
        if link is None and access:
            link = _link_of(connection, access.organization, SetupLink.Intent.RENEW)
        found += [link] if link else []
    return found


def _link_of(connection: Connection, organization: Organization, intent: str) -> SetupLink:
    """A link about a live connection: to see how it stands, or to renew its secret."""
    return SetupLink.objects.create(
        organization=organization,
        owner_name=connection.owner_name,
        owner_email=connection.owner_email,
        intent=intent,
        connection=connection,
        expires_at=timezone.now() + LIFE,
    )
