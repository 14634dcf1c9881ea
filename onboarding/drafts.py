"""Drafts: what was typed is kept whatever is wrong with it, except a secret, which is sealed or dropped."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.http import QueryDict
from django.utils import timezone

from directory_sync.connections import draft_credential
from directory_sync.models import Credential
from directory_sync.sync.attributes import NAMES

from . import mistakes
from .forms import IntakeForm
from .models import SetupLink, Submission

LONGEST = 50_000  # characters of one field; a thousand ids fit
SECRET = "secret_value"  # noqa: S105 - the name of a field, not a secret


@dataclass(frozen=True)
class Typed:
    """One request's answers by field. `secret` never goes into `fields`, nor does what looks like one."""

    fields: dict[str, Any]
    secret: str = field(default="", repr=False)
    misplaced: frozenset[str] = frozenset()


def read(posted: QueryDict) -> Typed:
    """Sort what a browser sent: the secret apart, and out of every field into which it was pasted by mistake."""
    secret = posted.get(SECRET, "").strip()
    fields: dict[str, Any] = {}
    misplaced = set()
    for name in IntakeForm.base_fields:
        if name == SECRET:
            continue
        if name == "attributes":
            fields[name] = [value for value in posted.getlist(name) if value in NAMES]
            continue
        text = posted.get(name, "").replace("\x00", "")[:LONGEST]
        if _holds_secret(text, secret):
            misplaced.add(name)
            text = ""
        fields[name] = text
    return Typed(fields, secret, frozenset(misplaced))


def _holds_secret(text: str, secret: str) -> bool:
    if secret and len(secret) >= mistakes.SHORTEST_SECRET and not mistakes.is_guid(secret) and secret in text:
        return True
    return mistakes.looks_like_secret(text)


def form_for(link: SetupLink, typed: Typed | None = None) -> IntakeForm:
    """The form bound to what was just typed, or showing the draft."""
    if typed is None:
        return IntakeForm(initial=starting(link), has_secret=has_secret(link))
    return IntakeForm({**typed.fields, SECRET: typed.secret}, has_secret=has_secret(link), misplaced=typed.misplaced)


def has_secret(link: SetupLink) -> bool:
    """Whether a sealed secret waits with the draft."""
    return link.draft_credential is not None and bool(link.draft_credential.sealed)


def complete(link: SetupLink) -> IntakeForm:
    """The saved draft as a bound form: valid when it can be sent."""
    return form_for(link, Typed(starting(link)))


def starting(link: SetupLink) -> dict[str, Any]:
    """The draft, over what staff said when they made the link."""
    known = {
        "organizations": link.organization.name,
        "owner_name": link.owner_name,
        "owner_email": link.owner_email,
        "cloud": IntakeForm.base_fields["cloud"].initial,
        "scope": IntakeForm.base_fields["scope"].initial,
    }
    return {**known, **link.draft}


@transaction.atomic
def save(link: SetupLink, typed: Typed, form: IntakeForm, *, with_secret: bool = True) -> bool:
    """Keep all that was typed, and seal the secret when it is one. False when the form is closed by now.

    Raises `vault.SealingKeyMissing` and then keeps nothing; without the secret the rest can be kept.
    """
    mine = SetupLink.objects.to_fill_in(timezone.now()).filter(pk=link.pk)
    if not mine.update(draft=typed.fields, saved_at=timezone.now()):
        return False
    link.draft = typed.fields
    secret = form.cleaned_data.get(SECRET, "")
    if secret and with_secret:
        _replace_credential(link, secret, form.cleaned_data)
    return True


def _replace_credential(link: SetupLink, secret: str, cleaned: Mapping[str, Any]) -> None:
    """The new secret takes the old one's place; what a submission holds on to stays with it."""
    former = link.draft_credential
    link.draft_credential = draft_credential(secret, secret_id=cleaned.get("secret_id") or "")
    SetupLink.objects.filter(pk=link.pk).update(draft_credential=link.draft_credential)
    if former and not Submission.objects.filter(credential=former).exists():
        Credential.objects.filter(pk=former.pk, slot=Credential.Slot.DRAFT).delete()
