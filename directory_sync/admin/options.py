"""The options of a connection that staff may change without a new secret."""

import re
from dataclasses import asdict

from django import forms

from ..connections import Options
from ..models import Connection
from ..sync.guard import Thresholds

PERCENT = 100
# threshold → (label, help)
GUARD = {
    "people_share": ("Hold the run: share of people, in %", "Held when more than this share of the recipients leave."),
    "people_at_least": ("Hold the run: at least", "Fewer people than this may always leave."),
    "people_many": ("Hold the run: number of people", "Held when more people than this leave, whatever their share."),
    "people_many_share": (
        "Hold the run: number of people, as a share in %",
        "Raises that number for a large directory: the larger of the two counts.",
    ),
    "links_share": ("Hold a group: share of its people, in %", "Held when it would lose more than this share, and"),
    "links_more_than": ("Hold a group: more than", "more people than this."),
    "empty_from": ("Hold a group that becomes empty: from", "A group with at least so many people is held then."),
}


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
        return values | {"scope_group_ids": "\n".join(connection.scope_group_ids)}

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
