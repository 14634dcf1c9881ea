"""How editors narrow a list. What makes no sense in an address is ignored rather than complained about."""

from typing import cast

from django import forms
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from ..models import Group, Recipient, Segment


class Filter(forms.Form):
    """A search by name, and an order; subclasses narrow further."""

    q = forms.CharField(required=False, max_length=200)
    sort = forms.ChoiceField(required=False, choices=[("name", _("By name")), ("size", _("Largest first"))])

    def value(self, name: str) -> str:
        """What was asked for, "" when nothing or nonsense was."""
        self.is_valid()
        return self.cleaned_data.get(name) or ""


class SegmentFilter(Filter):
    """Segments by name, source, and whether the series has them. `sources` are those there are."""

    source = forms.ChoiceField(required=False)
    chosen = forms.BooleanField(required=False)

    def __init__(self, *args, sources: list[str], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        named = [(source.value, source.label) for source in Segment.Source if source.value in sources]
        cast("forms.ChoiceField", self.fields["source"]).choices = [("", _("All sources")), *named]

    def narrow(self, segments: QuerySet[Segment]) -> QuerySet[Segment]:
        """The segments asked for, ordered; `segments` carry `label`, `is_in` and `is_out`."""
        if query := self.value("q"):
            segments = segments.filter(containing("label", query))
        if source := self.value("source"):
            segments = segments.filter(source=source)
        if self.value("chosen"):
            segments = segments.filter(Q(is_in=True) | Q(is_out=True))
        if self.value("sort") == "size":
            return segments.order_by(F("group__recipients").desc(nulls_first=True), "label", "pk")
        return segments.order_by("label", "pk")


class GroupFilter(Filter):
    def narrow(self, groups: QuerySet[Group]) -> QuerySet[Group]:
        """The groups asked for, ordered."""
        if query := self.value("q"):
            groups = groups.filter(containing("name", query) | containing("mail", query))
        return (
            groups.order_by("-recipients", "name", "pk")
            if self.value("sort") == "size"
            else groups.order_by("name", "pk")
        )


class PeopleFilter(Filter):
    def narrow(self, people: QuerySet[Recipient]) -> QuerySet[Recipient]:
        """Those with the words in their name or address, by name."""
        if query := self.value("q"):
            people = people.filter(containing("name", query) | containing("email", query))
        return people.order_by("name", "pk")


def containing(field: str, words: str) -> Q:
    """Whether the field contains the words, ignoring case; SQLite alone folds no letters beyond ASCII."""
    wanted = Q(**{f"{field}__icontains": words})
    if not words.isascii():
        for variant in {words.lower(), words.upper(), words.title(), words.capitalize()}:
            wanted |= Q(**{f"{field}__contains": variant})
    return wanted
