"""What an administrator of the customer's tenant has to change ("reference-error-codes", "resolve-auth-errors")."""

from django.utils.translation import gettext_lazy as _

from .entry import Entry

ENTRIES: dict[str, Entry] = {
    "tenant_not_found": Entry(
        title=_("Entra does not know this tenant"),
        what=_("There is no directory with this tenant ID in the chosen cloud."),
        who="customer",
        cure=_(
            "Open Entra admin center → Entra ID → Overview and copy the Tenant ID again. If your portal is"
            " portal.azure.us, choose Azure Government as the cloud."
        ),
        place="tenant",
    ),
    "tenant_id_malformed": Entry(
        title=_("That is not a tenant ID"),
        what=_("Entra could not read the tenant ID: it is a row of 36 letters, digits and hyphens."),
        who="customer",
        cure=_("Open Entra admin center → Entra ID → Overview and copy the Tenant ID, not the name of the tenant."),
        place="tenant",
    ),
    "app_not_found": Entry(
        title=_("The app is not in this tenant"),
        what=_("Entra knows the tenant, but no application with this client ID in it."),
        who="customer",
        cure=_(
            "Open Entra admin center → App registrations → All applications → your app → Overview and copy"
            " Application (client) ID, not Object ID. Directory (tenant) ID stands on the same page."
        ),
        place="app",
    ),
    "secret_wrong": Entry(
        title=_("The client secret is wrong"),
        what=_(
            "Entra refused the secret. Most often the Secret ID was pasted in place of the Value, or it was deleted."
        ),
        who="customer",
        cure=_(
            "Open Entra admin center → App registrations → your app → Certificates & secrets. The Value is shown only"
            " once: press New client secret and copy the column Value. Enter it in the setup form; for a directory that"
            " is connected already, %(connect_url)s mails its setup owner a link for it."
        ),
        place="secrets",
    ),
    "secret_is_id": Entry(
        title=_("That looks like the Secret ID"),
        what=_(
            "The secret has the form of an ID. Entra shows two columns: Value is the secret, Secret ID only names it."
        ),
        who="customer",
        cure=_(
            "Copy the column Value. Entra shows it only once, right after the secret was made; if it is hidden by now,"
            " make a new one under App registrations → your app → Certificates & secrets → New client secret."
        ),
        place="secrets",
    ),
    "secret_expired": Entry(
        title=_("The client secret has expired"),
        what=_("The secret was right, but its time is over, so Entra lets us in no longer."),
        who="customer",
        cure=_(
            "Open Entra admin center → App registrations → your app → Certificates & secrets → New client secret, copy"
            " Value, Secret ID and the expiry date. Enter them through your renewal link, which %(connect_url)s mails"
            " to the setup owner."
        ),
        place="secrets",
    ),
    "credential_missing": Entry(
        title=_("There is no client secret"),
        what=_("We have no secret for this directory, so nothing can be read."),
        who="customer",
        cure=_(
            "Make a new client secret, and enter it through your renewal link, which %(connect_url)s mails to the setup"
            " owner."
        ),
        place="secrets",
    ),
    "app_disabled": Entry(
        title=_("The app is switched off"),
        what=_("The application exists, but sign-in is disabled for it in this tenant."),
        who="customer",
        cure=_(
            "Open Entra admin center → Enterprise applications → your app → Properties and set"
            " Enabled for users to sign-in to Yes."
        ),
        place="enterprise",
    ),
    "app_is_public_client": Entry(
        title=_("The app is set up as a public client"),
        what=_("Entra takes no secret from an application that is marked as a public client."),
        who="customer",
        cure=_(
            "Open Entra admin center → App registrations → your app → Authentication and set"
            " Allow public client flows to No."
        ),
        place="authentication",
    ),
    "service_principal_missing": Entry(
        title=_("The app is registered, but not present in the tenant"),
        what=_("There is an app registration without its enterprise application, as scripts often leave it."),
        who="customer",
        cure=_(
            "Open Entra admin center → App registrations → your app → API permissions → Grant admin consent; that makes"
            " the enterprise application. With the Azure CLI: az ad sp create --id followed by the client ID."
        ),
        place="permissions",
    ),
    "consent_missing": Entry(
        title=_("Admin consent has not been granted"),
        what=_(
            "The app holds no application permission at all. Either nobody has granted consent, or it was withdrawn, or"
            " the permissions are delegated ones, which do not work without a signed-in person."
        ),
        who="customer",
        cure=_(
            "Open Entra admin center → App registrations → your app → API permissions. Each permission must be of the"
            " type Application; then press Grant admin consent. A Privileged Role Administrator or Global Administrator"
            " can do that. It takes effect within minutes."
        ),
        place="permissions",
    ),
    "permission_missing": Entry(
        title=_("A permission is missing: %(subject)s"),
        about=_("one of those asked for"),
        what=_(
            "The app may not read what the sync needs. The permission was not added, not consented to, or withdrawn."
        ),
        who="customer",
        cure=_(
            "Open Entra admin center → App registrations → your app → API permissions → Add a permission → Microsoft"
            " Graph → Application permissions, add %(subject)s, then press Grant admin consent. A Privileged Role"
            " Administrator or Global Administrator can do that."
        ),
        place="permissions",
    ),
    "hidden_membership": Entry(
        title=_("This group hides its members"),
        what=_(
            "Hidden membership is switched on for the group, and Entra then shows its members to nobody without a"
            " special permission. Those we knew are kept."
        ),
        who="customer",
        cure=_(
            "Use another group; or open Entra admin center → App registrations → your app → API permissions → Add a"
            " permission → Microsoft Graph → Application permissions, add Member.Read.Hidden and press Grant admin"
            " consent."
        ),
        place="permissions",
    ),
    "group_not_found": Entry(
        title=_("A listed group does not exist"),
        about=_("with this object ID"),
        what=_("Entra has no group %(subject)s. It may have been deleted, or the ID belongs to something else."),
        who="customer",
        cure=_(
            "Open Entra admin center → Groups → All groups → the group → Overview and copy its Object ID, then send it"
            " through the link for changing options; or take the group off the list."
        ),
        place="groups",
    ),
    "conditional_access": Entry(
        title=_("Conditional Access blocks the app"),
        what=_("A Conditional Access policy for workload identities keeps our application out."),
        who="customer",
        cure=_(
            "Open Entra admin center → Conditional Access → Policies, find the one that covers workload identities, and"
            " exclude this app's service principal or allow our addresses; our support can tell you which they are."
        ),
        place="conditional_access",
    ),
    "blocked_by_policy": Entry(
        title=_("A policy of the tenant blocks the app"),
        what=_("Security defaults, a tenant restriction or another policy keeps our application from signing in."),
        who="customer",
        cure=_(
            "Open Entra admin center → Enterprise applications → your app → Sign-in logs → Service principal sign-ins."
            " The failed entry names the policy; allow the app there."
        ),
        place="enterprise",
    ),
    "wrong_cloud": Entry(
        title=_("The tenant lives in another cloud"),
        what=_("The tenant ID is known, but not in the cloud that was chosen for it."),
        who="customer",
        cure=_(
            "Look at the address of your portal: portal.azure.com means Azure (global), portal.azure.us means Azure"
            " Government. Choose that cloud in the form; for a live connection ask our support."
        ),
    ),
    "cloud_dod": Entry(
        title=_("Azure Government for the DoD (L5) is not supported"),
        what=_("This tenant belongs to the US Department of Defense cloud, which we do not serve."),
        who="support",
        cure=_(
            "It can't be mended by a setting. We serve Azure (global) and Azure Government up to GCC High (L4)."
            " Please talk to our support about other ways, such as importing a CSV file."
        ),
    ),
    "cloud_china": Entry(
        title=_("Azure in China is not supported"),
        what=_("This tenant belongs to the cloud that 21Vianet operates in China, which we do not serve."),
        who="support",
        cure=_(
            "It can't be mended by a setting. We serve Azure (global) and Azure Government up to GCC High (L4)."
            " Please talk to our support about other ways, such as importing a CSV file."
        ),
    ),
}
