"""One group that can't be read: it keeps its people and says why; the others are synced."""

import pytest

from directory_sync.diagnosis import diagnose
from directory_sync.models import Group
from tests.faults.conftest import TONIGHT, Company
from tests.faults.test_wrong_content import select

FAILING = {"403": "permission_missing", "500": "unavailable", "429": "throttled", "504": "unavailable"}


@pytest.mark.parametrize("kind", FAILING)
def test_listed_group_that_fails_for_good_keeps_its_people_while_others_sync(company: Company, kind):
    select(company, company.ids["Team"], company.ids["Parent"])
    company.news()
    company.fault("members", kind, times=None, path_contains=company.ids["Team"], retry_after=600)

    told = company.night()

    assert (told.struck, told.state) == ("confirm", "succeeded")
    assert told.changed == {"person Cy": "cy.new@contoso.com", "group Team": f"error {FAILING[kind]}, 2 of 2"}
    words = diagnose(company.connection.groups.get(name="Team").problem)
    assert words.title
    assert words.cure
    company.server.faults.clear()
    assert company.night().changed == {
        "person Eve": "eve@contoso.com",
        "Team has Eve": "yes",
        "Team has Bo": None,
        "person Bo": None,  # whom no listed group reaches any more
        "group Team": "synced, 2 of 2",
    }


def test_listed_group_that_is_gone_keeps_its_people_frozen(company: Company):
    select(company, company.ids["Team"], company.ids["Parent"])
    company.directory.delete_group(company.ids["Team"])

    told = company.night()

    assert (told.state, told.words) == ("succeeded", "")
    assert told.changed == {"group Team": "gone, 2 of 2"}


def test_nested_group_that_fails_keeps_its_people_in_the_parent(company: Company):
    select(company, company.ids["Parent"])
    company.news()
    company.fault("members", "403", times=None, path_contains=company.ids["Child"])

    told = company.night()

    assert (told.struck, told.state) == ("confirm", "succeeded")
    assert told.changed == {"group Child": "error permission_missing, 2 of 3"}
    company.server.faults.clear()
    assert company.night().changed == {"person Cy": "cy.new@contoso.com", "group Child": "synced, 2 of 3"}


def test_all_listed_groups_failing_fails_the_run(company: Company):
    select(company, company.ids["Team"], company.ids["Parent"])
    company.news()
    company.fault("members", "403", times=None)

    told = company.night()

    assert (told.struck, told.state, told.problem) == ("confirm", "failed", "permission_missing")
    assert (told.words, told.changed) == ("A permission is missing: GroupMember.Read.All", {})


@pytest.mark.parametrize(
    ("kind", "problem"), [("403", "permission_missing"), ("404", "not_found"), ("500", "unavailable")]
)
def test_group_that_is_to_be_read_anew_and_fails_keeps_its_people(company: Company, kind, problem):
    company.news()
    Group.objects.filter(pk=company.connection.groups.get(name="Parent").pk).update(reread_due=True)
    company.fault("members", kind, times=None, path_contains=company.ids["Parent"])

    told = company.night()

    assert (told.struck, told.state) == ("confirm", "succeeded")
    assert told.changed == TONIGHT | {"group Parent": f"error {problem}, 3 of 5"}
    assert diagnose(problem).title
    assert company.converges().changed["group Parent"] == "synced, 3 of 5"


@pytest.mark.parametrize("kind", ["403", "404", "500"])
def test_group_whose_missing_links_cannot_be_asked_for_keeps_them(company: Company, kind):
    company.fault("groups/delta", "no_members", times=None)
    company.fault("members", kind, times=None, path_contains=company.ids["Team"])

    told = company.night(full=True)

    assert (told.struck, told.state) == ("pull, confirm", "succeeded")
    assert not [fact for fact in told.changed if "Team" in fact]
    company.converges()


def test_group_that_seems_missing_and_cannot_be_asked_for_stays(company: Company):
    company.fault("groups/delta", "missing_page", times=None)
    company.fault("group", "500", times=None)

    told = company.night(full=True)

    assert (told.struck, told.state) == ("pull, confirm", "succeeded")
    assert all(fact.startswith("delta link") for fact in told.changed)


def test_hidden_group_is_never_emptied(company: Company):
    company.directory.update_group(company.ids["Team"], visibility="HiddenMembership")

    told = company.night(full=True)

    assert (told.state, told.words) == ("succeeded", "")
    assert told.changed["group Team"] == "error hidden_membership, 2 of 2"
    assert not [fact for fact, value in told.changed.items() if value is None]
    assert diagnose("hidden_membership").who == "customer"
