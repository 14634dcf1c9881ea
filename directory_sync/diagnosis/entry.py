"""The shape of an answer to "what is wrong, who can mend it, and how"."""

from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Who = Literal["customer", "support", "wait", "operator"]
Words = str | Promise

WHOSE: dict[str, Words] = {
    "customer": _("An administrator of the Microsoft Entra tenant can mend this."),
    "support": _("Our support can mend this."),
    "wait": _("Nobody has to do anything."),
    "operator": _("Whoever runs this installation can mend this."),
}


@dataclass(frozen=True)
class Entry:
    """One code in words. `%(subject)s` stands for what the problem is about; `about` is said when that is unknown.
    `%(connect_url)s` is the page that mails a setup owner a link.

    `place` names a page of the Entra admin center, see `entra.PAGES`.
    """

    title: Words
    what: Words
    who: Who
    cure: Words
    place: str = ""
    about: Words = ""


@dataclass(frozen=True)
class Diagnosis:
    """What happened, who can mend it, and how, in the reader's language. `link` is a page in Entra, or ""."""

    code: str
    title: str
    what: str
    who: Who
    cure: str
    link: str = ""

    @property
    def whose(self) -> str:
        """Who can mend it, as a sentence."""
        return str(WHOSE[self.who])
