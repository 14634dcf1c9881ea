"""429, with and without Retry-After, wherever Microsoft may say it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.faults.conftest import TONIGHT, Company

WORDS = "Microsoft asked us to slow down"


@pytest.mark.parametrize(("where", "stage"), [("users/delta", "pull"), ("groups/delta", "pull"), ("token", "sign-in")])
@pytest.mark.parametrize(("kind", "wait"), [("429", 0.3), ("429-no-header", None)])
def test_short_throttling_is_waited_for_and_the_run_goes_on(company: Company, where, stage, kind, wait):
    company.news()
    company.fault(where, kind, times=2, retry_after=wait)

    told = company.night()

    assert (told.struck, told.state, told.words) == (stage, "succeeded", "")
    assert told.changed == TONIGHT
    assert told.run.seconds >= (2 * wait if wait else 0)


@pytest.mark.parametrize(("where", "stage"), [("*/delta", "pull"), ("token", "sign-in")])
@pytest.mark.parametrize(("kind", "wait"), [("429", 600), ("429-no-header", None)])
def test_long_throttling_ends_the_run_which_is_tried_again_soon(company: Company, where, stage, kind, wait):
    company.news()
    company.fault(where, kind, times=None, retry_after=wait)

    told = company.night()

    company.connection.refresh_from_db()
    assert (told.struck, told.state, told.words, told.who) == (stage, "failed", WORDS, "wait")
    assert told.changed == {}
    assert (company.connection.state, company.connection.due_trigger) == ("active", "retry")
    assert company.connection.due_at < timezone.now() + timedelta(minutes=20)
    assert company.converges().changed == TONIGHT


def test_one_throttled_stream_keeps_its_rows_while_the_others_go_on(company: Company):
    company.news()
    company.fault("groups/delta", "429", times=None, retry_after=600)

    told = company.night()

    assert (told.struck, told.state, told.words, told.who) == ("pull", "partial", WORDS, "wait")
    assert told.changed == {
        "person Eve": "eve@contoso.com",
        "person Cy": "cy.new@contoso.com",
        "delta link of users": "moved",
        "delta link of contacts": "moved",
    }
    assert company.converges().changed == {
        "Team has Eve": "yes",
        "Team has Bo": None,
        "delta link of contacts": "moved",
        "delta link of groups": "moved",
        "delta link of users": "moved",
    }


def purge_and_read_all(company: Company):
    """A full round from which Bo is missing, so that Graph is asked about him."""
    company.news()
    company.directory.purge_user(company.ids["Bo"])
    return company.night(full=True)


def test_throttled_request_of_a_batch_is_asked_again_alone(company: Company):
    fault = company.fault("user", "429", times=1, retry_after=0.2)

    told = purge_and_read_all(company)

    assert (told.struck, told.state, told.words, fault.hits) == ("confirm", "succeeded", "", 1)
    kept = {fact: value for fact, value in TONIGHT.items() if fact != "Team has Bo"}
    assert told.changed == kept | {"person Bo": "removed"}  # the link stays for the day he is restored


@pytest.mark.parametrize(("kind", "wait"), [("429", 600), ("429-no-header", None), ("500", None), ("403", None)])
def test_question_that_gets_no_answer_inside_a_batch_removes_nobody(company: Company, kind, wait):
    company.fault("user", kind, times=None, retry_after=wait)

    told = purge_and_read_all(company)

    assert (told.struck, told.state, told.words) == ("confirm", "succeeded", "")
    assert told.changed == TONIGHT
    assert company.connection.recipients.get(name="Bo").left_out == ""


def test_batch_that_stays_throttled_as_a_whole_ends_the_run(company: Company):
    company.fault("$batch", "429", times=None, retry_after=600)

    told = purge_and_read_all(company)

    assert (told.struck, told.state, told.words) == ("confirm", "failed", WORDS)
    assert told.changed == {}
    assert company.converges().changed == TONIGHT | {"person Bo": "removed"}


def test_throttled_check_of_numbers_takes_nothing_back(company: Company):
    company.news()
    company.fault("$count", "429", times=None, retry_after=600)

    told = company.night()

    assert (told.struck, told.state, told.words) == ("verify", "succeeded", "")
    assert told.changed == TONIGHT
