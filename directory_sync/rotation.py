"""From one sealing key to the next: every stored secret is sealed anew, in a process that can open it."""

from dataclasses import dataclass

from django.conf import settings

from . import vault
from .models import Credential, Event


class NotReadyToRotate(Exception):
    """This process can't seal anew; the text says what to set."""


@dataclass(frozen=True)
class Rotated:
    """How many secrets were sealed anew, how many were already, and the ids of those that no key here opens."""

    resealed: int
    already: int
    unopened: list[str]


def is_prepared() -> bool:
    """Whether a new private key stands before an old one."""
    return len(settings.SEALING_PRIVATE_KEYS) > 1


def reseal() -> Rotated:
    """Seal every stored secret with SEALING_PUBLIC_KEY. Harmless when repeated. Raises NotReadyToRotate."""
    newest = vault.public_half(settings.SEALING_PRIVATE_KEYS[0])
    if newest != settings.SEALING_PUBLIC_KEY:
        raise NotReadyToRotate(
            "SEALING_PUBLIC_KEY does not belong to the first of SEALING_PRIVATE_KEYS; set the new one everywhere first."
        )
    resealed, already, unopened = 0, 0, []
    for pk in Credential.objects.exclude(sealed="").order_by("created_at").values_list("pk", flat=True):
        try:
            if _reseal(Credential.objects.get(pk=pk)):
                resealed += 1
            else:
                already += 1
        except vault.CannotOpen:
            unopened.append(str(pk))
    if resealed:
        Event.objects.create(verb="secrets sealed anew", actor_label="command line", facts={"secrets": resealed})
    return Rotated(resealed, already, unopened)


def _reseal(credential: Credential) -> bool:
    """False when it is sealed with the new key, or was destroyed meanwhile."""
    if not credential.sealed or vault.is_sealed_with(settings.SEALING_PUBLIC_KEY, credential.sealed, credential.pk):
        return False
    anew = vault.seal(vault.open_sealed(credential.sealed, credential.pk), credential.pk)
    # Only over what was read: a secret that was destroyed in between stays so.
    return bool(Credential.objects.filter(pk=credential.pk, sealed=credential.sealed).update(sealed=anew))
