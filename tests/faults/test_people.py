"""People and groups as they come and go: addresses of every kind, deletion, return, nesting."""

import pytest

from tests.faults.conftest import DELTA_LINKS, Company
from tests.sync.harness import group

WHOLE = pytest.mark.parametrize("is_full", [False, True], ids=["incremental", "full"])
ADDRESSES = {
    "nobody@": ("No domain", "invalid_address"),
    "two@@contoso.com": ("Two at", "invalid_address"),
    "has blank@contoso.com": ("Blank", "invalid_address"),
    "o'hara+news@contoso.com": ("O'Hara", "o'hara+news@contoso.com"),
    "ann@contoso.com": ("Same", "ann@contoso.com"),
    "ANN@CONTOSO.COM": ("Upper", "ANN@CONTOSO.COM"),
    "用户@例子.广告": ("王芳", "用户@例子.广告"),
    "δοκιμή@παράδειγμα.ελ": ("Ελένη 🙂", "δοκιμή@παράδειγμα.ελ"),
    "שרה@דוגמה.קום": ("שרה", "שרה@דוגמה.קום"),
}


@pytest.mark.parametrize("mail", ADDRESSES)
def test_address_is_taken_as_it_is_or_left_out_with_its_reason(company: Company, mail):
    name, stored = ADDRESSES[mail]
    new = company.directory.add_user(displayName=name, mail=mail)
    company.directory.add_member(company.ids["Team"], new)

    told = company.night()

    reached = 2 if stored == "invalid_address" else 3
    assert (told.state, told.words) == ("succeeded", "")
    assert told.changed == DELTA_LINKS | {
        f"person {name}": stored,
        f"Team has {name}": "yes",
        "group Team": f"synced, {reached} of 3",
    }


@WHOLE
def test_address_that_is_taken_away_leaves_the_person_out(company: Company, is_full):
    company.directory.update_user(company.ids["Ann"], mail=None)

    told = company.night(full=is_full)

    assert told.state == "succeeded"
    assert told.changed == DELTA_LINKS | {
        "person Ann": "no_address",
        "group Team": "synced, 1 of 2",
        "group Parent": "synced, 2 of 5",
    }


@WHOLE
def test_soft_delete_takes_somebody_out_and_restore_brings_all_groups_back(company: Company, is_full):
    company.directory.soft_delete_user(company.ids["Ann"])
    left = company.night(full=is_full)
    company.directory.restore_user(company.ids["Ann"])

    back = company.night(full=is_full)

    assert (left.state, back.state) == ("succeeded", "succeeded")
    assert left.changed == DELTA_LINKS | {
        "person Ann": "removed",
        "group Team": "synced, 1 of 1",
        "group Parent": "synced, 2 of 4",
    }
    assert back.changed == DELTA_LINKS | {
        "person Ann": "ann@contoso.com",
        "group Team": "synced, 2 of 2",
        "group Parent": "synced, 3 of 5",
    }


@WHOLE
def test_somebody_restored_into_other_groups_is_in_those_alone(company: Company, is_full):
    company.directory.soft_delete_user(company.ids["Ann"])
    company.night()
    company.directory.remove_member(company.ids["Team"], company.ids["Ann"])
    company.directory.restore_user(company.ids["Ann"])

    company.night(full=is_full)

    company.is_true()


@pytest.mark.parametrize("where", ["memberOf", "groups/delta"])
def test_somebody_restored_whose_groups_cannot_be_asked_for_is_right_a_night_later(company: Company, where):
    company.directory.soft_delete_user(company.ids["Ann"])
    company.night()
    company.directory.remove_member(company.ids["Team"], company.ids["Ann"])
    company.directory.restore_user(company.ids["Ann"])
    company.fault(where, "500", times=None)

    told = company.night()

    assert told.struck == ("confirm" if where == "memberOf" else "pull")
    assert told.changed["person Ann"] == "ann@contoso.com"
    company.converges()


@WHOLE
def test_purge_after_soft_delete_changes_no_number(company: Company, is_full):
    company.directory.soft_delete_user(company.ids["Ann"])
    company.night()
    company.directory.purge_user(company.ids["Ann"])

    told = company.night(full=is_full)

    assert told.state == "succeeded"
    assert not [fact for fact in told.changed if fact.startswith(("person", "group"))]
    company.is_true()


