"""What people get wrong when they copy from Entra, each with the cure in words."""

import re
from collections import Counter
from datetime import date

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

MOST_GROUPS = 1000
LONGEST_LIFE_YEARS = 5
SHORTEST_SECRET = 16

_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_SEPARATOR = re.compile(r"[\s,;]+")
# 34 to 44 of these characters, three of them of different kinds, is what Entra makes secrets of.
_SECRET = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[\d~])[A-Za-z0-9_~.\-]{30,64}")
_AROUND = re.compile(r"[^A-Za-z0-9_~.\-]+")  # quotes, labels and signs that nobody sees


def is_guid(text: str) -> bool:
    return bool(_GUID.fullmatch(text))


def looks_like_secret(text: str) -> bool:
    """Whether a client secret's value could be in here, so that it must not be kept outside of its own field."""
    words = _AROUND.split(text)
    return any(_SECRET.fullmatch(word) and not is_guid(word) for word in words)


def tidied_id(text: str) -> str:
    """An id as Entra shows it, without what copying adds: blanks, quotes, braces; in lower case."""
    return text.strip().strip("\"'{}<>").strip().lower()


def check_id(text: str, what: str | Promise) -> str:
    """The tidied id. Raises ValidationError that says what stands there instead."""
    tidied = tidied_id(text)
    if is_guid(tidied):
        return tidied
    if re.search(r"\s", tidied) and is_guid(re.sub(r"\s+", "", tidied)):
        raise ValidationError(_("There are blanks inside this ID. Remove them, or copy it again."), code="blanks")
    if looks_like_secret(text):
        raise ValidationError(_("This looks like a secret. Copy the %(what)s instead."), "secret", {"what": what})
    if re.fullmatch(r"[0-9a-f-]{20,}", tidied):
        raise ValidationError(
            _("This ID is not complete: it has 36 characters, like 8a1c0f7e-52b4-4a0e-9a3b-6b6f0f2c8d11."), "incomplete"
        )
    raise ValidationError(
        _(
            "This looks like a name, not an ID. Copy the %(what)s: 36 characters, "
            "like 8a1c0f7e-52b4-4a0e-9a3b-6b6f0f2c8d11."
        ),
        "name",
        {"what": what},
    )


def check_secret(text: str) -> str:
    """The secret value without blanks around it. Raises ValidationError; its text never repeats the value."""
    secret = text.strip()
    if is_guid(tidied_id(secret)):
        raise ValidationError(
            _(
                "This looks like the Secret ID. Copy the column named Value; Entra shows it only once, "
                "so you may have to make a new secret."
            ),
            "secret_is_id",
        )
    if re.search(r"\s", secret):
        raise ValidationError(_("There are blanks inside the value. Copy it again with Entra's copy button."), "blanks")
    if secret.endswith(("...", "…")) or set(secret) <= set("*•●"):
        raise ValidationError(
            _("This is the masked value that Entra shows later. Make a new secret; copy its Value at once."),
            "masked",
        )
    if len(secret) < SHORTEST_SECRET:
        raise ValidationError(_("This is too short for a secret value. Copy the whole column named Value."), "short")
    return secret


def check_expiry(day: date, today: date) -> date:
    """The day a secret ends. Raises ValidationError when it is past, or further off than secrets live."""
    if day <= today:
        raise ValidationError(
            _("This secret has expired. Make a new one in Entra, and send that one with its date."), "expired"
        )
    if (day - today).days > LONGEST_LIFE_YEARS * 366:
        raise ValidationError(
            _("That is more than five years away; Entra's portal offers two at most. Check the year."), "implausible"
        )
    return day


def check_group_ids(text: str) -> list[str]:
    """The listed ids, in order. Raises ValidationError with one sentence for each that is malformed or repeated."""
    entries = [tidied_id(entry) for entry in _SEPARATOR.split(text) if entry.strip()]
    wrong = [entry for entry in dict.fromkeys(entries) if not is_guid(entry)]
    twice = [entry for entry, times in Counter(entries).items() if times > 1 and entry not in wrong]
    errors = [
        ValidationError(_("“%(id)s” is not an object ID."), "malformed", {"id": entry[:60]}) for entry in wrong[:50]
    ]
    errors += [ValidationError(_("%(id)s is listed more than once."), "twice", {"id": entry}) for entry in twice[:50]]
    if len(entries) > MOST_GROUPS:
        told = ngettext("At most %(most)s group can be listed.", "At most %(most)s groups can be listed.", MOST_GROUPS)
        errors.append(ValidationError(told, "too_many", {"most": MOST_GROUPS}))
    if errors:
        raise ValidationError(errors)
    return entries
