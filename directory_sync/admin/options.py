"""The options of a connection that staff may change without a new secret."""

import re

from django import forms

from ..connections import Options
from ..models import Connection


class OptionsForm(forms.ModelForm):
    scope_group_ids = forms.CharField(
        label="Listed groups",
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text="Object IDs of the groups, separated by blanks, commas or lines; for “Listed groups only”.",
    )

    class Meta:
        model = Connection
        fields = (
            *("name", "owner_name", "owner_email", "cadence"),
            *("username_fallback", "sync_contacts", "exclude_guests", "scope"),
        )
        labels = {
            "name": "Company",
            "owner_name": "Setup owner",
            "owner_email": "Setup owner's e-mail address",
            "username_fallback": "Use the username where there is no mail address",
            "sync_contacts": "Sync contacts too (needs OrgContact.Read.All)",
            "exclude_guests": "Leave guests out",
        }

    @staticmethod
    def of(connection: Connection) -> dict:
        """The form's values as the connection has them now."""
        values = {name: getattr(connection, name) for name in OptionsForm.Meta.fields}
        return values | {"scope_group_ids": "\n".join(connection.scope_group_ids)}

    def options(self) -> Options:
        """What was asked for; call it on a valid form."""
        answers = self.cleaned_data
        ids = tuple(re.split(r"[\s,;]+", answers["scope_group_ids"].strip()))
        return Options(**{**answers, "scope_group_ids": ids})
