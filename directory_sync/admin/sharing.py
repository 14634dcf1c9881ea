"""Which organizations share a connection: the forms that staff fill in."""

import re

from django import forms

from ..models import Access, Organization

# Who may hand an organization attributes of people may hand it groups of people.
SHARE = "directory_sync.add_attributegrant"


class AccessForm(forms.Form):
    """What one organization sees of a connection."""

    sees = forms.ChoiceField(label="It sees", choices=Access.Sees, initial=Access.Sees.ALL, widget=forms.RadioSelect)
    group_ids = forms.CharField(
        label="Listed groups",
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text="Object IDs of the groups, separated by blanks, commas or lines; for “Listed groups”.",
    )

    @staticmethod
    def of(access: Access) -> dict:
        """The form's values as the access has them now."""
        return {"sees": access.sees, "group_ids": "\n".join(access.listed_group_ids)}

    def asked(self) -> dict:
        """What was asked for, as the domain functions take it; call it on a valid form."""
        ids = re.split(r"[\s,;]+", self.cleaned_data["group_ids"].strip())
        return {**self.cleaned_data, "group_ids": ids}


class ShareForm(AccessForm):
    """Another organization for a connection."""

    organization = forms.ModelChoiceField(Organization.objects.all(), empty_label="Choose…")
    field_order = ("organization", "sees", "group_ids")
