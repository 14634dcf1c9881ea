"""Sync in this process, for operators and scripts."""

import time

from django.core.management.base import BaseCommand, CommandError

from directory_sync import notify
from directory_sync.management.answers import add_json, answer, connection_named, words
from directory_sync.management.bar import bar
from directory_sync.models import Connection, SyncRun
from directory_sync.sync import claim
from directory_sync.sync.perform import perform
from directory_sync.sync.report import report

WELL = (SyncRun.State.SUCCEEDED,)
POLL = 0.5


class Command(BaseCommand):
    help = "Sync one connection, or all, in this process; waits for a run that is under way."

    def add_arguments(self, parser) -> None:
        parser.add_argument("connection", nargs="?", metavar="UUID")
        parser.add_argument("--all", action="store_true")
        parser.add_argument("--full", action="store_true", help="read everything anew")
        add_json(parser)

    def handle(self, *args, **options) -> None:
        if bool(options["connection"]) == options["all"]:
            raise CommandError("Name one connection, or say --all.")
        if options["all"]:
            chosen = list(Connection.objects.filter(state__in=[Connection.State.ACTIVE, Connection.State.QUARANTINED]))
        else:
            chosen = [connection_named(options["connection"])]
        runs = [self._watched(connection, full=options["full"]) for connection in chosen]
        reports = [report(run) for run in runs]
        as_json = options["json"]
        if as_json and options["all"]:
            answer(self, {"runs": reports}, as_json=True)
        else:
            for run, each in zip(runs, reports, strict=True):
                answer(self, each, as_json=as_json)
                if run.problem and not as_json:
                    self.stdout.write(words(run.connection, run.problem, run.problem_subject))
        if failed := [run for run in runs if run.state not in WELL]:
            raise CommandError(f"{len(failed)} of {len(runs)} runs did not succeed: {failed[0].problem}.")

    def _watched(self, connection: Connection, *, full: bool) -> SyncRun:
        with bar(connection, self.stderr):
            return self._sync(connection, full=full)

    def _sync(self, connection: Connection, *, full: bool) -> SyncRun:
        if connection.state in (Connection.State.DISCONNECTED, Connection.State.PAUSED):
            raise CommandError(f"{connection} is {connection.get_state_display().lower()}.")
        run = claim.begin(connection, SyncRun.Trigger.COMMAND, full=full)
        if run is not None:
            notify.after_run(perform(run))
            return run
        self.stderr.write(f"{connection} is being synced; waiting for that run.")
        return self._wait(connection)

    def _wait(self, connection: Connection) -> SyncRun:
        """The active run when it has ended; one that nobody works on is taken up here."""
        run = connection.runs.active().first() or connection.runs.latest("created_at")
        while run.state in SyncRun.ACTIVE:
            if claim.claim(run):
                notify.after_run(perform(run))
                return run
            time.sleep(POLL)
            run.refresh_from_db()
        return run
