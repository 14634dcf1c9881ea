"""The field include: label, hint and error belong to their input, for every kind of it."""

from django import forms
from django.template.loader import render_to_string


class Everything(forms.Form):
    text = forms.CharField(help_text="A hint.")
    secret = forms.CharField(widget=forms.PasswordInput)
    notes = forms.CharField(widget=forms.Textarea, required=False)
    day = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))
    agreed = forms.BooleanField(help_text="Please do.")
    cloud = forms.ChoiceField(choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect, help_text="Either.")
    several = forms.MultipleChoiceField(choices=[("a", "A")], widget=forms.CheckboxSelectMultiple, required=False)
    token = forms.CharField(widget=forms.HiddenInput, required=False)


def shown(name: str, data: dict | None = None) -> str:
    return render_to_string("includes/field.html", {"field": Everything(data)[name]})


def test_an_input_is_labelled_and_described_by_its_hint():
    field = shown("text")

    assert '<label for="id_text">Text</label>' in field
    assert 'aria-describedby="id_text_helptext"' in field
    assert '<div class="hint" id="id_text_helptext">A hint.</div>' in field


def test_an_error_is_tied_to_its_input():
    field = shown("text", {"text": ""})

    assert 'aria-invalid="true"' in field
    assert 'aria-describedby="id_text_helptext id_text_error"' in field
    assert 'id="id_text_error"' in field


def test_a_secret_is_never_shown_back():
    assert "hunter2" not in shown("secret", {"secret": "hunter2"})


def test_what_may_stay_empty_says_so():
    assert "(optional)" in shown("notes")
    assert "(optional)" not in shown("day")


def test_a_checkbox_stands_inside_its_label():
    assert '<label for="id_agreed"><input type="checkbox"' in shown("agreed")


def test_a_group_of_choices_is_a_fieldset_described_by_hint_and_error():
    field = shown("cloud", {"cloud": ""})

    assert "<legend>Cloud</legend>" in field
    assert 'aria-describedby="id_cloud_helptext id_cloud_error"' in field
    assert field.count('type="radio"') == 2


def test_optional_choices_say_so_once_for_the_group():
    assert shown("several").count("(optional)") == 1


def test_a_hidden_input_has_no_label():
    assert "<label" not in shown("token")
