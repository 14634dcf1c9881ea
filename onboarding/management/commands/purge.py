"""Delete what is past its time: of directories, and of links and drafts."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from directory_sync import purge
from directory_sync.management.answers import add_json, answer
from onboarding import purging


class Command(BaseCommand):
    help = "Delete what is past its time; how long things are kept is in the settings. Prints rows by kind."

    def add_arguments(self, parser) -> None:
        add_json(parser)

    def handle(self, *args, **options) -> None:
        now = timezone.now()
        answer(self, {**purge.purge(now), **purging.purge(now)}, as_json=options["json"])
