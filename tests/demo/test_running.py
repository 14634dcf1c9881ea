"""The demo as a process: it opens, keeps its state, ends when told, and does not limp on."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from demo.state import free_ports

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.processes


@contextmanager
def running(folder):
    """The process of a demo with its state in this folder, once it says that it is open, and its address."""
    [port] = free_ports(1)
    environment = os.environ | {"EXTRA_APPS": "demo", "READ_DOT_ENV": "false", "VAR_DIR": str(folder)}
    command = [sys.executable, "manage.py", "demo", "--port", str(port)]
    with (folder / "said").open("w+") as said:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=said, stderr=said)
        try:
            until(lambda: "\nOpen " in (folder / "said").read_text() or process.poll() is not None)
            assert process.poll() is None, (folder / "said").read_text()
            yield process, f"http://localhost:{port}/"
        finally:
            process.terminate()
            process.wait(40)


def until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def processes_of(folder):
    """Process id → environment, of what runs in the demo with its state below this folder."""
    found = {}
    for file in Path("/proc").glob("[0-9]*/environ"):
        try:
            entries = file.read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        environment = dict(entry.split("=", 1) for entry in entries if "=" in entry)
        if environment.get("DEMO_STATE") == str(folder / "demo"):
            found[int(file.parent.name)] = environment
    return found


def command_of(pid):
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")


def test_demo_opens_ends_on_ctrl_c_and_goes_on_where_it_was(tmp_path):
    with running(tmp_path) as (process, address):
        first = requests.get(address, timeout=10).text
        link = first.partition('href="/connect/')[2].partition('"')[0]
        process.send_signal(signal.SIGINT)
        status = process.wait(40)
        left = processes_of(tmp_path)

    with running(tmp_path) as (_, address):
        second = requests.get(address, timeout=10).text

    assert (status, left) == (0, {})
    assert "Healthy" in first
    assert "Connect the directory of Fabrikam" in first
    assert list((tmp_path / "demo" / "outbox").iterdir())
    assert f'href="/connect/{link}"' in second


def test_only_clusters_get_the_key_and_a_dead_child_ends_the_demo(tmp_path):
    with running(tmp_path) as (process, _):
        started = processes_of(tmp_path)
        keyed = {command_of(pid).split()[-1] for pid, each in started.items() if each["SEALING_PRIVATE_KEYS"]}
        cluster = next(pid for pid in sorted(started) if "qcluster" in command_of(pid))

        os.kill(cluster, signal.SIGKILL)
        status = process.wait(40)

    assert keyed == {"qcluster"}
    assert status != 0
    assert "cluster sync has ended with status -9" in (tmp_path / "said").read_text()
    assert processes_of(tmp_path) == {}