@WHOLE
def test_renames_are_followed_by_object_id(company: Company, is_full):
    company.directory.update_user(company.ids["Ann"], displayName="Anna", mail="anna@contoso.com")
    company.directory.rename_group(company.ids["Child"], "Kind")

    told = company.night(full=is_full)

    assert told.state == "succeeded"
    assert (told.changed["person Ann"], told.changed["person Anna"]) == (None, "anna@contoso.com")
    assert (told.changed["group Child"], told.changed["group Kind"]) == (None, "synced, 2 of 3")
    assert group(company.connection, company.ids["Team"]).recipients == 2


@WHOLE
def test_person_created_again_under_the_same_name_is_somebody_else(company: Company, is_full):
    company.directory.purge_user(company.ids["Bo"])
    again = company.directory.add_user(displayName="Bo again", mail="bo@contoso.com")

    told = company.night(full=is_full)

    assert told.state == "succeeded"
    assert (told.changed["person Bo"], told.changed["person Bo again"]) == ("removed", "bo@contoso.com")
    assert told.changed["group Team"] == "synced, 1 of 1"
    assert again != company.ids["Bo"]


@WHOLE
def test_group_created_again_under_the_same_name_is_another_group(company: Company, is_full):
    company.directory.delete_group(company.ids["Team"])
    new = company.directory.add_group("Team again", members=[company.ids["Cy"]])

    told = company.night(full=is_full)

    assert told.state == "succeeded"
    assert told.changed == DELTA_LINKS | {
        "group Team": "gone, 2 of 2",
        "group Team again": "synced, 1 of 1",
        "Team again has Cy": "yes",
    }
    assert group(company.connection, new).pk != group(company.connection, company.ids["Team"]).pk


@WHOLE
def test_group_taken_from_its_parent_and_put_elsewhere_moves_its_people(company: Company, is_full):
    company.directory.remove_member(company.ids["Parent"], company.ids["Child"])
    company.directory.add_member(company.ids["Team"], company.ids["Child"])

    told = company.night(full=is_full)

    assert told.state == "succeeded"
    assert told.changed == DELTA_LINKS | {
        "Parent holds Child": None,
        "Parent reaches Child": None,
        "Team holds Child": "yes",
        "Team reaches Child": "yes",
        "group Parent": "synced, 1 of 1",
        "group Team": "synced, 4 of 6",
    }


@WHOLE
def test_cycle_that_closes_and_opens_again_counts_everybody_once(company: Company, is_full):
    company.directory.add_member(company.ids["Child"], company.ids["Parent"])
    closed = company.night(full=is_full)
    company.is_true()
    company.directory.remove_member(company.ids["Child"], company.ids["Parent"])

    opened = company.night(full=is_full)

    assert (closed.state, opened.state) == ("succeeded", "succeeded")
    assert closed.changed["Child holds Parent"] == "yes"
    assert closed.changed["group Child"] == "synced, 3 of 5"
    assert (opened.changed["Child holds Parent"], opened.changed["group Child"]) == (None, "synced, 2 of 3")
    company.is_true()


@WHOLE
def test_nested_group_that_is_deleted_leaves_its_parent_and_keeps_its_people(company: Company, is_full):
    company.directory.delete_group(company.ids["Child"])

    told = company.night(full=is_full)

    assert told.state == "succeeded"
    assert told.changed == DELTA_LINKS | {
        "Parent holds Child": None,
        "Parent reaches Child": None,
        "group Child": "gone, 2 of 3",
        "group Parent": "synced, 1 of 1",
    }


@WHOLE
def test_microsoft_365_group_deleted_and_restored_is_back_with_its_people(company: Company, is_full):
    made = company.directory.add_group("Office", kind="m365", members=[company.ids["Ann"], company.ids["Bo"]])
    company.night()
    company.directory.delete_group(made)
    gone = company.night(full=is_full)
    company.directory.restore_group(made)

    back = company.night(full=is_full)

    assert (gone.changed["group Office"], back.changed["group Office"]) == ("gone, 2 of 2", "synced, 2 of 2")
    assert (gone.state, back.state) == ("succeeded", "succeeded")
    company.is_true()
