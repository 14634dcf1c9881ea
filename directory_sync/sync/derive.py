"""The recipient rule: who of a group's people gets the newsletter, at which address, and why others do not.

The rule is one SQL expression over a row's facts and the connection's options, so that a changed option
re-derives a whole directory by one UPDATE. What SQL can't say, whether an address is a deliverable one, is
a fact of the row, set when the row is written.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.fields import CharField
from email_validator import EmailNotValidError, validate_email

from ..models import Connection, Recipient
from . import attributes

LeftOut = Recipient.LeftOut
CHUNK = 5_000
# Local parts about which there is nothing to find out; all others go through the library one by one.
PLAIN_LOCAL = re.compile(r"[A-Za-z0-9_-]+(?:[.+][A-Za-z0-9_-]+)*", re.ASCII)
MOST_LETTERS = 64  # so that neither part can be too long


def is_deliverable(address: str) -> bool:
    """Whether mail could be sent there: e-mail syntax in any script, a domain with a dot, no guest's #EXT# name."""
    if not address or "#EXT#" in address.upper():
        return False
    local, _, domain = address.rpartition("@")
    if len(address) <= MOST_LETTERS and PLAIN_LOCAL.fullmatch(local):
        return _is_valid(f"a@{domain.lower()}")  # a directory has few domains
    return _is_valid.__wrapped__(address)


@lru_cache(maxsize=4_096)
def _is_valid(address: str) -> bool:
    try:
        # Test domains are let through: whether a name exists in the DNS is not asked either.
        validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return False
    return "." in address.rpartition("@")[2]


def derive(connection: Connection, pks: Sequence[int] | None = None) -> None:
    """Set `email` and `left_out` of these recipients, or of all, from their facts and the connection's options."""
    rows = Recipient.objects.filter(connection=connection)
    address, left_out = rule(connection)
    if pks is None:
        rows.exclude(email=address, left_out=left_out).update(email=address, left_out=left_out)
        return
    for start in range(0, len(pks), CHUNK):
        rows.filter(pk__in=pks[start : start + CHUNK]).update(email=address, left_out=left_out)


def rule(connection: Connection) -> tuple[Case, Case]:
    """The address and the reason, as expressions; the first reason that holds is the one given."""
    fallback = Q(pk__in=[])
    if connection.username_fallback:
        fallback = Q(mail="", kind=Recipient.Kind.USER) & ~Q(username__icontains="#EXT#") & ~Q(username="")
    has_address = ~Q(mail="") | fallback
    valid = Q(mail_is_valid=True) | (fallback & Q(username_is_valid=True))

    reasons = [
        When(Q(removed_at__isnull=False), then=Value(LeftOut.REMOVED)),
        When(~Q(kind__in=[Recipient.Kind.USER, Recipient.Kind.CONTACT]), then=Value(LeftOut.OTHER_OBJECT)),
    ]
    if not connection.sync_contacts:
        reasons.append(When(Q(kind=Recipient.Kind.CONTACT), then=Value(LeftOut.CONTACT)))
    reasons += [
        When(Q(is_read=False) | Q(kind=Recipient.Kind.USER, enabled__isnull=True), then=Value(LeftOut.UNREAD)),
        When(Q(kind=Recipient.Kind.USER, enabled=False), then=Value(LeftOut.DISABLED)),
    ]
    if connection.exclude_guests:
        reasons.append(When(Q(user_type__iexact="guest"), then=Value(LeftOut.EXCLUDED)))
    if chosen := excluded_by_attribute(connection):
        reasons.append(When(chosen, then=Value(LeftOut.EXCLUDED)))
    reasons += [
        When(~has_address, then=Value(LeftOut.NO_ADDRESS)),
        When(~valid, then=Value(LeftOut.INVALID_ADDRESS)),
    ]
    left_out = Case(*reasons, default=Value(""), output_field=CharField())
    address = Case(
        When(~Q(mail=""), then=F("mail")),
        When(fallback, then=F("username")),
        default=Value(""),
        output_field=CharField(),
    )
    return address, left_out


def excluded_by_attribute(connection: Connection) -> Q:
    """People with one of the connection's excluded values, ignoring case; an empty condition when it has none."""
    chosen = Q()
    for exclusion in connection.excluded_values:
        if key := attributes.stored_key(str(exclusion.get("attribute"))):
            chosen |= Q(**{f"attributes__{key}__iexact": exclusion.get("value")})
    return chosen


def recipients(connection: Connection) -> QuerySet[Recipient]:
    """Everybody of the connection to whom a newsletter can go."""
    return Recipient.objects.filter(connection=connection, left_out="")
