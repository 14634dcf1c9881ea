"""The intake form. What was typed is a plain dict, so that a draft can be checked the way a request is."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from directory_sync.models import Connection
from directory_sync.sync.attributes import NAMES

from . import mistakes
from .wording import ATTRIBUTES

ID_PLACEHOLDER = "00000000-0000-0000-0000-000000000000"


class IdField(forms.CharField):
    """An object id of Entra: 36 characters, tidied of what copying adds."""

    def __init__(self, what: Any, **options) -> None:
        self.what = what
        widget = forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "class": "id-input", "placeholder": ID_PLACEHOLDER}
        )
        super().__init__(label=what, widget=widget, strip=False, **options)

    def clean(self, value: str) -> str:
        text = super().clean((value or "").strip())
        return mistakes.check_id(text, self.what) if text else text


class IntakeForm(forms.Form):
    """All that we ask of a customer. Bound to `typed` (see `drafts`); `has_secret` when one is sealed already."""

    use_required_attribute = False  # a section can be saved while the others are empty

    organizations = forms.CharField(
        label=_("Organizations that this directory serves"),
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=4000,
        help_text=_("One a line. We confirm every further organization with its own owner."),
    )
    company_name = forms.CharField(
        label=_("Your company’s name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "organization"})
    )
    owner_name = forms.CharField(
        label=_("Setup owner"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        help_text=_("Whom we ask when Entra refuses us, usually an IT administrator."),
    )
    owner_email = forms.EmailField(
        label=_("E-mail of the setup owner"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=_("Reminders go there before the secret expires."),
    )
    client_id = IdField(_("Application (client) ID"), help_text=_("On the app’s Overview page, under Essentials."))
    tenant_id = IdField(_("Directory (tenant) ID"), help_text=_("Right below it."))
    cloud = forms.ChoiceField(
        label=_("Which cloud your tenant lives in"),
        choices=Connection.CloudName,
        initial=Connection.CloudName.GLOBAL,
        widget=forms.RadioSelect,
        help_text=_("GCC belongs to global; GCC High to Azure Government. DoD (L5) and China can’t be synced."),
    )
    sync_contacts = forms.BooleanField(
        label=_("Also sync organizational contacts"),
        required=False,
        help_text=_("People of other companies in your address list. Needs the fourth permission."),
    )
    secret_value = forms.CharField(
        label=_("Secret value"),
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("Sealed the moment it arrives. Nobody here can see it, and neither can this page."),
    )
    secret_id = IdField(
        _("Secret ID"), help_text=_("So that we can name the right one when it is time to renew. Not a secret.")
    )
    secret_expires_on = forms.DateField(
        label=_("Expires on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Beside the secret in Entra. We remind you 60, 30, 14, 7 and 1 day before."),
    )
    scope = forms.ChoiceField(
        label=_("What we read"),
        choices=Connection.Scope,
        initial=Connection.Scope.DIRECTORY,
        widget=forms.RadioSelect,
    )
    group_ids = forms.CharField(
        label=_("Object IDs of the groups"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "class": "id-input"}),
        help_text=_(
            "Only for listed groups; separated by commas, blanks or lines. "
            "Nested groups come with them. You may send more than 15; we then raise the limit with you."
        ),
    )
    attributes = forms.MultipleChoiceField(
        label=_("Attributes for dynamic lists"),
        required=False,
        choices=[(name, ATTRIBUTES[name]) for name in NAMES],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Beyond name and address nothing is read unless you tick it here and we approve it."),
    )
    username_fallback = forms.BooleanField(
        label=_("Use the username where a person has no mail address"),
        required=False,
        help_text=_("The user principal name, when it can receive mail. Never a guest’s."),
    )

    def __init__(
        self,
        typed: Mapping[str, Any] | None = None,
        *,
        has_secret: bool = False,
        misplaced: frozenset[str] = frozenset(),
        **options,
    ) -> None:
        super().__init__(typed, **options)
        self.misplaced = misplaced
        self.fields["secret_value"].required = not has_secret
        for name in misplaced & set(self.fields):
            self.fields[name].error_messages["required"] = _(
                "This looked like the secret’s value, so we did not keep it here. It belongs into “Secret value”."
            )
            self.fields[name].required = True

    def clean_organizations(self) -> list[str]:
        lines = (line.strip() for line in self.cleaned_data["organizations"].replace(";", "\n").splitlines())
        return list(dict.fromkeys(line for line in lines if line))

    def clean_secret_value(self) -> str:
        secret = self.cleaned_data["secret_value"]
        return mistakes.check_secret(secret) if secret else ""

    def clean_secret_expires_on(self):
        return mistakes.check_expiry(self.cleaned_data["secret_expires_on"], timezone.localdate())

    def clean_group_ids(self) -> list[str]:
        return mistakes.check_group_ids(self.cleaned_data["group_ids"])

    def clean(self) -> None:
        """What only several fields together show."""
        client_id = self.cleaned_data.get("client_id")
        if client_id and client_id == self.cleaned_data.get("tenant_id"):
            same = _(
                "Application ID and tenant ID are the same. They stand below each other on the app’s Overview page; "
                "one was copied twice."
            )
            self.add_error("tenant_id", ValidationError(same, "same_ids"))
        if client_id and client_id == self.cleaned_data.get("secret_id"):
            same = _("This is the application ID. The Secret ID stands beside the secret, in its own column.")
            self.add_error("secret_id", ValidationError(same, "same_ids"))
        self._check_scope()

    def _check_scope(self) -> None:
        scope, groups = self.cleaned_data.get("scope"), self.cleaned_data.get("group_ids")
        if groups is None:
            return
        if scope == Connection.Scope.SELECTED and not groups:
            self.add_error("group_ids", ValidationError(_("List at least one group, or choose the whole directory.")))
        if scope == Connection.Scope.DIRECTORY and groups:
            both = _("You chose the whole directory, yet listed groups. Choose “Listed groups only”, or empty this.")
            self.add_error("group_ids", ValidationError(both, "both"))

    def forgive_empty(self) -> None:
        """Drop the complaints about fields that were left empty: a draft may be incomplete."""
        for name in list(self.errors):
            if not self.data.get(name) and name not in self.misplaced:
                del self.errors[name]


class AskForm(forms.Form):
    """A link for somebody whom we know; the answer is the same to everybody."""

    email = forms.EmailField(
        label=_("Your e-mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
