"""The main job from the command line, in processes of its own: what a script of an operator relies on."""

import csv
import io

import pytest

pytestmark = pytest.mark.processes

SYNC_KEYS = {
    *("connection", "run", "kind", "state", "requests", "pages", "users", "groups", "contacts", "memberships"),
    *("added", "changed", "removed", "held", "problem", "seconds", "peak_rss_mib", "groups_by_status"),
}
EXPLAIN_KEYS = {
    *("entra_direct", "entra_transitive", "people", "recipients", "nested_groups", "other_objects"),
    *("contacts_left_out", "disabled", "no_address", "invalid_address", "excluded", "unread", "duplicates"),
}


def test_connect_check_sync_export_and_explain(installation, directory):
    first, *others = [directory.add_user(displayName=f"P{n}", mail=f"p{n}@contoso.com") for n in range(6)]
    child = directory.add_group("Child", members=others)
    parent = directory.add_group("Parent", members=[first, child])

    connection = installation.connect(directory)
    checks = installation.json("check_connection", connection)
    run = installation.json("sync_directory", connection)
    again = installation.json("sync_directory", connection)
    exported = installation.manage("export_recipients", connection, "--group", parent).stdout
    told = installation.json("explain_group", connection, parent)

    assert checks["ok"]
    assert set(run) == SYNC_KEYS
    assert (run["kind"], run["state"], run["users"], run["added"]) == ("full", "succeeded", 6, 6)
    assert (again["kind"], again["added"], again["removed"]) == ("incremental", 0, 0)
    rows = list(csv.DictReader(io.StringIO(exported)))
    assert [row["entra_id"] for row in rows] == sorted([first, *others])
    assert list(rows[0]) == ["group_id", "entra_id", "kind", "name", "email"]
    assert set(told) == EXPLAIN_KEYS
    assert (told["entra_direct"], told["entra_transitive"], told["recipients"]) == (2, 7, 6)


def test_listed_groups_alone_are_read_and_kept(installation, directory):
    inside, outside = directory.add_user(displayName="In"), directory.add_user(displayName="Out")
    nested = directory.add_group("Nested", members=[inside])
    listed = directory.add_group("Listed", members=[nested])
    directory.add_group("Other", members=[outside])

    connection = installation.connect(directory, None, "--group", listed)
    run = installation.json("sync_directory", connection)
    rows = installation.manage("export_recipients", connection).stdout.splitlines()[1:]

    assert (run["state"], run["users"], run["groups"]) == ("succeeded", 1, 2)
    assert sorted(row.split(",")[0] for row in rows) == sorted([nested, listed])
    assert installation.ask("Recipient.objects.count()") == 1


def test_failed_check_names_the_missing_permission_and_exits_with_1(installation, directory):
    connection = installation.connect(directory)
    directory.withdraw_role("User.Read.All")

    answer = installation.json("check_connection", connection, ok=False)

    bad = [check for check in answer["checks"] if not check["ok"]]
    assert {check["subject"] for check in bad} == {"User.Read.All"}


def test_failed_sync_prints_its_problem_and_exits_with_1(installation, directory):
    connection = installation.connect(directory)
    directory.expire_secret()

    run = installation.json("sync_directory", connection, ok=False)

    assert (run["state"], run["problem"]) == ("failed", "secret_expired")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["sync_directory", "not-a-uuid"], "is not a connection's UUID"),
        (["sync_directory", "00000000-0000-0000-0000-000000000000"], "There is no connection"),
        (["sync_directory"], "Name one connection, or say --all."),
        (["export_recipients", "00000000-0000-0000-0000-000000000000"], "There is no connection"),
    ],
)
def test_bad_arguments_get_a_clear_error(installation, arguments, words):
    assert words in installation.manage(*arguments, ok=False).stderr
