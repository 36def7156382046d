"""Floods and rates, worked out from counts by the minute."""

from datetime import UTC, datetime, timedelta

import pytest

from alerts.performance import BOUNDS, Figures, Flood, find_floods, rate_of

START = datetime(2026, 6, 1, 8, tzinfo=UTC)


def figures(minutes: dict[int, int], *, hours: float = 8) -> Figures:
    """Make figures of a range with alarms in some of its minutes."""
    alarms = sum(minutes.values())
    return Figures(
        start=START,
        end=START + timedelta(hours=hours),
        minutes=minutes,
        by_priority={1: 0, 2: 0, 3: 0, 4: alarms},
        again={},
        tags=(),
        chattering=0,
        answers=(),
    )


def test_ten_in_ten_minutes_are_no_flood_and_eleven_are():
    """ISA-18.2: a flood begins with more than ten alarms an officer in ten minutes."""
    assert find_floods({100: 10}, minutes=480, seats=1) == []
    assert find_floods({100: 11}, minutes=480, seats=1) == [Flood(start=100, end=110, peak=11, alarms=11)]


def test_a_flood_goes_on_until_fewer_than_five_come_in_ten_minutes():
    """ISA-18.2: between five and ten a flood that has begun is not over."""
    counts = {100: 11} | dict.fromkeys(range(105, 165, 10), 6)
    (flood,) = find_floods(counts, minutes=480, seats=1)
    assert (flood.start, flood.end, flood.peak, flood.alarms) == (100, 165, 17, 47)


def test_a_flood_across_two_periods_is_found():
    """Six at the end of one ten minutes and six at the start of the next are twelve in ten minutes."""
    assert find_floods({8: 6, 11: 6}, minutes=60, seats=1) == [Flood(start=8, end=21, peak=12, alarms=12)]


def test_a_flood_that_still_runs_ends_with_the_range():
    """What is not over is told up to the end."""
    assert find_floods({59: 30}, minutes=60, seats=1) == [Flood(start=59, end=60, peak=30, alarms=30)]


def test_more_seats_take_more():
    """The bounds are an officer's: two of them share."""
    assert find_floods({100: 20}, minutes=480, seats=2) == []
    rate = rate_of(figures({0: 40, 479: 8}), seats=2)
    assert (rate.peak, rate.average, len(rate.periods)) == (20, 0.5, 48)


def test_nothing_is_nothing():
    """A quiet shift has a rate of nought and no flood."""
    rate = rate_of(figures({}), seats=1)
    assert (rate.average, rate.peak, rate.floods, rate.flood_share) == (0, 0, [], 0)


def test_a_broken_period_counts():
    """A range that is no multiple of ten minutes has a last period of its own."""
    rate = rate_of(figures({61: 1}, hours=65 / 60), seats=1)
    assert rate.periods == [0, 0, 0, 0, 0, 0, 1]


@pytest.mark.parametrize("name", sorted(BOUNDS))
def test_every_bound_names_its_source(name):
    """A number without a source is an opinion."""
    assert BOUNDS[name].source in {"ISA-18.2", "EEMUA 191"}
