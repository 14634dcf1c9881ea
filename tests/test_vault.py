import uuid

import pytest

from directory_sync import vault


def test_sealed_secret_opens_for_its_credential():
    credential = uuid.uuid4()

    assert vault.open_sealed(vault.seal("s3cret", credential), credential) == "s3cret"


def test_sealed_secret_does_not_open_in_another_row():
    sealed = vault.seal("s3cret", uuid.uuid4())

    with pytest.raises(vault.CannotOpen):
        vault.open_sealed(sealed, uuid.uuid4())


def test_process_without_private_key_seals_and_cannot_open(settings):
    settings.SEALING_PRIVATE_KEYS = []
    credential = uuid.uuid4()
    sealed = vault.seal("s3cret", credential)

    with pytest.raises(vault.SealingKeyMissing, match="SEALING_PRIVATE_KEYS"):
        vault.open_sealed(sealed, credential)


def test_older_private_keys_still_open(settings):
    credential = uuid.uuid4()
    sealed = vault.seal("s3cret", credential)
    settings.SEALING_PRIVATE_KEYS = [vault.generate_keys()[1], *settings.SEALING_PRIVATE_KEYS]

    assert vault.open_sealed(sealed, credential) == "s3cret"


def test_same_secret_sealed_twice_looks_different():
    credential = uuid.uuid4()

    assert vault.seal("s3cret", credential) != vault.seal("s3cret", credential)


def test_sealing_needs_the_public_key(settings):
    settings.SEALING_PUBLIC_KEY = ""

    with pytest.raises(vault.SealingKeyMissing, match="SEALING_PUBLIC_KEY"):
        vault.seal("s3cret", uuid.uuid4())
