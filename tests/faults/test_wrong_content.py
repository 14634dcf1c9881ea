"""Answers that look right and are not: an empty or halved directory, pages left out, properties gone."""

from datetime import timedelta

import pytest
from django.utils import timezone

from directory_sync.diagnosis import diagnose
from directory_sync.models import Connection, DriftCheck
from tests.faults.conftest import DELTA_LINKS, SYNCED, TONIGHT, Company, build_company
from tests.sync.audiences import choose
from tests.sync.harness import sync


def test_directory_that_seems_empty_loses_nobody(company: Company):
    company.fault("*/delta", "empty_directory", times=None)

    told = company.night(full=True)

    assert (told.struck, told.state, told.words) == ("pull", "succeeded", "")
    assert told.changed == DELTA_LINKS


def test_members_that_seem_none_hold_the_group(company: Company, directory):
    people = [directory.add_user(displayName=f"P{n}", mail=f"p{n}@contoso.com") for n in range(5)]
    five = directory.add_group("Five", members=people)
    sync(company.connection)
    choose(company.connection, five)
    company.fault("groups/delta", "no_members", times=None)
    company.fault("members", "missing_page", times=None, path_contains=five)

    told = company.night(full=True)

    held = {f"Five held P{n}": "waiting" for n in range(5)}
    assert (told.struck, told.state) == ("pull, confirm", "succeeded")
    assert told.changed == DELTA_LINKS | held | {"group Five": "held held_links, 5 of 5"}
    assert diagnose("held_links").who == "support"


@pytest.mark.parametrize("kind", ["half_page", "missing_page"])
@pytest.mark.parametrize("stream", ["users", "groups", "contacts", "*"])
def test_objects_missing_from_a_full_round_are_asked_for_and_stay(company: Company, stream, kind):
    company.news()
    everybody_else = {fact for fact in SYNCED if fact != "Team has Bo"}
    company.fault(f"{stream}/delta", kind, times=None)

    told = company.night(full=True)

    assert (told.struck, told.state, told.words) == ("pull", "succeeded", "")
    assert {fact: value for fact, value in told.changed.items() if value is None and fact in everybody_else} == {}
    assert company.connection.recipients.filter(name="Ann", left_out="").exists()


def test_one_page_of_people_missing_from_a_list_of_several_loses_nobody(company: Company):
    company.fault("users/delta", "missing_page", after=1)

    told = company.night(full=True)

    assert (told.struck, told.state, told.changed) == ("pull", "succeeded", DELTA_LINKS)


def test_links_missing_from_a_full_round_are_asked_for_and_stay(company: Company):
    company.fault("groups/delta", "no_members", times=None)

    told = company.night(full=True)

    assert (told.struck, told.state, told.changed) == ("pull", "succeeded", DELTA_LINKS)


def test_objects_of_which_only_the_id_was_shown_keep_their_facts(company: Company):
    company.fault("groups/delta", "ids_only", times=None)
    company.fault("users/delta", "ids_only", times=None)
    company.fault("contacts/delta", "ids_only", times=None)

    told = company.night(full=True)

    assert (told.struck, told.state, told.changed) == ("pull", "succeeded", DELTA_LINKS)


def test_newcomer_of_whom_only_the_id_was_shown_is_nobody_yet(company: Company):
    company.news()
    company.fault("users/delta", "ids_only", times=None)

    told = company.night()

    eve = company.ids["Eve"]
    assert (told.struck, told.state) == ("pull", "succeeded")
    assert told.changed == DELTA_LINKS | {
        f"person {eve}": "unread",
        f"Team has {eve}": "yes",
        "Team has Bo": None,
        "group Team": "synced, 1 of 2",
    }
    company.server.faults.clear()
    healed = company.night(full=True)
    assert (healed.changed[f"person {eve}"], healed.changed["person Eve"]) == (None, "eve@contoso.com")
    company.is_true()


def test_page_missing_from_the_members_asked_for_is_noticed_by_their_number_and_heals(company: Company):
    company.fault("groups/delta", "no_members", times=None)
    company.fault("members", "missing_page", path_contains=company.ids["Child"])
    told = company.night(full=True)
    company.server.faults.clear()
    DriftCheck.objects.update(differs_since=timezone.now() - timedelta(days=1))
    company.night()

    healed = company.night()

    assert (told.struck, told.state) == ("pull, confirm", "succeeded")
    assert told.changed == DELTA_LINKS | {
        "Child has Cy": None,
        "Child has Di": None,
        "Child has Paper": None,
        "group Child": "synced, 0 of 0",
        "group Parent": "synced, 1 of 2",
    }
    assert (healed.changed["Child has Cy"], healed.changed["group Parent"]) == ("yes", "synced, 3 of 5")


def test_users_without_account_enabled_stay_what_they_were(company: Company):
    company.news()
    company.fault("users/delta", "no_account_enabled", times=None)

    told = company.night(full=True)

    assert (told.struck, told.state) == ("pull", "succeeded")
    assert told.changed == TONIGHT | {"person Eve": "unread", "group Team": "synced, 1 of 2"}
    company.server.faults.clear()
    assert company.night(full=True).changed["person Eve"] == "eve@contoso.com"
    company.is_true()


def test_members_without_properties_keep_what_is_known_of_them(db, endpoints, hurried, directory, tenant_server):
    company = build_company(directory, tenant_server)
    select(company, company.ids["Parent"])
    company.directory.withdraw_role("User.Read.All")
    company.directory.update_user(company.ids["Cy"], mail="cy.new@contoso.com")

    told = company.night()

    assert (told.state, told.words) == ("partial", "A permission is missing: User.Read.All")
    assert (told.who, told.changed) == ("customer", {})
    company.directory.grant_role("User.Read.All")
    assert company.night().changed == {"person Cy": "cy.new@contoso.com"}


def select(company: Company, *groups: str) -> None:
    """From now on these groups alone are read."""
    Connection.objects.filter(pk=company.connection.pk).update(scope="selected", scope_group_ids=groups)
    assert sync(company.connection).state == "succeeded"
