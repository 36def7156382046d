"""What rules judge beside the bare value, on a few readings each; the answers are worked out by hand."""

import math

import pytest

from alerts.history import History
from alerts.measures import Change, Crossings, Spike, Total, Unchanged
from alerts.points import GapPolicy

MINUTE = 60_000_000


def past(readings, *, span_min=10_000):
    """Make a history of (minute, value)."""
    history = History(span_min * MINUTE)
    history.extend((minute * MINUTE, value) for minute, value in readings)
    return history


def test_a_rise_is_from_the_lowest_reading_of_the_window():
    """What came before the window does not count, and a fall is the same downwards."""
    history = past([(0, 0.1), (10, 1.0), (15, 0.8), (30, 2.0)])
    assert Change(window_us=30 * MINUTE).of(history)[0] == pytest.approx(1.9)
    assert Change(window_us=20 * MINUTE).of(history)[0] == pytest.approx(1.2)
    down = past([(0, 3.0), (10, 1.0)])
    assert Change(window_us=30 * MINUTE, falling=True).of(down)[0] == pytest.approx(2.0)


def test_one_bad_sample_makes_no_rise():
    """The lowest reading is left out where the rule says so."""
    history = past([(0, 2.0), (5, -1.0), (10, 2.1), (15, 2.2)])
    assert Change(window_us=30 * MINUTE).of(history)[0] == pytest.approx(3.2)
    assert Change(window_us=30 * MINUTE, ignore=1).of(history)[0] == pytest.approx(0.2)


def test_one_reading_tells_of_no_change():
    """Neither for nor against: the answer is not a number."""
    assert math.isnan(Change(window_us=MINUTE).of(past([(0, 1.0), (60, 5.0)]))[0])


def test_a_total_looks_at_each_window_and_shows_the_worst():
    """28 mm in an hour of 40, 44 in three of 60: the three hours are nearer to their threshold."""
    total = Total(windows=((60 * MINUTE, 40.0), (180 * MINUTE, 60.0)), gap_us=30 * MINUTE, gap_policy=GapPolicy.UNKNOWN)
    history = past([(15 * n, 2.0) for n in range(1, 12)] + [(180, 22.0)])
    share, shown = total.of(history)
    assert shown == pytest.approx(44.0)
    assert share == pytest.approx(44 / 60)


def test_a_hole_may_hide_any_rain():
    """A sum below its threshold over a hole is not known; one above it is certain all the same."""
    windows = ((60 * MINUTE, 10.0),)
    unknown = Total(windows=windows, gap_us=15 * MINUTE, gap_policy=GapPolicy.UNKNOWN)
    held = Total(windows=windows, gap_us=15 * MINUTE, gap_policy=GapPolicy.HOLD)
    dry = past([(0, 0.0), (10, 1.0), (55, 1.0), (65, 1.0)])
    assert math.isnan(unknown.of(dry)[0])
    assert held.of(dry)[0] == pytest.approx(0.3)
    assert unknown.of(past([(0, 0.0), (10, 1.0), (55, 1.0), (65, 9.0)]))[0] == pytest.approx(1.1)


def test_a_counter_that_starts_anew_is_no_negative_rain():
    """The count after the reset is what fell since."""
    counter = Total(windows=((60 * MINUTE, 10.0),), gap_us=60 * MINUTE, gap_policy=GapPolicy.HOLD, counter=True)
    assert counter.of(past([(0, 95.0), (20, 98.0), (40, 2.0), (60, 3.0)]))[1] == pytest.approx(6.0)


def test_the_readings_tell_whether_they_are_amounts_or_a_count():
    """A count falls once, when it starts anew; amounts go up and down."""
    auto = Total(windows=((600 * MINUTE, 10.0),), gap_us=60 * MINUTE, gap_policy=GapPolicy.HOLD, counter=None)
    count = [95.0, 95.0, 96.0, 98.0, 98.0, 2.0, 2.5, 3.0]
    amounts = [0.0, 1.0, 3.0, 2.0, 2.0, 4.0, 0.5, 0.0]
    assert auto.of(past([(20 * n, value) for n, value in enumerate(count)]))[1] == pytest.approx(6.0)
    assert auto.of(past([(20 * n, value) for n, value in enumerate(amounts)]))[1] == pytest.approx(12.5)


def test_flat_is_since_the_value_last_moved():
    """Counted in seconds; the same value on both sides of a hole tells nothing, and a dry gauge is never stuck."""
    rule = {"atleast_us": 3600 * MINUTE, "gap_us": 20 * MINUTE, "gap_policy": GapPolicy.RESET}
    flat = Unchanged(**rule)
    assert flat.of(past([(0, 1.0), (10, 2.0), (20, 2.0), (30, 2.0)])) == (1200.0, 1200.0)
    assert math.isnan(flat.of(past([(0, 2.0), (10, 2.0), (60, 2.0), (70, 2.0)]))[0])
    assert flat.of(past([(0, 1.0), (10, 1.0), (60, 2.0), (70, 2.0)]))[0] == 600.0
    assert Unchanged(**rule, tolerance=0.1).of(past([(0, 2.05), (10, 1.95), (20, 2.0)]))[0] == 1200.0
    assert Unchanged(**rule, legal_from=-1.0, legal_to=0.0).of(past([(0, 0.0), (10, 0.0)]))[0] == 0.0


def test_a_spike_stands_out_from_both_neighbours():
    """A step stays, a spike goes back; of a lively quantity it must stand out more."""
    spike = Spike(window_us=60 * MINUTE, gap_us=15 * MINUTE)
    assert spike.of(past([(0, 1.0), (10, 5.0), (20, 1.5)])) == (3.5, 5.0)
    assert spike.of(past([(0, 1.0), (10, 5.0), (20, 5.0)]))[0] == 0.0
    assert math.isnan(spike.of(past([(0, 1.0), (10, 5.0), (90, 1.0)]))[0])
    lively = past([(10 * n, float(n % 2)) for n in range(6)] + [(60, 3.0), (70, 0.0)])
    assert spike.of(lively)[0] == 2.0
    assert Spike(window_us=60 * MINUTE, gap_us=15 * MINUTE, noise_factor=3).of(lively)[0] == 0.0


def test_a_repetition_counts_comings_not_readings():
    """What stays up is one; what swings inside the deadband is one, too."""
    often = Crossings(window_us=60 * MINUTE, limit=1.0, clear=0.5, is_high=True)
    assert often.of(past([(0, 0.0), (10, 1.0), (20, 0.7), (30, 1.2), (40, 0.2), (50, 1.0)]))[0] == 2.0
    assert often.of(past([(0, 0.0), (10, 1.0), (100, 0.0), (110, 1.0)]))[0] == 1.0


def test_a_late_reading_goes_to_its_place():
    """And the second of one instant is not taken in."""
    history = past([(0, 1.0), (10, 2.0), (5, 9.0), (5, 7.0)])
    assert history.values == [1.0, 9.0, 2.0]


def test_what_is_older_than_the_span_is_forgotten():
    """The memory of a tag is bounded by what its rules look at."""
    assert past([(n, 0.0) for n in range(1000)], span_min=10).times[0] == 989 * MINUTE
