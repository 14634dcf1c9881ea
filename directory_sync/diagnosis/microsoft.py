"""What passes by itself, and what Microsoft answered that we did not expect ("errors", "throttling")."""

from django.utils.translation import gettext_lazy as _

from .entry import Entry

ENTRIES: dict[str, Entry] = {
    "throttled": Entry(
        title=_("Microsoft asked us to slow down"),
        what=_("The tenant answers too many requests at the moment, ours or those of others."),
        who="wait",
        cure=_("We wait as long as Microsoft asks and then go on by ourselves. Nobody was removed meanwhile."),
    ),
    "unavailable": Entry(
        title=_("Microsoft could not answer"),
        what=_("Entra or Microsoft Graph was out of order or out of reach for a moment."),
        who="wait",
        cure=_("We try again by ourselves within hours, and every night. Nobody was removed meanwhile."),
    ),
    "timeout": Entry(
        title=_("Microsoft answered too late"),
        what=_("Entra or Microsoft Graph did not answer in time."),
        who="wait",
        cure=_("We try again by ourselves within hours, and every night. Nobody was removed meanwhile."),
    ),
    "network": Entry(
        title=_("Microsoft could not be reached"),
        what=_("The connection between this installation and Microsoft broke or was not to be had."),
        who="wait",
        cure=_("We try again by ourselves. If it goes on, whoever runs this installation should look at its network."),
    ),
    "tls": Entry(
        title=_("The connection to Microsoft is not trustworthy"),
        what=_("The certificate that was shown is not one that this installation trusts, so we sent nothing."),
        who="operator",
        cure=_(
            "Look for a proxy that opens encrypted traffic, and either exempt the Microsoft hosts or name its"
            " certificate in REQUESTS_CA_BUNDLE. Check the clock of the machine, too."
        ),
    ),
    "delta_link_expired": Entry(
        title=_("Everything has to be read afresh"),
        what=_("Microsoft no longer keeps the point from which we wanted to go on."),
        who="wait",
        cure=_("The next sync reads the whole directory and takes a little longer. Nobody was removed meanwhile."),
    ),
    "token_rejected": Entry(
        title=_("Microsoft Graph refused our sign-in"),
        what=_("Entra let us in, but Microsoft Graph did not take what it gave us."),
        who="support",
        cure=_(
            "It often passes with the next sync. If it does not, compare the cloud of the connection with the tenant's:"
            " portal.azure.com means Azure (global), portal.azure.us means Azure Government."
        ),
    ),
    "login_error": Entry(
        title=_("Entra refused the sign-in for a reason we do not know yet"),
        what=_("Its number is in the log of the run, together with Microsoft's request ID."),
        who="support",
        cure=_(
            "Look the number up in Microsoft's list of AADSTS error codes. The customer finds the same entry under"
            " Entra admin center → Enterprise applications → the app → Sign-in logs → Service principal sign-ins."
        ),
        place="enterprise",
    ),
    "not_found": Entry(
        title=_("Entra does not have this object"),
        what=_("It was deleted a moment ago, or it is so new that Entra does not show it everywhere yet."),
        who="wait",
        cure=_("The next sync looks again."),
    ),
    "unsupported_property": Entry(
        title=_("This tenant does not offer an attribute: %(subject)s"),
        about=_("one that was asked for"),
        what=_("Microsoft Graph does not give us the attribute in this tenant; everything else can be read."),
        who="support",
        cure=_("Withdraw the approval of the attribute for this connection, and tell the customer why."),
    ),
    "unexpected_response": Entry(
        title=_("Microsoft gave an answer that we do not understand"),
        what=_("The sync stopped before it changed anything."),
        who="support",
        cure=_("Hand the run and Microsoft's request ID to whoever develops this product. Nobody was removed."),
    ),
    "redirected": Entry(
        title=_("We were sent to another address"),
        what=_("Instead of an answer there came a redirect, as from a proxy. We follow none, to keep the token safe."),
        who="operator",
        cure=_("Let this installation reach the Microsoft sign-in and Graph hosts without a proxy that redirects."),
    ),
    "foreign_host": Entry(
        title=_("A link led to a foreign host"),
        what=_("An answer pointed away from Microsoft Graph. We did not follow, to keep the token safe."),
        who="operator",
        cure=_("Check the Graph address in the settings, and the network between this installation and Microsoft."),
    ),
    "endless_paging": Entry(
        title=_("Microsoft's answer had no end"),
        what=_("The same page was offered again and again, so we stopped before anything was changed."),
        who="support",
        cure=_("Start a full sync. If that ends the same way, hand the run and its request ID to Microsoft's support."),
    ),
}
