"""Keep whom a held run would take away."""

from django.core.management.base import BaseCommand, CommandError

from directory_sync import holds
from directory_sync.management.answers import run_named


class Command(BaseCommand):
    help = "Keep the people whom a held run would take away; they are not asked about again until there are more."

    def add_arguments(self, parser) -> None:
        parser.add_argument("run", metavar="RUN")

    def handle(self, *args, **options) -> None:
        run = run_named(options["run"])
        if not holds.dismiss(run, by="command line"):
            raise CommandError(f"Run {run.pk} holds nothing.")
        self.stdout.write(f"Run {run.pk} is dismissed; everybody it names stays.")
