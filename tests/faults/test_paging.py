"""Next links that lead astray, and everything odd that Graph is allowed to put on a page."""

import pytest

from demo.tenant.spoiling import STRANGERS
from directory_sync.graph.delta import delta_pages
from tests.faults.conftest import DELTA_LINKS, TONIGHT, Company

WHOLE = pytest.mark.parametrize("is_full", [False, True], ids=["incremental", "full"])


def test_next_link_to_another_host_is_not_followed(company: Company):
    company.news()
    company.server.requests.reset()
    company.fault("*/delta", "foreign_next_link", times=None)

    told = company.night(full=True)

    assert (told.struck, told.state, told.problem) == ("pull", "failed", "foreign_host")
    assert (told.words, told.who, told.changed) == ("A link led to a foreign host", "operator", {})
    assert company.server.requests("foreign") == 0
    assert company.converges().changed == TONIGHT


@pytest.mark.parametrize("kind", ["repeated_next_link", "endless_next_link"])
def test_next_link_that_repeats_for_ever_ends_the_round(company: Company, kind, monkeypatch):
    monkeypatch.setitem(delta_pages.__kwdefaults__, "page_cap", 30)
    company.news()
    company.fault("*/delta", kind, times=None)

    told = company.night(full=True)

    assert (told.struck, told.state, told.problem) == ("pull", "failed", "endless_paging")
    assert (told.words, told.who, told.changed) == ("Microsoft's answer had no end", "support", {})
    assert company.converges().changed == TONIGHT


def test_round_without_any_link_changes_nothing(company: Company):
    company.news()
    company.fault("*/delta", "no_links", times=None)

    told = company.night(full=True)

    assert (told.struck, told.state, told.problem) == ("pull", "failed", "unexpected_response")
    assert (told.words, told.changed) == ("Microsoft gave an answer that we do not understand", {})
    assert company.converges().changed == TONIGHT


@WHOLE
@pytest.mark.parametrize("kind", ["empty_page", "replay", "pieces", "strangers"])
def test_oddity_that_is_allowed_changes_nothing_about_the_result(company: Company, kind, is_full):
    company.news()
    times = 2 if kind == "empty_page" else None
    for stream in ("users", "groups", "contacts"):
        company.fault(f"{stream}/delta", kind, times=times)

    told = company.night(full=is_full)

    assert (told.struck, told.state, told.words) == ("pull", "succeeded", "")
    assert told.changed == TONIGHT
    company.is_true()


def test_group_in_pieces_with_only_an_id_keeps_its_name_and_kind(company: Company):
    company.directory.rename_group(company.ids["Team"], "The team")
    company.directory.remove_member(company.ids["Team"], company.ids["Bo"])
    company.fault("groups/delta", "pieces", times=None)

    told = company.night()

    assert told.state == "succeeded"
    assert told.changed["group The team"] == "synced, 1 of 1"


@WHOLE
def test_removal_of_somebody_unknown_is_noted_nowhere(company: Company, is_full):
    company.fault("*/delta", "strangers", times=None)

    told = company.night(full=is_full)

    assert (told.state, told.changed) == ("succeeded", DELTA_LINKS)
    assert not company.connection.recipients.filter(entra_id__in=STRANGERS).exists()


@pytest.mark.parametrize("noise", [1.0])
def test_every_oddity_at_once_ends_in_the_truth(company: Company, noise):
    company.directory.noise = noise
    company.news()
    company.directory.soft_delete_user(company.ids["Ann"])

    states = [company.night(full=is_full).state for is_full in (False, True, False)]

    assert states == ["succeeded"] * 3
    company.is_true()
