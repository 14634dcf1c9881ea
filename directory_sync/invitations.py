"""Editors are invited: staff make the account, its owner chooses the password."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.urls import reverse

from . import notify
from .models import Editor, Event, Organization


def invite_editor(
    organization: Organization, *, email: str, name: str = "", role: str = Editor.Role.EDITOR, by: str, user=None
) -> bool:
    """Make the person with this address an editor, and mail who has never had a password a link to choose one.

    False when the person could sign in already and no mail went out. Harmless when done twice.
    """
    email = email.strip()
    with transaction.atomic():
        person = _account(email, name)
        _, is_new = Editor.objects.get_or_create(user=person, organization=organization, defaults={"role": role})
        if is_new:
            Event.objects.create(
                organization=organization, verb="editor added", actor_label=by, actor=user, subject=str(person.pk)
            )
    if person.has_usable_password():
        return False
    notify.editor_invited(organization.name, person.first_name, person.email, password_url(person), by)
    return True


def _account(email: str, name: str):
    users = get_user_model().objects
    person = users.filter(email__iexact=email).order_by("pk").first()
    return person or users.create_user(username=email.lower(), email=email, first_name=name)


def password_url(person) -> str:
    """Where the person chooses a password; good until used, for PASSWORD_RESET_TIMEOUT at most."""
    key = default_token_generator.make_token(person)
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(person), "key": key})
    return f"{settings.BASE_URL}{path}"
