"""Run tests on PostgreSQL: `python -m tests.postgresql [pytest arguments]`.

Starts a server of its own in a temporary folder, as an unprivileged user since PostgreSQL refuses root, and
removes it afterwards.
"""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

INSTALLED = Path("/usr/lib/postgresql")


def programs() -> Path:
    """The folder of the newest installed server's programs. Exits with the line that installs one."""
    found = sorted(INSTALLED.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if not found:
        sys.exit("PostgreSQL is missing, on which tests run. Install it with: sudo apt-get install postgresql")
    return found[-1].parent


def as_unprivileged(*command: str) -> list[str]:
    """The command, run as somebody else when we are root."""
    if os.geteuid():
        return list(command)
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]


@contextmanager
def server() -> Iterator[str]:
    """A running server; yields its DATABASE_URL."""
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
    if not os.geteuid():
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c timezone=UTC"
    control = programs() / "pg_ctl"
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "cwd": folder}
    subprocess.run(
        as_unprivileged(str(programs() / "initdb"), "-D", f"{folder}/data", "-A", "trust", "-U", "hq", "-E", "UTF8"),
        **quiet,
    )
    started = as_unprivileged(str(control), "-D", f"{folder}/data", "-w", "-l", f"{folder}/log", "-o", options, "start")
    subprocess.run(started, **quiet)
    try:
        yield f"postgres://hq@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run(as_unprivileged(str(control), "-D", f"{folder}/data", "-m", "immediate", "stop"), **quiet)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    with server() as url:
        # Sequences are many on SQLite; here they show that the two databases agree.
        environment = os.environ | {"DATABASE_URL": url, "READ_DOT_ENV": "false", "SEQUENCES": "40"}
        status = subprocess.run([sys.executable, "-m", "pytest", *sys.argv[1:]], env=environment, check=False)
    sys.exit(status.returncode)
