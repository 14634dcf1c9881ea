"""The demo: a make-believe tenant, the web and both clusters on this machine, with people to try them as."""

import json
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from demo import sabotage, seed
from demo.once import go
from demo.processes import ChildEnded, TookTooLong
from demo.remote import TenantSilent
from demo.stage import Stage
from demo.state import STATE, InUse, State, free_ports, is_free, open_state, standard_folder

LOOK_EVERY = 0.5  # seconds


class Command(BaseCommand):
    help = "Run the demo until Ctrl-C; with --once do the main job by itself and tell how each step went."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="of the web (default: 8000)")
        parser.add_argument("--once", action="store_true", help="do the main job in a state of its own, then end")
        parser.add_argument("--json", action="store_true", help="with --once: print one JSON object")
        parser.add_argument("--reset", action="store_true", help="forget everything that the demo has kept")
        parser.add_argument("--sabotage", choices=sabotage.KINDS, help="with --once, for tests: spoil it on purpose")

    def handle(self, *args, **options) -> None:
        for number in (
            signal.SIGINT,
            signal.SIGTERM,
        ):  # SIGINT too: a shell starts what is in its background deaf to it
            signal.signal(number, signal.default_int_handler)
        if options["once"]:
            self._once(options)
            return
        state = open_state(standard_folder())
        if options["reset"]:
            self._reset(state)
            return
        self._enter(state, options["port"])
        try:
            with state.lock():
                self._run(state, options["port"])
        except InUse as in_use:
            raise CommandError(str(in_use)) from None

    def _enter(self, state: State, port: int) -> None:
        """Start this command anew within the demo's own environment, unless it is there already."""
        if os.environ.get(STATE) != str(state.folder):
            os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | state.environment(port))  # noqa: S606 - ourselves

    def _reset(self, state: State) -> None:
        try:
            with state.lock():
                shutil.rmtree(state.folder)
        except InUse as in_use:
            raise CommandError(str(in_use)) from None
        self.stderr.write("The demo has forgotten everything.")

    def _run(self, state: State, port: int) -> None:
        if not is_free(port):
            raise CommandError(f"Port {port} is taken; choose another: make demo PORT={port + 1}")
        begun = time.monotonic()
        stage = Stage(state, port)
        try:
            self._start(stage)
            self.stdout.write(
                f"\nOpen {stage.url}/ (ready after {time.monotonic() - begun:.0f} s)\n"
                f"State and logs are in {state.folder} and stay until `make demo-reset`. Ctrl-C ends everything.\n"
            )
            while True:
                stage.demand_all()
                time.sleep(LOOK_EVERY)
        except KeyboardInterrupt:
            self.stderr.write("\nStopping; workers finish what they have in hand.")
        except (ChildEnded, TookTooLong, TenantSilent) as error:
            raise CommandError(f"The demo ends: {error}") from None
        finally:
            _deaf_to_signals()
            stage.stop()

    def _start(self, stage: Stage) -> None:
        self.stderr.write("Starting the make-believe tenant, the web and two clusters …")
        stage.state.write_environment(stage.web_port)
        stage.start_tenant()
        stage.prepare()
        stage.start_clusters()
        stage.start_web()
        stage.await_tenant()
        seed.make_people(stage.state.password)
        seed.make_live(stage.demand_all)
        stage.await_web()

    def _once(self, options: dict[str, Any]) -> None:
        if STATE not in os.environ:
            folder = Path(tempfile.mkdtemp(prefix="demo-"))
            self._enter(open_state(folder), free_ports(1)[0])
        state = open_state(standard_folder())
        stage = Stage(state, int(os.environ["BASE_URL"].rpartition(":")[2]))
        say = (lambda line: None) if options["json"] else self.stdout.write
        try:
            result = go(stage, state.password, say, options["sabotage"] or "")
        except KeyboardInterrupt:
            raise CommandError("Interrupted.") from None
        finally:
            _deaf_to_signals()
            stage.stop()
            shutil.rmtree(state.folder, ignore_errors=True)
        if options["json"]:
            self.stdout.write(json.dumps(result, ensure_ascii=False))
        if not result["ok"]:
            raise CommandError(f"The step “{result['failed']}” failed.")


def _deaf_to_signals() -> None:
    """A second Ctrl-C must not leave processes behind."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
