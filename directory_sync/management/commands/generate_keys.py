"""Print new keys for `.env`. Works with nothing configured."""

from django.core.management.base import BaseCommand
from django.core.management.utils import get_random_secret_key

from directory_sync import vault


class Command(BaseCommand):
    help = "Print new SECRET_KEY, SEALING_PUBLIC_KEY and SEALING_PRIVATE_KEYS lines, once; nothing is stored."
    requires_system_checks: list[str] = []

    def handle(self, *args, **options) -> None:
        public, private = vault.generate_keys()
        # Quotes keep shells and django-environ from reading $ and # in the key.
        self.stdout.write(f"SECRET_KEY='{get_random_secret_key().replace('$', 'x')}'")
        self.stdout.write(f"SEALING_PUBLIC_KEY={public}")
        self.stdout.write(f"SEALING_PRIVATE_KEYS={private}")
