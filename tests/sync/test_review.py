"""Odd answers and changed options, each of which once led to a wrong list or a failing run."""

import pytest

from directory_sync.models import Connection, Group, Membership, Nesting, Recipient, SyncRun
from directory_sync.sync import facts, merge
from tests.sync.harness import connect, group, names, sync

LISTED = "11111111-2222-4333-8444-555555555555"


def person(directory, name: str, **options) -> str:
    return directory.add_user(displayName=name, **{"mail": f"{name.lower()}@contoso.com", **options})


def set_options(connection: Connection, **options) -> None:
    Connection.objects.filter(pk=connection.pk).update(**options)


def reads_no_more(tenant_server, group_id: str, kind: str = "503"):
    """From now on Graph refuses this group's members."""
    return tenant_server.faults.add("members", kind, times=None, path_contains=group_id, retry_after=600)


# --- Listed groups


def test_people_below_a_listed_group_that_fails_are_all_kept(endpoints, db, directory, tenant_server):
    inner = directory.add_group("Inner", members=[person(directory, "Ann")])
    middle = directory.add_group("Middle", members=[inner])
    top = directory.add_group("Top", members=[middle])
    connection = connect(directory, group_ids=(top,))
    sync(connection)

    reads_no_more(tenant_server, top, "403")
    other = directory.add_group("Other", members=[person(directory, "Bo")])
    set_options(connection, scope_group_ids=[top, other])
    sync(connection)

    assert names(connection, top) == ["Ann"]
    assert group(connection, top).status == Group.Status.ERROR


def test_listed_group_that_is_restored_comes_back_with_its_people_of_today(endpoints, db, directory):
    ann, bo = person(directory, "Ann"), person(directory, "Bo")
    team = directory.add_group("Team", kind="m365", members=[ann])
    connection = connect(directory, group_ids=(team,))
    sync(connection)
    directory.delete_group(team)
    sync(connection)

    directory.restore_group(team)
    directory.remove_member(team, ann)
    directory.add_member(team, bo)
    sync(connection)

    assert (group(connection, team).status, names(connection, team)) == (Group.Status.SYNCED, ["Bo"])


def test_group_taken_off_the_list_and_put_back_is_read_again(endpoints, db, directory):
    ann, bo = person(directory, "Ann"), person(directory, "Bo")
    one, two = directory.add_group("One", members=[ann]), directory.add_group("Two", members=[bo])
    connection = connect(directory, group_ids=(one, two))
    sync(connection)
    set_options(connection, scope_group_ids=[two])
    sync(connection)

    set_options(connection, scope_group_ids=[one, two])
    sync(connection)

    assert (names(connection, one), names(connection, two)) == (["Ann"], ["Bo"])


def test_listed_group_that_never_was_is_told_as_not_found_every_night(endpoints, db, directory):
    connection = connect(directory, group_ids=(LISTED, directory.add_group("Real")))

    for _ in range(2):
        sync(connection)

        row = group(connection, LISTED)
        assert (row.status, row.problem) == (Group.Status.ERROR, "not_found")


def test_run_in_which_no_listed_group_could_be_read_has_failed(endpoints, db, directory):
    team = directory.add_group("Team", members=[person(directory, "Ann")])
    connection = connect(directory, group_ids=(team,))
    sync(connection)

    directory.app().roles.clear()
    run = sync(connection)

    assert (run.state, run.problem) == (SyncRun.State.FAILED, "permission_missing")
    assert names(connection, team) == ["Ann"]


def test_listed_group_whose_membership_got_hidden_keeps_its_people(endpoints, db, directory):
    directory_roles = {"Member.Read.Hidden"}
    council = directory.add_group(
        "Council", kind="m365", visibility="HiddenMembership", members=[person(directory, "Ann")]
    )
    connection = connect(directory, group_ids=(council,))
    directory.app().roles.update(directory_roles)
    sync(connection)
    before = names(connection, council)

    directory.withdraw_role("Member.Read.Hidden")
    sync(connection)

    row = group(connection, council)
    assert (before, names(connection, council)) == (["Ann"], ["Ann"])
    assert (row.status, row.problem) == (Group.Status.ERROR, "hidden_membership")


def test_group_ids_of_a_list_in_capitals_are_the_same_groups(endpoints, db, directory):
    team = directory.add_group("Team", id=LISTED.upper(), members=[person(directory, "Ann")])
    connection = connect(directory, group_ids=(team,))

    sync(connection)

    assert names(connection, LISTED) == ["Ann"]


def test_list_in_capitals_makes_no_second_group(endpoints, db, directory):
    team = directory.add_group("Team", members=[person(directory, "Ann")])
    connection = connect(directory, group_ids=(team,))
    set_options(connection, scope_group_ids=[team.upper(), team])

    sync(connection)

    assert [(row.entra_id, row.recipients) for row in connection.groups.all()] == [(team, 1)]


# --- Hidden groups


def test_full_round_takes_out_who_left_a_hidden_group_that_we_may_read(endpoints, db, directory):
    ann, bo = person(directory, "Ann"), person(directory, "Bo")
    council = directory.add_group("Council", kind="m365", visibility="HiddenMembership", members=[ann, bo])
    connection = connect(directory)
    directory.grant_role("Member.Read.Hidden")
    sync(connection)

    directory.remove_member(council, ann)
    sync(connection, full=True)

    assert names(connection, council) == ["Bo"]


