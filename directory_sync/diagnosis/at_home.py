"""What lies with us: this installation, or a defect."""

from django.utils.translation import gettext_lazy as _

from .entry import Entry

ENTRIES: dict[str, Entry] = {
    "sealing_key": Entry(
        title=_("We can't open the stored secret"),
        what=_("The secret is there, but this installation has not got the key that it was sealed with."),
        who="operator",
        cure=_(
            "Give the workers the key in SEALING_PRIVATE_KEYS and restart them. If the key is lost, the customer has to"
            " enter a new client secret."
        ),
    ),
    "held_people": Entry(
        title=_("Held: too many people would leave at once"),
        what=_(
            "In Entra so many people were removed or disabled since the last sync that somebody should look first."
            " Nothing was changed; the last good lists are in use."
        ),
        who="support",
        cure=_(
            "If the change was meant, release the run; if not, have it undone in Entra, and the next sync goes on by"
            " itself."
        ),
    ),
    "held_links": Entry(
        title=_("Held: this group would lose too many people at once"),
        what=_(
            "So many people were taken out of the group in Entra that somebody should look first. They are kept for"
            " now; people who left the company are out, and everything else is up to date."
        ),
        who="support",
        cure=_(
            "If the change was meant, release it; if not, put the people back in Entra, and the next sync goes on by"
            " itself."
        ),
    ),
    "defect": Entry(
        title=_("A defect on our side"),
        what=_("The program stopped over something that it should have coped with. Nothing was changed."),
        who="operator",
        cure=_("The log of the workers has the details under the number of the run. The next sync tries again."),
    ),
}

UNKNOWN = Entry(
    title=_("A problem without a description yet"),
    what=_("It is known by its code only: %(code)s."),
    who="support",
    cure=_("Quote the code to our support; it tells them where to look."),
)
