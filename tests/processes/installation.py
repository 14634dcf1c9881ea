"""An installation as an operator has it: its own keys, database and processes, talking to the tenant."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from demo.tenant.server import TenantServer

ROOT = Path(__file__).resolve().parent.parent.parent


class Installation:
    """Runs `manage.py` in processes of its own, and keeps everything that they print."""

    def __init__(self, folder: Path, server: TenantServer) -> None:
        self.folder = folder
        self.printed = folder / "printed.txt"
        self.clusters: list[subprocess.Popen] = []
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.env = inherited | {
            "READ_DOT_ENV": "false",
            "VAR_DIR": str(folder),
            "ENTRA_GLOBAL_LOGIN_URL": server.login_url,
            "ENTRA_GLOBAL_GRAPH_URL": server.graph_url,
            "REQUESTS_CA_BUNDLE": server.ca_file,
            "SYNC_STALE_AFTER": "2",
            "LOG_LEVEL": "DEBUG",
        }

    def prepare(self) -> None:
        """Make keys and database, as the README has it."""
        lines = self.manage("generate_keys").stdout.splitlines()
        self.env |= {name: value.strip("'") for name, value in (line.split("=", 1) for line in lines)}
        self.manage("migrate")
        self.manage("install_schedules")

    def manage(self, *arguments: str, stdin: str = "", ok: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; `ok=False` expects it to fail."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.env,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        with self.printed.open("a") as printed:
            printed.write(done.stdout + done.stderr)
        assert (done.returncode == 0) is ok, done.stdout + done.stderr
        return done

    def json(self, *arguments: str, stdin: str = "", ok: bool = True) -> dict[str, Any]:
        """The one JSON object that a command prints."""
        return json.loads(self.manage(*arguments, "--json", stdin=stdin, ok=ok).stdout)

    def connect(self, directory, secret: str | None = None, *options: str) -> str:
        """Connect the directory from the command line; returns the connection's UUID."""
        app = directory.add_app(secret=secret)
        answer = self.json(
            *("add_connection", "--organization", "Acme", "--tenant-id", directory.tenant_id),
            *("--client-id", app.client_id, "--secret-stdin", "--owner-name", "Ada Admin"),
            *("--owner-email", "ada@contoso.com", *options),
            stdin=app.secret + "\n",
        )
        return answer["connection"]

    def start_cluster(self, name: str = "sync") -> subprocess.Popen:
        """Start a django-q2 cluster in a session of its own."""
        with self.printed.open("a") as printed:
            cluster = subprocess.Popen(
                [sys.executable, "manage.py", "qcluster"],
                cwd=ROOT,
                env=self.env | {"Q_CLUSTER_NAME": name},
                stdout=printed,
                stderr=printed,
                start_new_session=True,
            )
        self.clusters.append(cluster)
        return cluster

    def dispatch(self) -> None:
        """What the schedule does every minute, now."""
        self.manage("shell", "-v0", "-c", "from directory_sync.tasks import dispatch; dispatch()")

    def ask(self, expression: str) -> Any:
        """The value of an expression over the models, in the installation's own process."""
        code = f"import json; from directory_sync.models import *; print(json.dumps({expression}))"
        return json.loads(self.manage("shell", "-v0", "-c", code).stdout.splitlines()[-1])

    def kill(self, cluster: subprocess.Popen) -> None:
        """SIGKILL to the cluster and all its workers: what a power cut does."""
        os.killpg(cluster.pid, signal.SIGKILL)
        cluster.wait(10)

    def stop(self) -> None:
        """End every cluster by a signal to its main process."""
        running = [cluster for cluster in self.clusters if cluster.poll() is None]
        for cluster in running:
            cluster.terminate()
        for cluster in running:
            try:
                cluster.wait(20)
            except subprocess.TimeoutExpired:
                self.kill(cluster)


def wait_until(holds: Callable[[], Any], seconds: float = 60) -> Any:
    """Poll until the condition is true and return it."""
    give_up = time.monotonic() + seconds
    while not (result := holds()):
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.3)
    return result
