"""Accept what a held run would take away, and sync again."""

from django.core.management.base import BaseCommand, CommandError

from directory_sync import holds, notify
from directory_sync.management.answers import add_json, answer, run_named
from directory_sync.models import SyncRun
from directory_sync.sync import claim
from directory_sync.sync.perform import perform
from directory_sync.sync.report import report


class Command(BaseCommand):
    help = "Accept the losses that a held run names and run again, in this process."

    def add_arguments(self, parser) -> None:
        parser.add_argument("run", metavar="RUN")
        add_json(parser)

    def handle(self, *args, **options) -> None:
        run = run_named(options["run"])
        again = holds.release(run, by="command line")
        if again is None:
            raise CommandError(f"Run {run.pk} holds nothing, or another run is active; wait for it and try again.")
        if claim.claim(again):
            notify.after_run(perform(again))
        again.refresh_from_db()
        answer(self, report(again), as_json=options["json"])
        if again.state != SyncRun.State.SUCCEEDED:
            raise CommandError(f"The run did not succeed: {again.state} {again.problem}".strip())
