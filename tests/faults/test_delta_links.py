"""A stored delta link that Microsoft takes no more: a full round in the same run, which loses nobody."""

import pytest

from tests.faults.conftest import TONIGHT, Company


def test_410_with_a_location_leads_to_a_full_round_at_our_own_host(company: Company):
    company.news()
    company.directory.advance(days=8)

    told = company.night()

    assert (told.state, told.kind, told.words) == ("succeeded", "full", "")
    assert told.changed == TONIGHT
    company.is_true()


def test_400_sync_state_not_found_leads_to_a_full_round(company: Company):
    company.news()
    company.directory.expiry_answer = "400"
    company.directory.advance(days=8)

    told = company.night()

    assert (told.state, told.kind, told.changed) == ("succeeded", "full", TONIGHT)


@pytest.mark.parametrize("kind", ["resync_required", "sync_state_not_found", "410", "400", "404"])
@pytest.mark.parametrize("where", ["*/delta", "groups/delta"])
def test_refused_link_of_one_or_all_streams_is_replaced_in_the_same_run(company: Company, kind, where):
    company.news()
    company.fault(where, kind, times=3 if where.startswith("*") else 1, path_contains="deltatoken=")

    told = company.night()

    assert (told.struck, told.state, told.kind, told.changed) == ("pull", "succeeded", "full", TONIGHT)
    company.is_true()


def test_link_refused_after_somebody_was_deleted_still_notices_it(company: Company):
    company.directory.purge_user(company.ids["Cy"])
    company.fault("users/delta", "resync_required", path_contains="deltatoken=")

    told = company.night()

    assert (told.state, told.words) == ("succeeded", "")
    assert told.changed == {
        "person Cy": "removed",
        "group Child": "synced, 1 of 2",
        "group Parent": "synced, 2 of 4",
        "Child has Cy": None,
        "delta link of contacts": "moved",
        "delta link of groups": "moved",
        "delta link of users": "moved",
    }


def test_page_token_that_expires_in_mid_round_starts_the_round_over(company: Company):
    company.news()
    company.fault("users/delta", "expired_page_token", path_contains="skiptoken=")

    told = company.night(full=True)

    assert (told.struck, told.state, told.changed) == ("pull", "succeeded", TONIGHT)


def test_links_that_are_refused_for_ever_end_the_stream_and_keep_its_rows(company: Company):
    company.news()
    company.fault("users/delta", "410", times=None, path_contains="token=")

    told = company.night()

    assert (told.struck, told.state, told.problem) == ("pull", "partial", "delta_link_expired")
    assert (told.words, told.who) == ("Everything has to be read afresh", "wait")
    assert "person Cy" not in told.changed
    assert company.converges().changed["person Cy"] == "cy.new@contoso.com"
