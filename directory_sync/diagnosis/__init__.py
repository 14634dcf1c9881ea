"""Codes to words and cures: the one place where people are told what went wrong."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from . import at_home, customer, microsoft
from .entra import entra_link
from .entry import Diagnosis, Entry

CATALOGUE: dict[str, Entry] = {**customer.ENTRIES, **microsoft.ENTRIES, **at_home.ENTRIES}


def diagnose(code: str, subject: str = "", *, cloud: str = "global", client_id: str = "") -> Diagnosis:
    """Put a problem's code into words.

    `subject` is what it is about (a permission, a property, a group id). With `cloud` and `client_id` the link leads
    to the customer's own app in the right portal. An unknown code is told honestly, with itself to quote.
    """
    entry = CATALOGUE.get(code, at_home.UNKNOWN)
    words = {
        "subject": subject or str(entry.about),
        "code": code or _("none"),
        "connect_url": settings.BASE_URL + reverse("onboarding:ask"),
    }
    return Diagnosis(
        code=code,
        title=str(entry.title) % words,
        what=str(entry.what) % words,
        who=entry.who,
        cure=str(entry.cure) % words,
        link=entra_link(entry.place, cloud=cloud, client_id=client_id),
    )


__all__ = ["CATALOGUE", "Diagnosis", "diagnose"]
