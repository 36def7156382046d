"""The vectorised engine against a plain one, and against itself with the stream cut elsewhere."""

import itertools
import math

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.detection import StoredState
from alerts.engine import Engine
from ingest.readings import Quality
from tests.engine_feed import SECOND, T0, batch, newest, remember, rules, tag
from tests.plain_engine import PlainEngine

RULES = [
    "name: high, kind: level, for: {metric: stage}, unit: m, limits: {4: 1, 3: 2, 1: 2}, deadband: 0.5",
    (
        "name: slow, kind: level, for: {metric: rain_1h}, unit: mm, limits: {2: {at: 1, on_delay: 2min}, 1: 2}, "
        "off_delay: 1min, gap: %s, gap_after: 3min"
    ),
    (
        "name: low, kind: level, for: {metric: battery}, unit: '%%EL', direction: low, limits: {4: 2}, deadband: 1, "
        "on_delay: 1min, off_delay: 2min, gap: %s"
    ),
    "name: fire, kind: state, for: {metric: fire}, condition: smoke, priority: 1",
    "name: silent, kind: no-data, for: {}, priority: 4",
]
METRICS = {1: ("stage", "m"), 2: ("rain_1h", "mm"), 3: ("battery", "%EL"), 4: ("fire", "1")}

ROWS = st.lists(
    st.tuples(
        st.integers(1, 3),  # device 3 is not registered
        st.integers(1, 5),  # metric 5 is nobody's
        st.integers(-2, 9),  # half minutes since the reading before: late ones among them
        st.sampled_from([0.0, 0.4, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, math.nan]),
        st.sampled_from([Quality.GOOD, Quality.GOOD, Quality.GOOD, Quality.UNCERTAIN, Quality.MISSING]),
    ),
    max_size=60,
)
POLICIES = st.sampled_from(["reset", "hold", "unknown"])


def make(policy):
    """Make the rules and the tags of two devices."""
    texts = [text % policy if text.count("gap: %s") else text for text in RULES]
    tags = [tag(d, m, metric_name=name, unit=unit) for d in (1, 2) for m, (name, unit) in METRICS.items()]
    return rules(*texts), tags


def stamped(drawn):
    """Turn drawn steps into readings whose times mostly go forward."""
    rows, clock = [], T0
    for device, metric, step, value, quality in drawn:
        clock += step * 30 * SECOND
        rows.append((device, metric, clock, value, quality))
    return rows


def shorten(detection):
    """Name the fields of changes that the plain judge also knows; a value that nobody measured is None."""
    return [
        (c.device, c.metric, c.condition, c.priority, c.active, c.time, None if math.isnan(c.value) else c.value)
        for c in detection.changes
    ]


@given(ROWS, POLICIES)
@settings(max_examples=400, deadline=None)
def test_the_arrays_judge_like_the_plain_engine(drawn, policy):
    """A whole stream in one batch gives exactly the changes of judging it reading by reading without arrays."""
    rule_set, tags = make(policy)
    rows = stamped(drawn)
    assert shorten(Engine(rule_set, tags).detect(batch(rows))) == PlainEngine(rule_set, tags).judge(rows)


@given(ROWS, POLICIES, st.lists(st.integers(0, 60), max_size=8))
@settings(max_examples=400, deadline=None)
def test_where_the_stream_is_cut_does_not_matter(drawn, policy, cuts):
    """Any split of a stream into batches gives the same changes in the same order, with one device silent before."""
    rule_set, tags = make(policy)
    rows = stamped(drawn)
    whole, split = _silent_engine(rule_set, tags), _silent_engine(rule_set, tags)
    edges = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    parts = [split.detect(batch(rows[a:b])) for a, b in itertools.pairwise(edges)]
    assert [shorten_silence(c) for p in parts for c in p.changes] == [
        shorten_silence(c) for c in whole.detect(batch(rows)).changes
    ]


@given(ROWS, POLICIES, st.integers(0, 60))
@settings(max_examples=200, deadline=None)
def test_a_restart_anywhere_does_not_matter(drawn, policy, cut):
    """Row 8 of lessons: an engine restored from what was told goes on as if it had not stopped."""
    rule_set, tags = make(policy)
    rows = stamped(drawn)
    kept = Engine(rule_set, tags)
    first = kept.detect(batch(rows[:cut]))
    again = Engine(rule_set, tags)
    again.restore(remember(StoredState(), first), last=newest(rows[:cut]), downtime_us=0)
    assert shorten(again.detect(batch(rows[cut:]))) == shorten(kept.detect(batch(rows[cut:])))


def shorten_silence(change):
    """Name the fields of a change whose value may be nothing."""
    return (change.device, change.metric, change.condition, change.priority, change.active, change.time)


def _silent_engine(rule_set, tags):
    engine = Engine(rule_set, tags)
    engine.detect(batch([(1, 5, T0 - 3600 * SECOND, 0.0, 0)]))
    assert len(engine.check_silence(T0 - 600 * SECOND).changes) == 1
    return engine
