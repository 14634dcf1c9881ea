"""Sealing of customers' secrets: HPKE (RFC 9180), bound to the credential that holds them.

Whoever has the public key can seal; only a process with a private key can open. The credential's UUID goes
in as `info`, so that a sealed value copied to another row does not open there.
"""

import base64
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from django.conf import settings

SUITE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)


class SealingKeyMissing(Exception):
    """This process has not been given the key it needs; the text names the setting, never a key."""


class CannotOpen(Exception):
    """No private key of this process opens the sealed value."""


def generate_keys() -> tuple[str, str]:
    """A new pair (public, private), each 32 bytes in URL-safe base64."""
    private = X25519PrivateKey.generate()
    return _encode(private.public_key().public_bytes_raw()), _encode(private.private_bytes_raw())


def seal(secret: str, credential_id: UUID) -> str:
    """Seal `secret` to the credential. Needs SEALING_PUBLIC_KEY only."""
    if not settings.SEALING_PUBLIC_KEY:
        raise SealingKeyMissing("SEALING_PUBLIC_KEY is not set; `manage.py generate_keys` makes one.")
    public_key = X25519PublicKey.from_public_bytes(_decode(settings.SEALING_PUBLIC_KEY))
    return _encode(SUITE.encrypt(secret.encode(), public_key, info=_info(credential_id)))


def open_sealed(sealed: str, credential_id: UUID) -> str:
    """The secret in clear, for use in this process alone. Tries SEALING_PRIVATE_KEYS, newest first."""
    if not settings.SEALING_PRIVATE_KEYS:
        raise SealingKeyMissing("SEALING_PRIVATE_KEYS is not set; only workers may have it.")
    for key in settings.SEALING_PRIVATE_KEYS:
        private_key = X25519PrivateKey.from_private_bytes(_decode(key))
        try:
            return SUITE.decrypt(_decode(sealed), private_key, info=_info(credential_id)).decode()
        except (InvalidTag, ValueError):
            continue
    raise CannotOpen("None of SEALING_PRIVATE_KEYS opens this credential.")


def is_sealed_with(public_key: str, sealed: str, credential_id: UUID) -> bool:
    """Whether the private half of this public key, which has to be among SEALING_PRIVATE_KEYS, opens the value."""
    for key in settings.SEALING_PRIVATE_KEYS:
        private_key = X25519PrivateKey.from_private_bytes(_decode(key))
        if public_half(key) != public_key:
            continue
        try:
            SUITE.decrypt(_decode(sealed), private_key, info=_info(credential_id))
        except (InvalidTag, ValueError):
            continue
        return True
    return False


def public_half(private_key: str) -> str:
    """The public key of a private one."""
    return _encode(X25519PrivateKey.from_private_bytes(_decode(private_key)).public_key().public_bytes_raw())


def _info(credential_id: UUID) -> bytes:
    return b"directory-sync credential " + credential_id.bytes


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text)
