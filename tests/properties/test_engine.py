"""The vectorised engine against a plain one, and against itself with the stream cut elsewhere."""

import itertools
import math
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.detection import StoredState
from alerts.engine import Engine
from alerts.rule import RuleSet
from ingest.readings import Quality
from tests.engine_feed import SECOND, T0, batch, newest, odd, remember, rules, screened, stored, tag
from tests.plain_engine import PlainEngine

RULES = [
    (
        "name: high, kind: level, for: {metric: stage}, unit: m, limits: {4: 1, 3: 2, 1: 2}, deadband: 0.5, "
        "off_delay: 2min, sure: 0.2"
    ),
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
    "name: rise, kind: rate, for: {metric: stage}, unit: m, window: 2min, limits: {3: 1, 2: {at: 2, on_delay: 1min}}",
    (
        "name: sum, kind: accumulation, for: {metric: rain_1h}, unit: mm, gap: %s, gap_after: 2min, "
        "windows: {2min: {3: 4, 2: 6}, 5min: {3: 8}}"
    ),
    (
        "name: flat, kind: stuck, for: {metric: battery}, unit: '%%EL', priority: 4, after: 2min, gap: %s, "
        "legal: {to: 0.4}"
    ),
    "name: spike, kind: spike, for: {metric: stage}, unit: m, priority: 4, height: 1, window: 5min",
    "name: still, kind: stuck, for: {metric: humidity}, priority: 4, after: 2min, lively: 2",
    "name: often, kind: repetition, for: {metric: fire}, priority: 3, times: 2, within: 5min",
    (
        "name: impossible, kind: out-of-range, for: {}, priority: 4, off_delay: 1min, sentinels: [-9999], "
        "ranges: [{metric: stage, unit: m, from: 0, to: 3}]"
    ),
    (
        "name: night, kind: level, for: {metric: humidity}, unit: '%%RH', limits: {2: 2}, deadband: 0.5, "
        "schedule: {hours: '06:15-06:20'}, flap: {raises: 2, within: 5min, hold: 3min}"
    ),
]
METRICS = {1: ("stage", "m"), 2: ("rain_1h", "mm"), 3: ("battery", "%EL"), 4: ("fire", "1"), 6: ("humidity", "%RH")}

VALUES = st.sampled_from([0.0, 0.4, 0.5, 1.0, 1.0, 2.0, 2.0, 2.5, 3.0, 3.5, math.nan, -9999.0])
QUALITIES = st.sampled_from([Quality.GOOD] * 6 + [Quality.UNCERTAIN, Quality.MISSING])
# Half minutes since the reading before, late ones among them.
STEPS = st.sampled_from([1, 1, 1, 1, 2, 2, 3, 4, 9, 0, -1, -2])


@st.composite
def streams(draw):
    """Draw readings of a few tags that mostly are those of one tag: delays and windows want runs."""
    focus = draw(st.sampled_from(sorted(METRICS)))
    devices = st.sampled_from([1, 1, 1, 1, 1, 2, 3])  # device 3 is not registered
    metrics = st.sampled_from([focus] * 6 + [1, 2, 3, 4, 5, 6])  # metric 5 is nobody's
    return draw(st.lists(st.tuples(devices, metrics, STEPS, VALUES, QUALITIES), min_size=1, max_size=60))


def shuffled(seed):
    """Make a long stream from a seed: Hypothesis prefers short ones, in which little happens."""
    dice = random.Random(seed)
    focus = dice.choice(sorted(METRICS))
    return [
        (
            dice.choice([1, 1, 1, 1, 1, 2, 3]),
            dice.choice([focus] * 9 + [1, 2, 3, 4, 5, 6]),
            dice.choice([1, 1, 1, 1, 2, 2, 3, 4, 9, 0, -1, -2]),
            dice.choice([0.0, 0.4, 0.5, 1.0, 1.0, 2.0, 2.0, 2.5, 3.0, 3.5, math.nan, -9999.0]),
            dice.choice([Quality.GOOD] * 6 + [Quality.UNCERTAIN, Quality.MISSING]),
        )
        for _ in range(60)
    ]


ROWS = st.one_of(streams(), st.builds(shuffled, st.integers(0, 2**32)))
POLICIES = st.sampled_from(["reset", "hold", "unknown"])


def make(policy):
    """Make the rules and the tags of two devices."""
    texts = [text.replace("%s", policy).replace("%%", "%") for text in RULES]
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
@settings(max_examples=400)
def test_the_arrays_judge_like_the_plain_engine(drawn, policy):
    """A whole stream in one batch gives exactly the changes of judging it reading by reading without arrays."""
    rule_set, tags = make(policy)
    rows = stamped(drawn)
    assert shorten(Engine(rule_set, tags).detect(batch(rows))) == PlainEngine(rule_set, tags).judge(rows)


@given(ROWS, POLICIES, st.lists(st.integers(0, 60), max_size=8))
@settings(max_examples=400)
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
@settings(max_examples=200)
def test_a_restart_anywhere_does_not_matter(drawn, policy, cut):
    """Row 8 of lessons: an engine restored from what was told goes on as if it had not stopped."""
    rule_set, tags = make(policy)
    rows = stamped(drawn)
    kept = Engine(rule_set, tags)
    first = kept.detect(batch(rows[:cut]))
    again = Engine(rule_set, tags)
    seen = screened(kept, rows[:cut])
    again.recall(stored(seen))
    again.restore(remember(StoredState(odd=odd(seen)), first), last=newest(seen), downtime_us=0)
    assert shorten(again.detect(batch(rows[cut:]))) == shorten(kept.detect(batch(rows[cut:])))


@given(ROWS, POLICIES, st.integers(0, 60), st.integers(0, len(RULES) - 1))
@settings(max_examples=200)
def test_a_change_of_one_rule_leaves_the_others_alone(drawn, policy, cut, changed):
    """Row 8 of lessons: rule A is taken out and put back in mid-stream; every other rule judges as if nothing were."""
    rule_set, tags = make(policy)
    rows = stamped(drawn)
    others = RuleSet(source="others", text="", rules=rule_set.rules[:changed] + rule_set.rules[changed + 1 :])
    name = rule_set.rules[changed].common.name
    kept, swapped = Engine(rule_set, tags), Engine(rule_set, tags)
    expected, told = kept.detect(batch(rows[:cut])), swapped.detect(batch(rows[:cut]))
    swapped = swapped.with_rules(others, tags).with_rules(rule_set, tags)
    expected, told = expected + kept.detect(batch(rows[cut:])), told + swapped.detect(batch(rows[cut:]))
    assert [c for c in told.changes if c.rule != name] == [c for c in expected.changes if c.rule != name]


def shorten_silence(change):
    """Name the fields of a change whose value may be nothing."""
    return (change.device, change.metric, change.condition, change.priority, change.active, change.time)


def _silent_engine(rule_set, tags):
    engine = Engine(rule_set, tags)
    engine.detect(batch([(1, 5, T0 - 3600 * SECOND, 0.0, 0)]))
    assert len(engine.check_silence(T0 - 600 * SECOND).changes) == 1
    return engine
