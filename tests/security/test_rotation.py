"""One sealing key after the other, without a secret lost or shown."""

import json

import pytest
from django.core.management import CommandError, call_command

from directory_sync import connections, vault
from directory_sync.models import Credential, Event
from tests.onboarding.factories import CANARY

pytestmark = pytest.mark.django_db


def rotate(capsys, *arguments: str) -> str:
    call_command("rotate_sealing_key", *arguments)
    return capsys.readouterr().out


@pytest.fixture
def old_key(settings) -> str:
    return settings.SEALING_PRIVATE_KEYS[0]


def prepare(settings, old_key: str) -> str:
    public, private = vault.generate_keys()
    settings.SEALING_PUBLIC_KEY = public
    settings.SEALING_PRIVATE_KEYS = [private, old_key]
    return private


def test_first_call_prints_a_new_pair_and_changes_nothing(capsys, old_key):
    sealed = connections.draft_credential(CANARY).sealed

    lines = dict(line.split("=", 1) for line in rotate(capsys).splitlines())

    assert vault.public_half(lines["SEALING_PRIVATE_KEYS"]) == lines["SEALING_PUBLIC_KEY"]
    assert lines["SEALING_PRIVATE_KEYS"] != old_key
    assert Credential.objects.get().sealed == sealed


def test_second_call_seals_anew_so_that_the_old_key_can_go(capsys, settings, old_key):
    credential = connections.draft_credential(CANARY)
    new_key = prepare(settings, old_key)

    told = json.loads(rotate(capsys, "--json"))

    settings.SEALING_PRIVATE_KEYS = [new_key]
    credential.refresh_from_db()
    assert told == {"resealed": 1, "already": 0, "unopened": []}
    assert vault.open_sealed(credential.sealed, credential.pk) == CANARY
    assert CANARY not in json.dumps(list(Event.objects.values("verb", "facts")))


def test_repeating_it_does_nothing(capsys, settings, old_key):
    connections.draft_credential(CANARY)
    prepare(settings, old_key)
    rotate(capsys)
    sealed = Credential.objects.get().sealed

    told = json.loads(rotate(capsys, "--json"))

    assert told == {"resealed": 0, "already": 1, "unopened": []}
    assert Credential.objects.get().sealed == sealed


def test_destroyed_secret_stays_destroyed(capsys, settings, old_key):
    connections.draft_credential(CANARY)
    Credential.objects.update(sealed="")
    prepare(settings, old_key)

    rotate(capsys)

    assert Credential.objects.get().sealed == ""


def test_new_public_key_has_to_be_set_first(settings, old_key):
    public = settings.SEALING_PUBLIC_KEY
    prepare(settings, old_key)
    settings.SEALING_PUBLIC_KEY = public

    with pytest.raises(CommandError, match="SEALING_PUBLIC_KEY does not belong"):
        call_command("rotate_sealing_key")


def test_secret_that_no_key_opens_is_named_and_the_others_are_done(settings, old_key):
    lost = connections.draft_credential(CANARY)
    other_public, other_private = vault.generate_keys()
    settings.SEALING_PUBLIC_KEY = other_public
    connections.draft_credential(CANARY)
    prepare(settings, other_private)

    with pytest.raises(CommandError, match="keep the old keys"):
        call_command("rotate_sealing_key")

    assert Event.objects.get(verb="secrets sealed anew").facts == {"secrets": 1}
    assert Credential.objects.get(pk=lost.pk).sealed == lost.sealed
