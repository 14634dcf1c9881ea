"""Everything that runs in a demo: the make-believe tenant, the web and both clusters, as processes of their own."""

import os
import sys

import requests
from django.core.management import call_command
from django.db import connections as databases
from django_q.status import Stat

from directory_sync import schedules

from . import remote
from .processes import Child, wait_for
from .state import State

START = 90  # seconds that a process may take until it answers
STOP = 20  # seconds that it may take to end; clusters finish the job at hand


class Stage:
    """Starts the processes and stops them at the end; a context manager."""

    def __init__(self, state: State, web_port: int) -> None:
        self.state = state
        self.web_port = web_port
        self.url = f"http://localhost:{web_port}"
        self.children: dict[str, Child] = {}

    def __enter__(self) -> "Stage":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def prepare(self) -> None:
        """Bring database, schedules and static files up to date."""
        call_command("migrate", interactive=False, verbosity=0)
        schedules.install()
        call_command("collectstatic", interactive=False, verbosity=0)
        databases.close_all()

    def start_tenant(self) -> None:
        """Start the make-believe tenant; `await_tenant` waits for it."""
        ports = ["--login-port", str(self.state.login_port), "--graph-port", str(self.state.graph_port)]
        self._start("tenant", "-m", "demo.tenant", "--state", str(self.state.tenant_folder), *ports)

    def await_tenant(self) -> None:
        """Wait until login and Graph answer."""
        wait_for("the make-believe tenant", remote.is_up, seconds=START, demand=self.demand_all)

    def start_web(self) -> None:
        """Start the web, which seals secrets and cannot open one."""
        options = ["--worker-class", "gthread", "--threads", "8", "--graceful-timeout", "5", "--no-control-socket"]
        self._start("web", "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{self.web_port}", *options)

    def start_clusters(self) -> None:
        """Start both clusters, which alone get the private key."""
        for name in ("sync", "now"):
            self._start(f"cluster {name}", "manage.py", "qcluster", opens_secrets=True, Q_CLUSTER_NAME=name)

    def await_web(self) -> None:
        """Wait until the web answers."""
        wait_for("the web", self._answers, seconds=START, demand=self.demand_all)

    def await_clusters(self) -> None:
        """Wait until both clusters report that they are there."""
        wait_for("both clusters", lambda: len(Stat.get_all()) >= 2, seconds=START, demand=self.demand_all)

    def demand_all(self) -> None:
        """Raises ChildEnded when one of the processes is no more."""
        for child in self.children.values():
            child.demand()

    def stop(self) -> bool:
        """Stop all, the tenant last, so that a run under way can end well. False when one had to be forced."""
        tenant = self.children.pop("tenant", None)
        others = list(self.children.values())
        for child in others:
            child.ask_to_stop()
        willing = [child.wait(STOP) for child in others]
        if tenant:
            tenant.ask_to_stop()
            willing.append(tenant.wait(STOP))
        self.children.clear()
        return all(willing)

    def _start(self, name: str, *arguments: str, opens_secrets: bool = False, **more: str) -> None:
        environment = os.environ | self.state.environment(self.web_port, opens_secrets=opens_secrets) | more
        log = self.state.logs / f"{name.replace(' ', '-')}.log"
        self.children[name] = Child(name, [sys.executable, *arguments], environment, log)

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/connect/", timeout=5).ok
        except requests.RequestException:
            return False
