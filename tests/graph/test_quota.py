"""The pace of small reads: full bucket at once, then Microsoft's pace, slower after a refusal."""

import threading

import pytest

from directory_sync.graph.quota import RESERVE, SLOWER, UNITS, WINDOW, Quota

PACE = UNITS / WINDOW


class Clock:
    """Time that passes by sleeping, or when told to."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def quota(clock):
    return Quota(now=clock, sleep=clock.sleep)


def pace_of(quota: Quota, clock: Clock) -> float:
    """Units a second, once the bucket is empty."""
    quota.take(2 * UNITS)
    clock.slept.clear()
    quota.take(100)
    return 100 / clock.slept[-1]


def test_full_bucket_is_used_without_waiting_down_to_the_reserve(quota, clock):
    quota.take(UNITS - RESERVE)

    assert clock.slept == []


def test_what_is_taken_of_the_reserve_is_waited_for(quota, clock):
    quota.take(UNITS - RESERVE + 80)

    assert clock.slept == [pytest.approx(80 / PACE)]


def test_many_reads_take_as_long_as_microsoft_allows(quota, clock):
    for _ in range(1_000):
        quota.take(40)

    assert clock.now - 100 == pytest.approx((40_000 - UNITS + RESERVE) / PACE)


def test_bucket_fills_with_time_and_never_beyond_its_size(quota, clock):
    quota.take(UNITS - RESERVE)
    clock.now += 1_000

    quota.take(UNITS - RESERVE)
    assert clock.slept == []
    quota.take(8)
    assert clock.slept == [pytest.approx(8 / PACE)]


def test_refusal_empties_the_bucket_to_the_reserve_and_slows_down(quota, clock):
    quota.refused()

    quota.take(64)

    assert clock.slept == [pytest.approx(64 / (PACE * SLOWER))]


def test_refusals_at_one_moment_slow_down_once(quota, clock):
    for _ in range(6):
        quota.refused()

    assert pace_of(quota, clock) == pytest.approx(PACE * SLOWER)


def test_refusal_after_the_bucket_has_filled_again_slows_down_further(quota, clock):
    quota.refused()
    clock.now += WINDOW

    quota.refused()

    assert pace_of(quota, clock) == pytest.approx(PACE * SLOWER**2)


def test_refusal_while_we_wait_already_changes_no_pace(quota, clock):
    quota.take(2 * UNITS)
    clock.now -= 1  # somebody who has not waited to the end

    quota.refused()

    assert pace_of(quota, clock) == pytest.approx(PACE)


def test_threads_together_keep_to_the_pace():
    waited: list[float] = []
    quota = Quota(now=lambda: 0.0, sleep=waited.append)  # a clock that stands: every unit is accounted for
    start = threading.Barrier(8)

    def take() -> None:
        start.wait()
        for _ in range(50):
            quota.take(40)

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert max(waited) == pytest.approx((8 * 50 * 40 - UNITS + RESERVE) / PACE)
    assert len(set(waited)) == len(waited)  # nobody waits for units that another has been promised


def test_refusals_of_batches_on_their_way_slow_down_once(quota, clock):
    for _ in range(6):  # each learns of it a little later
        quota.refused()
        clock.now += 0.03

    assert pace_of(quota, clock) == pytest.approx(PACE * SLOWER)


def test_long_time_without_a_refusal_brings_the_pace_back(quota, clock):
    quota.refused()
    clock.now += 61

    assert pace_of(quota, clock) == pytest.approx(PACE)
