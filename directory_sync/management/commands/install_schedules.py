"""Schedules are code: this writes them, as often as one likes."""

from django.core.management.base import BaseCommand

from directory_sync.schedules import install


class Command(BaseCommand):
    help = "Install or update the schedules of the clusters."

    def handle(self, *args, **options) -> None:
        for name in install():
            self.stdout.write(name)
