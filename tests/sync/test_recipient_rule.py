"""The recipient rule, each clause by itself, through a real sync."""

import pytest

from directory_sync.models import Connection, Group
from tests.sync.harness import connect, group, names, reasons, sync


def one_member(directory, **facts) -> str:
    """A group with one user of these facts; returns the group's id."""
    user = directory.add_user(displayName="Kim", **{"mail": "kim@contoso.com", **facts})
    return directory.add_group("Team", members=[user])


def set_options(connection: Connection, **options) -> None:
    Connection.objects.filter(pk=connection.pk).update(**options)


def test_enabled_user_with_mail_is_a_recipient(connection, directory):
    team = one_member(directory)

    sync(connection)

    assert names(connection, team) == ["Kim"]


def test_disabled_user_is_left_out(connection, directory):
    team = one_member(directory, accountEnabled=False)

    sync(connection)

    assert reasons(connection, team) == {"Kim": "disabled"}


def test_user_whose_account_enabled_is_missing_is_unread(connection, directory):
    team = one_member(directory, accountEnabled=None)

    sync(connection)

    assert reasons(connection, team) == {"Kim": "unread"}


@pytest.mark.parametrize("is_full", [False, True])
def test_deleted_user_is_counted_nowhere(connection, directory, is_full):
    team = one_member(directory)
    sync(connection)

    directory.soft_delete_user(directory.users[0])
    sync(connection, full=is_full)

    row = group(connection, team)
    assert (row.entra_transitive, row.people, row.recipients) == (0, 0, 0)


def test_user_without_mail_has_no_address(connection, directory):
    team = one_member(directory, mail=None)

    sync(connection)

    assert reasons(connection, team) == {"Kim": "no_address"}


def test_username_is_the_address_when_the_fallback_is_on(db, endpoints, directory):
    connection = connect(directory, username_fallback=True)
    team = one_member(directory, mail=None, userPrincipalName="kim.lee@contoso.com")

    sync(connection)

    assert group(connection, team).reached().get().email == "kim.lee@contoso.com"


def test_mail_wins_over_the_username(db, endpoints, directory):
    connection = connect(directory, username_fallback=True)
    team = one_member(directory, userPrincipalName="kim.lee@contoso.com")

    sync(connection)

    assert group(connection, team).reached().get().email == "kim@contoso.com"


def test_guests_ext_name_is_never_an_address(db, endpoints, directory):
    connection = connect(directory, username_fallback=True)
    team = one_member(directory, mail=None, userPrincipalName="kim_gmail.com#EXT#@contoso.onmicrosoft.com")

    sync(connection)

    assert reasons(connection, team) == {"Kim": "no_address"}


@pytest.mark.parametrize("mail", ["kim", "kim@contoso", "kim@@contoso.com", "kim lee@contoso.com", "@contoso.com"])
def test_invalid_mail_is_left_out_even_with_the_fallback(db, endpoints, directory, mail):
    connection = connect(directory, username_fallback=True)
    team = one_member(directory, mail=mail)

    sync(connection)

    assert reasons(connection, team) == {"Kim": "invalid_address"}


@pytest.mark.parametrize(
    "mail", ["josé@contoso.com", "o'neil+news@contoso.com", "KIM@CONTOSO.COM", "用户@例子.公司", "kim@bücher.de"]
)
def test_addresses_in_any_script_and_case_are_recipients(connection, directory, mail):
    team = one_member(directory, mail=mail)

    sync(connection)

    assert group(connection, team).reached().get().email == mail


def test_contact_is_left_out_unless_asked_for(connection, directory):
    press = directory.add_group("Press", kind="distribution", members=[directory.add_contact()])

    sync(connection)

    assert list(reasons(connection, press).values()) == ["contact"]


def test_contact_is_a_recipient_when_asked_for(db, endpoints, directory):
    connection = connect(directory, sync_contacts=True)
    press = directory.add_group("Press", kind="distribution", members=[directory.add_contact(displayName="Paper")])

    sync(connection)

    assert names(connection, press) == ["Paper"]


def test_turning_contacts_on_and_off_changes_who_counts(connection, directory):
    press = directory.add_group("Press", kind="distribution", members=[directory.add_contact(displayName="Paper")])
    sync(connection)

    set_options(connection, sync_contacts=True)
    sync(connection)
    with_contacts = names(connection, press)
    set_options(connection, sync_contacts=False)
    sync(connection)

    assert (with_contacts, names(connection, press)) == (["Paper"], [])


def test_guest_is_left_out_when_guests_are_excluded(connection, directory):
    team = one_member(directory, userType="Guest")
    set_options(connection, exclude_guests=True)

    sync(connection)

    assert reasons(connection, team) == {"Kim": "excluded"}


def test_device_is_counted_apart_and_reaches_nobody(connection, directory):
    screens = directory.add_group("Screens", members=[directory.add_device()])

    sync(connection)

    row = group(connection, screens)
    assert (row.entra_transitive, row.people) == (1, 0)


def test_enabled_again_returns(connection, directory):
    team = one_member(directory, accountEnabled=False)
    sync(connection)

    directory.enable_user(directory.users[0])
    sync(connection)

    assert names(connection, team) == ["Kim"]


@pytest.mark.parametrize("nights_away", [1, 2])
@pytest.mark.parametrize("is_full", [False, True])
def test_restored_person_is_back_in_his_groups(connection, directory, nights_away, is_full):
    team = one_member(directory)
    user = directory.users[0]
    sync(connection)

    directory.soft_delete_user(user)
    for _ in range(nights_away):
        sync(connection, full=is_full)
    directory.restore_user(user)
    sync(connection)

    assert names(connection, team) == ["Kim"]


def test_person_restored_who_was_deleted_before_the_first_sync_is_in_his_groups(connection, directory):
    team = one_member(directory)
    directory.soft_delete_user(directory.users[0])
    sync(connection)

    directory.restore_user(next(iter(directory.recycle_bin)))
    sync(connection)

    assert names(connection, team) == ["Kim"]


def test_group_created_again_under_its_name_is_another_group(connection, directory):
    old = one_member(directory)
    sync(connection)

    directory.delete_group(old)
    new = directory.add_group("Team", members=[directory.add_user(displayName="Noor")])
    sync(connection)

    assert group(connection, old).status == Group.Status.GONE
    assert (names(connection, old), names(connection, new)) == (["Kim"], ["Noor"])


def test_deleted_group_leaves_its_parents(connection, directory):
    child = one_member(directory)
    parent = directory.add_group("Parent", members=[child])
    sync(connection)

    directory.delete_group(child)
    sync(connection)

    assert names(connection, parent) == []


def test_hidden_group_is_told_and_not_taken_for_empty(connection, directory):
    council = directory.add_group("Council", kind="m365", visibility="HiddenMembership")

    sync(connection)

    row = group(connection, council)
    assert (row.status, row.problem) == (Group.Status.ERROR, "hidden_membership")
