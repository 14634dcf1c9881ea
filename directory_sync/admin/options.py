"""The options of a connection that staff may change without a new secret."""

import re
from dataclasses import asdict

from django import forms

from ..connections import Options
from ..models import Connection
from ..sync.attributes import NAMES, stored_key
from ..sync.guard import Thresholds

PERCENT = 100
# threshold → (label, help)
GUARD = {
    "people_share": (
        "Share of people who leave, in %",
        "A run is held when a larger share of the recipients would leave.",
    ),
    "people_many": ("Number of people who leave", "A run is held, too, when more would leave, whatever their share."),
    "people_many_share": (
        "That number in a large directory, in %",
        "The number above is never smaller than this share of all recipients.",
    ),
    "people_at_least": ("Never held below", "A run in which fewer people would leave is not held."),
    "links_share": (
        "Share of people that a group loses, in %",
        "A group is held when it would lose a larger share of its people, and more than the number below.",
    ),
    "links_more_than": (
        "Number of people that a group loses",
        "A group that would lose no more people than this is not held.",
    ),
    "empty_from": (
        "Size of a group that is emptied",
        "A group with at least so many people is held, too, when it would become empty.",
    ),
}


class OptionsForm(forms.ModelForm):
    scope_group_ids = forms.CharField(
        label="Listed groups",
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text="Object IDs of the groups, separated by blanks, commas or lines; for “Listed groups only”.",
    )

    excluded_values = forms.CharField(
        label="Leave out people by an attribute",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text="One a line, such as “employee_type: Contractor”; for approved attributes, ignoring case.",
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

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        usual = asdict(Thresholds())
        for name, (label, help_text) in GUARD.items():
            self.fields[f"guard_{name}"] = _threshold(name, usual[name], label, help_text)

    def plain_fields(self) -> list[forms.BoundField]:
        return [field for field in self.visible_fields() if not field.name.startswith("guard_")]

    def guard_fields(self) -> list[forms.BoundField]:
        return [field for field in self.visible_fields() if field.name.startswith("guard_")]

    @staticmethod
    def of(connection: Connection) -> dict:
        """The form's values as the connection has them now."""
        values = {name: getattr(connection, name) for name in OptionsForm.Meta.fields}
        values |= {f"guard_{name}": _told(name, value) for name, value in connection.guard.items()}
        excluded = (f"{each['attribute']}: {each['value']}" for each in connection.excluded_values)
        listed = {"scope_group_ids": "\n".join(connection.scope_group_ids)}
        return values | listed | {"excluded_values": "\n".join(excluded)}

    def clean_excluded_values(self) -> list[dict[str, str]]:
        """The lines as the connection keeps them; one that names no attribute with values of its own is told."""
        kept = []
        for line in filter(None, map(str.strip, self.cleaned_data["excluded_values"].splitlines())):
            attribute, _, value = (part.strip() for part in line.partition(":"))
            if not value or not stored_key(attribute):
                told = ", ".join(name for name in NAMES if stored_key(name))
                raise forms.ValidationError(
                    f"“{line}” is not an attribute, a colon and a value. Attributes are: {told}."
                )
            kept.append({"attribute": attribute, "value": value})
        return kept

    def options(self) -> Options:
        """What was asked for; call it on a valid form."""
        answers = {name: value for name, value in self.cleaned_data.items() if not name.startswith("guard_")}
        ids = tuple(re.split(r"[\s,;]+", answers["scope_group_ids"].strip()))
        return Options(**{**answers, "scope_group_ids": ids, "guard": self._thresholds()})

    def _thresholds(self) -> dict[str, float]:
        asked = {name: self.cleaned_data[f"guard_{name}"] for name in GUARD}
        return {
            name: float(value) / PERCENT if name.endswith("share") else int(value)
            for name, value in asked.items()
            if value is not None
        }


def _threshold(name: str, usual: float, label: str, help_text: str) -> forms.Field:
    """An empty field stands for the usual threshold, which its placeholder tells."""
    box = forms.NumberInput(attrs={"placeholder": _told(name, usual)})
    told = f"{help_text} Usually {_told(name, usual)}."
    if name.endswith("share"):
        return forms.DecimalField(
            label=label, help_text=told, widget=box, required=False, min_value=0, max_value=PERCENT, decimal_places=2
        )
    return forms.IntegerField(
        label=label, help_text=told, widget=box, required=False, min_value=0, max_value=10_000_000
    )


def _told(name: str, value: float) -> str:
    """A threshold as the form has it: shares in percent."""
    return f"{value * PERCENT:g}" if name.endswith("share") else str(value)