# --- Who comes, goes and changes kind


def test_contact_that_becomes_a_user_is_there(endpoints, db, directory):
    contact = directory.add_contact(displayName="Paper", mail="paper@contoso.com")
    press = directory.add_group("Press", kind="distribution", members=[contact])
    connection = connect(directory, sync_contacts=True)
    sync(connection)

    directory.delete_contact(contact)
    person(directory, "Paper", id=contact)
    directory.add_member(press, contact)
    sync(connection, full=True)

    assert names(connection, press) == ["Paper"]


def test_newcomer_whom_memberof_does_not_know_yet_is_in_the_group_that_named_him(connection, directory, tenant_server):
    team = directory.add_group("Team", members=[person(directory, "Ann")])
    sync(connection)

    directory.add_member(team, person(directory, "New"))
    tenant_server.faults.add("memberOf", "empty_directory", times=None)
    sync(connection)

    assert names(connection, team) == ["Ann", "New"]


def test_first_sync_that_can_not_read_groups_does_not_ask_for_everybodys_groups(connection, directory, tenant_server):
    for number in range(30):
        person(directory, f"P{number}")
    tenant_server.faults.add("groups/delta", "403", times=None)
    tenant_server.requests.reset()

    sync(connection)

    assert tenant_server.requests("memberOf") == 0


def test_full_round_settles_the_links_that_were_due(connection, directory, tenant_server):
    ann = person(directory, "Ann")
    directory.add_group("Team", members=[ann])
    tenant_server.faults.add("groups/delta", "403", times=None)
    sync(connection)
    tenant_server.faults.clear()

    sync(connection, full=True)

    assert not Recipient.objects.filter(links_due=True).exists()


def test_object_known_as_person_and_as_group_does_not_stop_a_full_round(connection, directory):
    inner = directory.add_group("Inner", members=[person(directory, "Ann")])
    outer = directory.add_group("Outer", members=[inner])
    sync(connection)
    twin = Recipient.objects.create(connection=connection, entra_id=inner, kind=Recipient.Kind.OTHER)
    Membership.objects.create(group=group(connection, outer), recipient=twin)

    run = sync(connection, full=True)

    assert run.state == SyncRun.State.SUCCEEDED
    assert names(connection, outer) == ["Ann"]


def test_group_in_itself_has_its_people_once(connection, directory):
    team = directory.add_group("Team", members=[person(directory, "Ann")])
    directory.add_member(team, team)

    for is_full in (True, False, True):
        run = sync(connection, full=is_full)

    assert (run.state, names(connection, team)) == ("succeeded", ["Ann"])
    assert Nesting.objects.count() == 1


# --- Answers that are not as documented


def test_null_entries_and_objects_without_a_usable_id_are_passed_over():
    odd = [None, 7, {"id": None}, {"id": 5}, {"id": "x" * 37}, {"id": "a\x00b"}, {"displayName": "No id"}, {"id": "ok"}]

    seen = merge.merged([odd], is_full=True)

    assert list(seen) == ["ok"]


def test_ids_in_another_letter_case_are_the_same_object():
    entries = [{"id": "AB-1", "members@delta": [{"id": "CD-2", "@odata.type": "#microsoft.graph.user"}]}]
    removal = [{"id": "ab-1", "members@delta": [{"id": "cd-2", "@removed": {"reason": "deleted"}}]}]

    seen = merge.merged([entries, removal], is_full=True)

    assert {id: entry.links for id, entry in seen.items()} == {"ab-1": {"cd-2": None}}


def test_links_and_managers_without_a_usable_id_are_passed_over():
    members = [None, {"id": 7}, {"id": "y" * 40}, {"id": "ok"}]
    item = {"id": "g", "members@delta": members, "manager@delta": [{"id": "M" * 50}]}

    entry = merge.merged([[item, {"id": "h", "members@delta": None}]], is_full=True)["g"]

    assert (list(entry.links), entry.manager) == (["ok"], None)


@pytest.mark.parametrize("value", ["Sales", 7, [1], None, {"division": {"deep": 1}}])
def test_property_of_another_shape_than_documented_harms_nobody(value):
    seen = merge.Seen(afresh=True, properties={"displayName": 5, "mail": ["a"], "employeeOrgData": value})

    found = facts.person(seen, "user", None, ["division_name"])

    assert found["name"] == "5"


@pytest.mark.parametrize("types", [None, 5, "Unified", {"a": 1}, [None, 3]])
def test_group_types_of_another_shape_make_a_security_group(types):
    seen = merge.Seen(afresh=True, properties={"displayName": "G", "groupTypes": types, "securityEnabled": True})

    assert facts.group(seen, None)["kind"] == Group.Kind.SECURITY


def test_every_stored_text_fits_its_column_and_holds_no_nul():
    long = "\x00" + "🦆" * 5_000
    seen = merge.Seen(afresh=True, properties=dict.fromkeys(facts.PERSON_TEXT, long))

    found = facts.person(seen, "user", None, [])

    for column in facts.PERSON_TEXT.values():
        assert 0 < len(found[column]) <= Recipient._meta.get_field(column).max_length
        assert "\x00" not in found[column]
