"""Replace the sealing key: prints a new pair, and once that is in place seals every stored secret with it."""

from dataclasses import asdict

from django.core.management.base import BaseCommand, CommandError

from directory_sync import rotation, vault
from directory_sync.management.answers import add_json, answer

NEXT = """\
# 1. Workers: put this private key before the one that is there, and restart them.
# 2. Everybody: set this public key, and restart the web and the workers.
# 3. Run `rotate_sealing_key` again, in the environment of the workers. It seals every stored secret anew."""


class Command(BaseCommand):
    help = (
        "With one private key, or none: print a new pair; nothing is stored. With a new private key before the old "
        "one, and the new public key: seal every stored secret anew. docs/operations.md has the whole procedure."
    )

    def add_arguments(self, parser) -> None:
        add_json(parser)

    def handle(self, *args, **options) -> None:
        if not rotation.is_prepared():
            self._print_pair(as_json=options["json"])
            return
        try:
            done = rotation.reseal()
        except rotation.NotReadyToRotate as refused:
            raise CommandError(str(refused)) from None
        answer(self, asdict(done), as_json=options["json"])
        if done.unopened:
            raise CommandError(
                "Some secrets open with no key that is here; keep the old keys, and add the missing one."
            )
        self.stderr.write("Every stored secret is sealed with the new key; the others can be removed.")

    def _print_pair(self, *, as_json: bool) -> None:
        public, private = vault.generate_keys()
        self.stderr.write(NEXT)
        if as_json:
            answer(self, {"SEALING_PUBLIC_KEY": public, "SEALING_PRIVATE_KEYS": private}, as_json=True)
            return
        self.stdout.write(f"SEALING_PUBLIC_KEY={public}")
        self.stdout.write(f"SEALING_PRIVATE_KEYS={private}")
