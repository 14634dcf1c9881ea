"""What a demo keeps between starts, in one folder: keys, ports, database, mails and the make-believe tenant."""

import fcntl
import json
import os
import secrets
import shlex
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from django.conf import settings
from django.core.management.utils import get_random_secret_key

from directory_sync import vault

STATE = "DEMO_STATE"  # the environment variable that tells a process which demo it belongs to


class InUse(Exception):
    """Another demo runs on this state."""


@dataclass(frozen=True)
class State:
    """Keys and ports of one demo. The ports stay, so that what was saved about the tenant stays true."""

    folder: Path
    login_port: int
    graph_port: int
    secret_key: str = field(repr=False)
    public_key: str = field(repr=False)
    private_key: str = field(repr=False)
    password: str = field(repr=False)

    @property
    def tenant_folder(self) -> Path:
        """Certificates, facts and saved directory of the make-believe tenant."""
        return self.folder / "tenant"

    @property
    def logs(self) -> Path:
        """What the processes said, one file each."""
        return self.folder / "logs"

    def environment(self, web_port: int, *, opens_secrets: bool = False) -> dict[str, str]:
        """What a process of this demo has in its environment, over whatever the developer's own says.

        Only what `opens_secrets` gets the private key: the clusters do, the web does not.
        """
        login, graph = (f"https://localhost:{port}" for port in (self.login_port, self.graph_port))
        direct = ",".join(filter(None, [os.environ.get("NO_PROXY"), "localhost", "127.0.0.1"]))
        return {
            STATE: str(self.folder),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "READ_DOT_ENV": "false",
            "EXTRA_APPS": "demo",
            "DEBUG": "false",
            "VAR_DIR": str(self.folder),
            "DATABASE_URL": f"sqlite:///{self.folder / 'db.sqlite3'}",
            "REDIS_URL": "",
            "EMAIL_URL": f"filemail:///{self.folder / 'outbox'}",  # a path's first slash is the URL's own
            "ALLOWED_HOSTS": "localhost,127.0.0.1",
            "BASE_URL": f"http://localhost:{web_port}",
            "SUPPORT_EMAIL": "support@hq.example",
            "SECRET_KEY": self.secret_key,
            "SEALING_PUBLIC_KEY": self.public_key,
            "SEALING_PRIVATE_KEYS": self.private_key if opens_secrets else "",
            "ENTRA_GLOBAL_LOGIN_URL": login,
            "ENTRA_GLOBAL_GRAPH_URL": graph,
            "ENTRA_USGOV_LOGIN_URL": login,
            "ENTRA_USGOV_GRAPH_URL": graph,
            "REQUESTS_CA_BUNDLE": str(self.tenant_folder / "ca.pem"),
            "NO_PROXY": direct,
            "no_proxy": direct,
            "PYTHONUNBUFFERED": "1",
        }

    def write_environment(self, web_port: int) -> None:
        """Keep it as a file that a shell can read, so that commands in a terminal work like the demo's workers."""
        file = self.folder / "environment"
        file.touch(mode=0o600)
        variables = self.environment(web_port, opens_secrets=True)
        file.write_text("".join(f"{name}={shlex.quote(value)}\n" for name, value in variables.items()))

    def lock(self) -> IO[str]:
        """Hold the state as long as the returned file is open. Raises InUse."""
        held = (self.folder / "lock").open("w")
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            held.close()
            raise InUse(f"A demo runs on {self.folder} already; end it first.") from None
        return held


def open_state(folder: Path) -> State:
    """The state in this folder, made on the first call and readable by its owner alone."""
    file = folder / "demo.json"
    if not file.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(json.dumps(_new()))
    state = State(folder, **json.loads(file.read_text()))
    for each in (state.tenant_folder, state.logs, folder / "outbox"):
        each.mkdir(mode=0o700, exist_ok=True)
    return state


def _new() -> dict[str, str | int]:
    public, private = vault.generate_keys()
    login_port, graph_port = free_ports(2)
    return {
        "secret_key": get_random_secret_key(),
        "public_key": public,
        "private_key": private,
        "password": secrets.token_urlsafe(18),
        "login_port": login_port,
        "graph_port": graph_port,
    }


def free_ports(count: int) -> list[int]:
    """Ports that nobody listened on a moment ago."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def is_free(port: int) -> bool:
    """Whether a web server could listen there."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def standard_folder() -> Path:
    """Where `make demo` keeps its state; a process of the demo knows it from its environment."""
    return Path(os.environ.get(STATE) or settings.VAR_DIR / "demo")
