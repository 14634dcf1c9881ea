"""When a first round of groups is given up for walking them."""

import pytest

from directory_sync.sync.fetch import walking_is_quicker


def pace(**facts) -> bool:
    return walking_is_quicker(**{"pages": 1, "seconds": 0.3, "seen": 20, "expected": 20_000} | facts)


def test_many_pages_with_few_groups_each_are_given_up():
    assert pace()


@pytest.mark.parametrize("pages", [1, 5, 20])
def test_decision_is_about_the_pace_and_not_about_how_far_one_is(pages):
    assert pace(pages=pages, seconds=0.3 * pages, seen=20 * pages)


@pytest.mark.parametrize(
    "facts",
    [
        {"expected": 0},  # Entra did not say
        {"expected": 10},  # it said less than was seen
        {"expected": 400},  # some twenty pages are left
        {"seen": 5_000},  # few pages are left
        {"seen": 200},  # a page shows as many groups as walking reads in one go
        {"seconds": 0.0},
        {"seen": 0, "expected": 20},
    ],
    ids=str,
)
def test_delta_goes_on_where_walking_gains_nothing(facts):
    assert not pace(**facts)


def test_quick_pages_are_not_given_up_for_what_microsoft_would_throttle():
    assert pace(seconds=0.3)
    assert not pace(seconds=0.05)  # 50 seconds of delta; 20,000 groups take 40 at the pace that is allowed


def test_page_that_showed_one_huge_group_alone_is_given_up():
    assert pace(seen=1, expected=200)
