"""Another process changes the world through the control surface, and the world survives a restart."""

import json
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
import requests

from demo.tenant import Directory
from demo.tenant.datasets import SIZES, build


def control(client, verb, **arguments):
    arguments.setdefault("tenant", client.directory.tenant_id)
    return client.session.post(f"{client.server.control_url}/{verb}", json=arguments, timeout=10)


def test_a_verb_changes_the_directory(client, directory):
    user = control(client, "add_user", displayName="Ada").json()["result"]

    control(client, "update_user", user=user, displayName="Ada L.")

    assert directory.properties(user)["displayName"] == "Ada L."


def test_a_fault_can_be_set_from_outside(client, server, directory):
    client.session.post(f"{server.control_url}/add_fault", json={"where": "users", "kind": "500"}, timeout=10)

    assert client.get("users").status_code == 500


@pytest.mark.parametrize("verb", ["lock", "__init__", "adopt", "nothing"])
def test_what_is_no_verb_is_refused(client, verb):
    assert control(client, verb).status_code == 400


def test_state_names_groups(client, directory, server):
    group = directory.add_group("Team")

    state = client.session.get(f"{server.control_url}/state", timeout=10).json()

    [tenant] = [found for found in state["tenants"] if found["tenant_id"] == directory.tenant_id]
    assert tenant["groups"] == {group: "Team"}


@contextmanager
def process(folder, *options):
    """The server as a process of its own; yields its facts and a session that trusts it."""
    facts_file = folder / "tenant.json"
    facts_file.unlink(missing_ok=True)
    command = [sys.executable, "-m", "demo.tenant", "--state", str(folder), "--dataset", "demo", "--seed", "3"]
    running = subprocess.Popen([*command, *options])
    try:
        deadline = time.monotonic() + 30
        while not facts_file.exists() and time.monotonic() < deadline:
            assert running.poll() is None
            time.sleep(0.05)
        facts = json.loads(facts_file.read_text())
        with requests.Session() as session:
            session.trust_env = False
            session.verify = facts["ca_file"]
            yield facts, session
    finally:
        running.send_signal(signal.SIGTERM)
        assert running.wait(20) == 0


def test_state_and_secrets_survive_a_restart(tmp_path):
    with process(tmp_path) as (first, session):
        made = session.post(f"{first['control_url']}/add_group", json={"name": "New here"}, timeout=10)
        group = made.json()["result"]
    with process(tmp_path) as (second, session):
        state = session.get(f"{second['control_url']}/state", timeout=10).json()

    assert second["secret"] == first["secret"]
    assert state["tenants"][0]["groups"][group] == "New here"
    assert state["tenants"][0]["users"] == 400


def test_a_tenant_that_is_not_to_be_saved_leaves_no_state(tmp_path):
    with process(tmp_path, "--no-save") as (facts, session):
        session.post(f"{facts['control_url']}/add_group", json={"name": "New here"}, timeout=10)

    assert not (tmp_path / "state.pickle").exists()
    assert (tmp_path / "tenant.json").exists()


def test_latency_and_quota_can_be_there_from_the_start(tmp_path):
    with process(tmp_path, "--no-save", "--latency", "0.1", "--quota", "1") as (facts, session):
        form = {"grant_type": "client_credentials", "client_id": facts["client_id"], "client_secret": facts["secret"]}
        url = f"{facts['login_url']}/{facts['tenant_id']}/oauth2/v2.0/token"
        signed_in = session.post(url, data={**form, "scope": f"{facts['graph_url']}/.default"}, timeout=10)
        session.headers["Authorization"] = "Bearer " + signed_in.json()["access_token"]
        answers = [session.get(f"{facts['graph_url']}/v1.0/users?$select=id", timeout=10) for _ in range(3)]

    assert min(answer.elapsed.total_seconds() for answer in [signed_in, *answers]) >= 0.1
    assert answers[0].status_code == 200
    assert answers[-1].status_code == 429


@pytest.mark.parametrize("size", ["tiny", "S"])
def test_a_dataset_has_the_size_it_promises(size):
    directory = Directory(seed=1)

    build(directory, size, seed=2)

    links = sum(len(directory.links_of(group)) for group in directory.groups)
    assert (len(directory.users), len(directory.groups), links) == SIZES[size]


def test_the_readable_company_has_a_parent_with_six_people():
    directory = Directory(seed=1)

    build(directory, "demo", seed=2)

    parent = directory.find_group("Parent")
    assert len(directory.members(parent)) == 2
    assert len(directory.transitive_members(parent, "user")) == 6
