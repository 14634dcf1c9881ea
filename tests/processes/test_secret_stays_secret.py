"""A canary secret through real processes and every error path: it may be nowhere, not encoded either."""

import base64
import urllib.parse
from pathlib import Path

import pytest

from tests.processes.installation import Installation, wait_until

pytestmark = pytest.mark.processes

CANARY = "cAn4ry~Secret+Value/with?odd&characters=0123456789"


def traces(secret: str) -> list[bytes]:
    """The secret as it could be written: clear, quoted, hexadecimal, in UTF-16, in base64 at each alignment."""
    raw = secret.encode()
    forms = [raw, urllib.parse.quote(secret, safe="").encode(), urllib.parse.quote_plus(secret).encode()]
    forms += [raw.hex().encode(), secret.encode("utf-16-le"), secret.encode("utf-16-be"), raw[::-1]]
    for shift in range(3):
        encoded = base64.b64encode(b"x" * shift + raw)[4:-4]
        forms += [encoded, encoded.replace(b"+", b"-").replace(b"/", b"_")]
    return forms


def found_in(folder: Path) -> list[str]:
    """Files below the folder, database and journals included, that hold a trace."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    return [file.name for file in files if any(trace in file.read_bytes() for trace in traces(CANARY))]


def test_search_finds_what_it_should(tmp_path):
    for number, trace in enumerate(traces(CANARY)):
        (tmp_path / str(number)).write_bytes(b"before " + trace + b" after")

    assert len(found_in(tmp_path)) == len(traces(CANARY))


def test_secret_is_in_no_output_log_payload_or_database(installation: Installation, directory, tenant_server):
    directory.add_group("Team", members=[directory.add_user()])
    connection = installation.connect(directory, CANARY)
    installation.manage("check_connection", connection)
    installation.manage("sync_directory", connection)

    faults = tenant_server.faults
    for where, kind in (
        *(("token", "503"), ("token", "429"), ("token", "AADSTS7000215"), ("token", "redirect"), ("discovery", "404")),
        *(("users/delta", "403"), ("groups/delta", "redirect"), ("groups/delta", "foreign_next_link")),
    ):
        faults.clear()
        faults.add(where, kind, times=None, retry_after=600)  # longer than a run waits, so that it fails at once
        installation.manage("sync_directory", connection, "--full", ok=False)
    faults.clear()
    directory.disable_app()
    installation.manage("check_connection", connection, ok=False)
    kept = installation.env.pop("SEALING_PRIVATE_KEYS")
    installation.manage("sync_directory", connection, ok=False)
    installation.env["SEALING_PRIVATE_KEYS"] = kept
    directory.enable_app()

    installation.ask(f"Connection.objects.filter(pk='{connection}').update(due_at='2026-01-01T00:00Z')")
    installation.start_cluster()
    installation.dispatch()
    wait_until(lambda: installation.ask("SyncRun.objects.filter(trigger='retry', state='succeeded').count()"))
    installation.manage("dumpdata", "--output", str(installation.folder / "dump.json"))
    installation.stop()

    assert installation.printed.stat().st_size > 10_000
    assert found_in(installation.folder) == []


def test_secret_given_to_a_refused_command_is_not_repeated(installation: Installation, directory):
    arguments = ["add_connection", "--organization", "Acme", "--tenant-id", directory.tenant_id]
    arguments += ["--client-id", "x", "--secret-stdin", "--owner-name", "A", "--owner-email", "not an address"]

    installation.manage(*arguments, stdin=CANARY, ok=False)

    assert found_in(installation.folder) == []
