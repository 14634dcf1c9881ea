"""The main job by itself, and that it notices when something in the world is wrong."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.processes


def once(folder, *options):
    """Exit status, the JSON printed, and what was said besides."""
    environment = os.environ | {"EXTRA_APPS": "demo", "READ_DOT_ENV": "false", "TMPDIR": str(folder)}
    command = [sys.executable, "manage.py", "demo", "--once", "--json", *options]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, json.loads(done.stdout), done.stderr


def test_main_job_is_done_with_every_number_right(tmp_path):
    status, told, _ = once(tmp_path)

    numbers = {group["group"]: (group["expected"], group["shown"], group["exported"]) for group in told["groups"]}
    assert status == 0, told
    assert told["ok"]
    assert all(step["ok"] for step in told["steps"])
    assert numbers["Parent"] == (6, 6, 6)
    assert numbers["All-Staff"][0] > 300
    assert len(numbers) > 10
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("sabotage", "step", "because"),
    [
        ("worker", "first sync", "cluster sync has ended"),
        ("tenant", "live check", "tenant has ended"),
        ("secret", "live check", "secret"),
        ("one-person", "numbers", "Outreach: 24 in the tenant, 24 shown, 23 exported"),
    ],
)
def test_what_is_wrong_in_the_world_fails_the_step_that_meets_it(tmp_path, sabotage, step, because):
    status, told, said = once(tmp_path, "--sabotage", sabotage)

    assert status != 0
    assert not told["ok"]
    assert told["failed"] == told["steps"][-1]["name"] == step, told["steps"][-1]["detail"]
    assert because in told["steps"][-1]["detail"]
    assert step in said
