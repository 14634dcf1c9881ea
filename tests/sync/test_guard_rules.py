"""The guard's arithmetic, at its edges."""

import pytest

from directory_sync.sync.guard import Thresholds, loses_too_much, too_many_leave

USUAL = Thresholds()


@pytest.mark.parametrize(
    ("recipients", "losses", "held"),
    [
        (40, 9, False),  # over 20 %, but fewer than ten
        (40, 10, True),
        (50, 10, False),  # exactly 20 %
        (50, 11, True),
        (10_000, 500, False),
        (10_000, 501, True),
        (100_000, 1_000, False),  # exactly 1 %
        (100_000, 1_001, True),
        (12, 12, True),
    ],
)
def test_people_level(recipients, losses, held):
    assert too_many_leave(recipients, losses, USUAL) is held


@pytest.mark.parametrize(
    ("before", "losses", "held"),
    [
        (4, 4, False),  # emptied, but from fewer than five
        (5, 5, True),
        (40, 10, False),  # 25 %, but not over ten
        (40, 11, True),
        (44, 11, False),  # exactly 25 %
        (1_000, 250, False),
        (1_000, 251, True),
        (0, 0, False),
    ],
)
def test_link_level(before, losses, held):
    assert loses_too_much(before, losses, USUAL) is held


def test_connection_may_have_its_own_thresholds():
    assert too_many_leave(100, 15, Thresholds.of({"people_share": 0.1, "unknown": 1}))
