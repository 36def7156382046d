"""Why an alarm was raised: what its point judged, and since when it was beyond."""

from dataclasses import is_dataclass
from inspect import getsource
from itertools import pairwise

import pytest

from alerts import measures
from alerts.measures import Change, Unchanged
from alerts.points import GapPolicy, ValuePoint
from alerts.why import Measured, quantity_of, replay, thinned
from tests.engine_feed import SECOND, T0, rules, tag

MINUTE = 60 * SECOND
LEVEL = ValuePoint(
    rule="r", condition="level-high", priority=2, is_high=True, limit=5.0, clear=4.0, on_delay_us=3 * MINUTE
)


def _rows(*values: float) -> list[tuple[int, float]]:
    return [(T0 + minute * MINUTE, value) for minute, value in enumerate(values)]


def test_a_level_was_first_seen_when_its_unbroken_run_began() -> None:
    """A run that broke off does not count; the one that lasted its delay does."""
    rows = _rows(1, 6, 1, 6, 7, 6, 6, 6)
    told = replay(LEVEL, quantity_of(LEVEL, "m", rows), rows, raised_us=T0 + 6 * MINUTE)
    assert told.first_seen_us == T0 + 3 * MINUTE
    assert told.judged == tuple(rows)


def test_a_hole_begins_the_run_anew_as_it_did_in_the_engine() -> None:
    """With the gap policy reset, what was seen before a silence is no evidence."""
    point = ValuePoint(
        rule="r",
        condition="level-high",
        priority=2,
        is_high=True,
        limit=5,
        clear=5,
        on_delay_us=2 * MINUTE,
        gap_us=MINUTE,
    )
    rows = [(T0 + minute * MINUTE, 6.0) for minute in (0, 1, 5, 6, 7)]
    assert replay(point, None, rows, raised_us=T0 + 7 * MINUTE).first_seen_us == T0 + 5 * MINUTE


def test_a_raise_that_does_not_follow_from_the_rows_has_no_beginning() -> None:
    """Where the readings before are gone, nothing is guessed."""
    assert replay(LEVEL, None, _rows(1, 1, 6), raised_us=T0 + 2 * MINUTE).first_seen_us is None


def test_a_rise_is_drawn_as_what_was_judged() -> None:
    """The rise over the window, reading by reading; unknown while there is nothing to compare with."""
    (point,) = (
        rules("name: r, kind: rate, for: {metric: stage}, unit: m, window: 2min, limits: {3: 1}").rules[0].points(tag())
    )
    assert isinstance(point, ValuePoint)
    rows = _rows(1, 1.5, 2.25, 2.25)
    quantity = quantity_of(point, "m", rows)
    assert (quantity.what, quantity.unit, quantity.window_us) == (Measured.RISE, "m", 2 * MINUTE)
    told = replay(point, quantity, rows, raised_us=T0 + 2 * MINUTE)
    assert [value for _, value in told.judged] == [None, 0.5, 1.25, 0.75]
    assert told.first_seen_us == T0 + 2 * MINUTE


def test_of_several_windows_the_fullest_is_drawn_in_millimetres() -> None:
    """A share of a limit says nothing to an officer; the sum of the window that was furthest along does."""
    text = "name: r, kind: accumulation, for: {metric: stage}, unit: m, windows: {1min: {3: 10}, 3min: {3: 4}}"
    (point,) = rules(text).rules[0].points(tag())
    assert isinstance(point, ValuePoint)
    rows = _rows(0, 1, 2, 3)
    quantity = quantity_of(point, "m", rows)
    assert (quantity.what, quantity.limit, quantity.window_us) == (Measured.TOTAL, 4.0, 3 * MINUTE)
    told = replay(point, quantity, rows, raised_us=T0 + 3 * MINUTE)
    assert [value for _, value in told.judged][-1] == 6.0


@pytest.mark.parametrize(
    ("measure", "what", "unit"),
    [
        (Change(window_us=MINUTE, falling=True), Measured.FALL, "m"),
        (Unchanged(atleast_us=MINUTE, gap_us=MINUTE, gap_policy=GapPolicy.RESET), Measured.UNCHANGED, "s"),
    ],
)
def test_a_measure_has_its_own_unit(measure: Change | Unchanged, what: Measured, unit: str) -> None:
    """A flat line is judged in seconds, a fall in the unit of the value."""
    point = ValuePoint(rule="r", condition="c", priority=4, is_high=True, limit=1, clear=1, measure=measure)
    quantity = quantity_of(point, "m", _rows(1, 1))
    assert (quantity.what, quantity.unit) == (what, unit)


def test_every_measure_has_a_name() -> None:
    """A new measure comes with its name, its unit and its place in the picture."""
    known = [found for found in vars(measures).values() if is_dataclass(found) and hasattr(found, "span_us")]
    assert len(known) > 3
    source = getsource(quantity_of)
    assert [measure.__name__ for measure in known if f"case {measure.__name__}()" not in source] == []


def test_thinning_keeps_extremes_and_holes() -> None:
    """Of a thousand points a picture of a hundred keeps the peak, the trough, and that something was missing."""
    points: list[tuple[int, float | None]] = [(at, float(at % 7)) for at in range(1000)]
    points[500], points[700], points[800] = (500, 99.0), (700, -99.0), (800, None)
    kept = thinned(points, 100)
    assert len(kept) < 160
    assert {(500, 99.0), (700, -99.0), (800, None)} <= set(kept)
    assert all(before[0] < after[0] for before, after in pairwise(kept))
    assert thinned(points[:40], 100) == points[:40]
