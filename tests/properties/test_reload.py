"""Row 8 of lessons: changing rule A disturbs nothing of rule B, whenever it comes and whatever the readings."""

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.detection import ActivePoint, DelayChange, PointChange, StoredState
from alerts.engine import Engine
from ingest.readings import Quality
from tests.engine_feed import SECOND, T0, Row, batch, remember, rules, tag

A = "name: a, kind: level, for: {metric: stage}, unit: m, limits: {2: %s}, on_delay: %s"
OTHERS = (
    "name: b, kind: level, for: {metric: rain_1h}, unit: mm, limits: {2: {at: 1, on_delay: 3min}, 1: 2}, off_delay: 2min",
    "name: c, kind: rate, for: {metric: rain_1h}, unit: mm, window: 3min, limits: {3: {at: 1, on_delay: 1min}}",
    "name: d, kind: accumulation, for: {metric: rain_1h}, unit: mm, windows: {4min: {3: 4}}",
    "name: e, kind: level, for: {metric: battery}, unit: '%EL', direction: low, limits: {4: 2}, on_delay: 2min",
    "name: f, kind: no-data, for: {}, priority: 4",
)
METRICS = {1: ("stage", "m"), 2: ("rain_1h", "mm"), 3: ("battery", "%EL")}
TAGS = [tag(metric=key, metric_name=name, unit=unit) for key, (name, unit) in METRICS.items()]

readings = st.lists(
    st.tuples(
        st.sampled_from(sorted(METRICS)), st.sampled_from([1, 1, 1, 2, 8]), st.sampled_from([0.0, 0.5, 1.0, 2.0])
    ),
    max_size=60,
)
edits = st.lists(
    st.tuples(st.integers(0, 60), st.sampled_from([0.5, 1, 2]), st.sampled_from(["0s", "2min"])), max_size=4
)


def _rows(drawn: list[tuple[int, int, float]]) -> list[Row]:
    rows, time = [], T0
    for metric, minutes, value in drawn:
        time += minutes * 60 * SECOND
        rows.append((1, metric, time, value, int(Quality.GOOD)))
    return rows


def _others(
    rows: list[Row], swaps: dict[int, str | None]
) -> tuple[list[PointChange], list[ActivePoint], list[DelayChange]]:
    """Feed rows one by one, with other rules from some rows on; gives what B to F did and what a database holds of them."""
    engine = Engine(rules(A % (1, "1min"), *OTHERS), TAGS)
    state = StoredState()
    changes: list[PointChange] = []
    for number, row in enumerate(rows):
        if number in swaps:
            changed = swaps[number]
            engine = engine.with_rules(rules(*([changed] if changed else []), *OTHERS), TAGS)
        told = engine.check_silence(row[2]) + engine.detect(batch([row]))
        state = remember(state, told)
        changes += [change for change in told.changes if change.rule != "a"]
    active = [point for point in state.active if point.rule != "a"]
    delays = [delay for delay in state.delays if delay.rule != "a"]
    return changes, active, delays


@settings(max_examples=150)
@given(drawn=readings, drawn_edits=edits, is_removed=st.booleans())
def test_a_changed_rule_leaves_the_others_as_they_were(
    drawn: list[tuple[int, int, float]], drawn_edits: list[tuple[int, float, str]], *, is_removed: bool
) -> None:
    """Alarms, running delays, measures and silences of B to F come out the same, whatever happens to A, and when."""
    rows = _rows(drawn)
    swaps: dict[int, str | None] = {at: A % (limit, delay) for at, limit, delay in drawn_edits}
    if is_removed and drawn_edits:
        swaps[drawn_edits[0][0]] = None
    assert _others(rows, swaps) == _others(rows, {})
