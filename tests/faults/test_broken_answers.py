"""Servers that break: 500, 502 with HTML, 503, 504, and answers that end too early or never come."""

import pytest

from tests.faults.conftest import TONIGHT, Company

WORDS = {
    "unavailable": "Microsoft could not answer",
    "network": "Microsoft could not be reached",
    "timeout": "Microsoft answered too late",
}
BROKEN = {
    "500": "unavailable",
    "502-html": "unavailable",
    "503": "unavailable",
    "504": "unavailable",
    "not_json": "unavailable",
    "empty_body": "unavailable",
    "cut_json": "unavailable",
    "wrong_length": "unavailable",
    "truncate": "network",
    "reset": "network",
    "reset_in_body": "network",
    "silence": "timeout",
}


@pytest.mark.parametrize("kind", BROKEN)
def test_page_that_breaks_once_is_read_again(company: Company, kind):
    company.news()
    fault = company.fault("users/delta", kind, after=1)

    told = company.night(full=True)

    assert (told.struck, told.state, told.words, fault.hits) == ("pull", "succeeded", "", 1)
    assert told.changed == TONIGHT


@pytest.mark.parametrize("kind", ["500", "502-html", "503", "cut_json", "wrong_length", "reset_in_body"])
def test_token_answer_that_breaks_once_is_asked_for_again(company: Company, kind):
    company.news()
    company.fault("token", kind)

    told = company.night()

    assert (told.struck, told.state, told.words) == ("sign-in", "succeeded", "")
    assert told.changed == TONIGHT


@pytest.mark.parametrize(("kind", "problem"), BROKEN.items())
def test_page_that_stays_broken_ends_the_run_and_keeps_everything(company: Company, kind, problem):
    company.news()
    company.fault("contacts/delta", kind, times=None)
    company.fault("users/delta", kind, times=None, after=1)
    company.fault("groups/delta", kind, times=None, after=1)

    told = company.night(full=True)

    assert (told.struck, told.state, told.problem) == ("pull", "failed", problem)
    assert (told.words, told.who) == (WORDS[problem], "wait")
    assert told.changed == {}
    assert company.converges().changed == TONIGHT


@pytest.mark.parametrize(
    ("kind", "problem"), [("500", "unavailable"), ("reset", "network"), ("502-html", "unavailable")]
)
def test_login_that_stays_broken_ends_the_run_and_quarantines_nobody(company: Company, kind, problem):
    company.news()
    company.fault("*", kind, times=None, path_contains="/oauth2/")

    told = company.night()

    company.connection.refresh_from_db()
    assert (told.struck, told.state, told.problem, told.words) == ("sign-in", "failed", problem, WORDS[problem])
    assert (told.changed, company.connection.state, company.connection.failures) == ({}, "active", 1)
    assert company.converges().changed == TONIGHT


@pytest.mark.parametrize("kind", ["500", "502-html", "reset", "cut_json", "silence"])
def test_batch_that_breaks_once_while_confirming_is_sent_again(company: Company, kind):
    company.directory.purge_user(company.ids["Bo"])
    company.fault("$batch", kind)

    told = company.night(full=True)

    assert (told.struck, told.state, told.words) == ("confirm", "succeeded", "")
    assert told.changed == {
        "person Bo": "removed",
        "group Team": "synced, 1 of 1",
        "delta link of contacts": "moved",
        "delta link of groups": "moved",
        "delta link of users": "moved",
    }


@pytest.mark.parametrize("kind", ["500", "reset", "not_json"])
def test_batch_that_stays_broken_while_confirming_removes_nobody(company: Company, kind):
    company.news()
    company.directory.purge_user(company.ids["Bo"])
    company.fault("$batch", kind, times=None)

    told = company.night(full=True)

    assert (told.struck, told.state, told.who, told.changed) == ("confirm", "failed", "wait", {})
    assert company.converges().changed == TONIGHT | {"person Bo": "removed"}


@pytest.mark.parametrize("kind", ["500", "404", "403"])
def test_numbers_that_cannot_be_checked_fail_no_run(company: Company, kind):
    company.news()
    company.fault("$count", kind, times=None)

    told = company.night()

    assert (told.struck, told.state, told.words) == ("verify", "succeeded", "")
    assert told.changed == TONIGHT
