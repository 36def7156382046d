"""The engine: thresholds, deadbands, delays over device time, silence, restarts and reloads."""

import math

import numpy as np
import pytest

from alerts.detection import ActivePoint, DelayChange, StoredState
from alerts.engine import Engine
from alerts.life_cycle import Cause
from ingest.readings import Quality
from tests.engine_feed import SECOND, T0, batch, rules, series, tag

LEVEL = "name: stage, kind: level, for: {metric: stage}, unit: m, limits: {4: 1, 3: 2}"
MINUTE = 60 * SECOND


def told(detection):
    """Shorten changes to (minute, priority, active)."""
    return [((change.time - T0) / MINUTE, change.priority, change.active) for change in detection.changes]


def test_each_priority_of_a_level_is_its_own_alarm():
    """Crossing two limits at once raises two alarms, and each returns at its own limit; equality raises."""
    engine = Engine(rules(LEVEL), [tag()])
    assert told(engine.detect(series([0.5, 2.0, 1.0, 0.99]))) == [
        (1, 3, True),
        (1, 4, True),
        (2, 3, False),
        (3, 4, False),
    ]


def test_a_low_limit_raises_at_and_below():
    """With direction low the same holds downwards; the return is of the first reading above the limit."""
    engine = Engine(rules(LEVEL.replace("{4: 1, 3: 2}", "{4: 2}, direction: low, deadband: 0.5")), [tag()])
    assert told(engine.detect(series([2.1, 2.0, 2.4, 2.5, 2.6]))) == [(1, 4, True), (2, 4, False)]


def test_inside_the_deadband_nothing_changes():
    """A value that swings between limit and deadband raises once."""
    engine = Engine(rules(LEVEL + ", deadband: 0.2"), [tag()])
    assert told(engine.detect(series([1.0, 0.85, 1.1, 0.8, 1.0, 0.79]))) == [(0, 4, True), (5, 4, False)]


def test_a_delay_is_spanned_by_readings():
    """The reading that completes the delay decides, and a contrary one starts it anew."""
    engine = Engine(rules(LEVEL + ", on_delay: 2min"), [tag()])
    assert told(engine.detect(series([1.5, 1.5, 0.5, 1.5, 1.5, 1.5]))) == [(5, 4, True)]


def test_deadband_and_off_delay_confirm_a_return_of_its_own_time():
    """A reading beyond the limit starts the return anew; the deadband and the delay only make sure of it."""
    engine = Engine(rules(LEVEL + ", deadband: 0.2, off_delay: 2min"), [tag()])
    seen = engine.detect(series([1.5, 0.9, 1.0, 0.9, 0.9, 0.9, 0.9])).changes
    assert [change.active for change in seen] == [True]
    assert told(engine.detect(series([0.7], start=T0 + 420 * SECOND))) == [(3, 4, False)]


@pytest.mark.parametrize(("policy", "minute"), [("reset", 96), ("hold", 91), ("unknown", 97)])
def test_a_silence_inside_a_delay_is_no_evidence(policy, minute):
    """Row 2 of lessons: a 5 min delay is not fired by the 90 min without data inside it, only by readings."""
    engine = Engine(rules(LEVEL + f", on_delay: 5min, gap: {policy}"), [tag()])
    before = [(1, 1, T0, 1.5, 0), (1, 1, T0 + MINUTE, 1.5, 0)]
    after = [(1, 1, T0 + (91 + n) * MINUTE, 1.5, 0) for n in range(8)]
    assert told(engine.detect(batch(before))) == []
    assert told(engine.detect(batch(after))) == [(minute, 4, True)]


def test_missing_and_not_numbers_say_nothing():
    """A reading without a value neither raises, nor returns, nor moves the time of the last one."""
    engine = Engine(rules(LEVEL), [tag()])
    rows = [
        (1, 1, T0, 1.5, Quality.GOOD),
        (1, 1, T0 + 9 * MINUTE, 0.0, Quality.MISSING),
        (1, 1, T0 + 8 * MINUTE, math.nan, Quality.GOOD),
        (1, 1, T0 + 1 * MINUTE, 0.5, Quality.UNCERTAIN),
    ]
    assert told(engine.detect(batch(rows))) == [(0, 4, True), (1, 4, False)]


def test_an_old_or_repeated_reading_is_history():
    """A reading that is five minutes late, or as old as the last one, changes nothing."""
    engine = Engine(rules(LEVEL), [tag()])
    assert told(engine.detect(batch([(1, 1, T0 + 9 * MINUTE, 0.5, 0)]))) == []
    assert told(engine.detect(batch([(1, 1, T0 + 9 * MINUTE, 9.0, 0), (1, 1, T0 + 4 * MINUTE, 9.0, 0)]))) == []


def test_a_late_alarm_is_still_an_alarm():
    """A reading above the limit that comes after a newer normal one raises at its own time and is over at the newer's."""
    engine = Engine(rules(LEVEL), [tag()])
    rows = [(1, 1, T0 + 9 * MINUTE, 0.5, 0), (1, 1, T0 + 8 * MINUTE, 1.5, 0), (1, 1, T0 + 10 * MINUTE, 1.5, 0)]
    assert told(engine.detect(batch(rows))) == [(8, 4, True), (9, 4, False), (10, 4, True)]


def test_a_late_reading_completes_no_delay():
    """Where a condition must last, one late reading says nothing."""
    engine = Engine(rules(LEVEL + ", on_delay: 1min"), [tag()])
    assert told(engine.detect(batch([(1, 1, T0 + 9 * MINUTE, 0.5, 0), (1, 1, T0 + 8 * MINUTE, 9.0, 0)]))) == []


def test_strangers_are_left_alone():
    """A reading of a device or metric that is not registered changes nothing."""
    engine = Engine(rules(LEVEL), [tag(device=5, metric=3)])
    rows = [(device, metric, T0, 9.0, 0) for device in (1, 4, 6, 900) for metric in (1, 3, 4, 99)]
    assert told(engine.detect(batch(rows))) == []
    assert told(engine.detect(batch([(5, 3, T0, 9.0, 0)]))) == [(0, 3, True), (0, 4, True)]


def test_an_engine_without_tags_or_readings_is_quiet():
    """Nothing registered and nothing received is no error."""
    engine = Engine(rules(LEVEL), [])
    assert not engine.detect(batch([]))
    assert not engine.detect(series([9.0]))
    assert not engine.check_silence(T0)


def test_delays_tell_how_they_ended_up():
    """Of a delay a batch reports only where it stands, and only if that changed."""
    engine = Engine(rules(LEVEL + ", on_delay: 5min"), [tag()])
    (begun,) = engine.detect(series([1.5, 0.5, 1.5])).delays
    assert begun == DelayChange(device=1, metric=1, rule="stage", priority=4, wanted=True, since=T0 + 2 * MINUTE)
    assert engine.detect(series([1.5], start=T0 + 3 * MINUTE)).delays == ()
    (ended,) = engine.detect(series([0.5], start=T0 + 4 * MINUTE)).delays
    assert ended.since is None


# Silence --------------------------------------------------------------------------------------------------------------

SILENCE = "name: silent, kind: no-data, for: {}, priority: 4"


def test_silence_raises_once_and_any_reading_clears_it():
    """Row 10 of lessons: no data is a third state; the level alarm stays as it is until a normal reading comes."""
    engine = Engine(rules(LEVEL, SILENCE), [tag()])
    assert told(engine.detect(series([1.5]))) == [(0, 4, True)]
    assert not engine.check_silence(T0 + 180 * SECOND)
    (silent,) = engine.check_silence(T0 + 181 * SECOND).changes
    assert (silent.condition, silent.active, silent.value, silent.metric) == ("no-data", True, 181.0, 0)
    assert not engine.check_silence(T0 + 999 * SECOND)
    (heard,) = engine.detect(series([1.4], start=T0 + 1000 * SECOND)).changes
    assert (heard.condition, heard.active) == ("no-data", False)


def test_a_reading_that_says_nothing_still_breaks_the_silence():
    """A device that reports "no value" is heard."""
    engine = Engine(rules(SILENCE), [tag()])
    engine.detect(series([1.5]))
    assert engine.check_silence(T0 + 10 * MINUTE)
    assert told(engine.detect(batch([(1, 1, T0 + 11 * MINUTE, math.nan, Quality.MISSING)]))) == [(11, 4, False)]


def test_a_reading_on_its_way_clears_the_silence_it_was_called():
    """Row 12 of lessons: no-data and fresh data in the same second end as no alarm, never before it was raised."""
    engine = Engine(rules(SILENCE), [tag()])
    engine.detect(series([1.5]))
    raised = T0 + 181 * SECOND
    engine.check_silence(raised)
    (cleared,) = engine.detect(batch([(1, 1, raised - 1, 1.5, 0)], received=[raised - 1])).changes
    assert (cleared.active, cleared.time) == (False, raised)


def test_our_own_downtime_is_not_the_devices():
    """Row 3 of lessons: after an hour in which we did not listen, devices get their three intervals anew."""
    engine = Engine(rules(SILENCE), [tag()])
    restarted = T0 + 60 * MINUTE
    engine.restore(StoredState(), last=_last(T0, T0), downtime_us=60 * MINUTE)
    assert not engine.check_silence(restarted + 179 * SECOND)
    assert engine.check_silence(restarted + 181 * SECOND)


def test_a_broker_outage_is_excused():
    """A time in which nobody could be heard does not count."""
    engine = Engine(rules(SILENCE), [tag()])
    engine.detect(series([1.5]))
    engine.excuse(30 * MINUTE)
    assert not engine.check_silence(T0 + 31 * MINUTE)
    assert engine.check_silence(T0 + 34 * MINUTE)


def test_a_device_never_heard_is_not_silent():
    """A device that is registered but not installed yet raises nothing."""
    engine = Engine(rules(SILENCE), [tag()])
    assert not engine.check_silence(T0)
    assert not engine.check_silence(T0 + 600 * MINUTE)


# Restart and reload ---------------------------------------------------------------------------------------------------


def test_a_restart_goes_on_in_the_middle_of_a_delay():
    """Row 8 of lessons: an alarm, a running delay and the last times survive a restart."""
    text = LEVEL + ", on_delay: 5min"
    engine = Engine(rules(text), [tag()])
    delays = engine.detect(series([1.5, 1.5, 1.5])).delays
    again = Engine(rules(text), [tag()])
    again.restore(StoredState(delays=delays), last=_last(T0 + 2 * MINUTE, T0 + 2 * MINUTE), downtime_us=MINUTE)
    assert told(again.detect(series([9.9], start=T0 + 1 * MINUTE))) == []
    assert told(again.detect(series([1.5, 1.5, 1.5], start=T0 + 3 * MINUTE))) == [(5, 4, True)]


def test_a_restart_raises_and_returns_nothing_by_itself():
    """Row 9 of lessons: an active alarm is active after the restart, and needs a normal reading to return."""
    engine = Engine(rules(LEVEL), [tag()])
    engine.restore(StoredState(active=(_active(4), _active(3))), last=_last(T0, T0), downtime_us=MINUTE)
    assert told(engine.detect(series([2.5], start=T0 + 1 * MINUTE))) == []
    assert told(engine.detect(series([0.5], start=T0 + 2 * MINUTE))) == [(2, 3, False), (2, 4, False)]


def test_an_alarm_whose_rule_went_while_we_were_down_is_ended():
    """What nobody judges any more does not stay active for ever."""
    engine = Engine(rules(SILENCE), [tag()])
    engine.restore(StoredState(active=(_active(4),)), last=_last(T0 + MINUTE, T0), downtime_us=0)
    ended = engine.check_silence(T0)
    assert [(change.cause, change.active, change.time) for change in ended.changes] == [
        (Cause.RULE_REMOVED, False, T0 + MINUTE)
    ]


def test_a_reload_leaves_other_rules_alone():
    """Row 8 of lessons: reloading rule A resets neither the alarm nor the running delay of rule B."""
    rain = "name: rain, kind: level, for: {metric: rain_1h}, unit: mm, limits: {4: 20}, on_delay: 5min"
    tags = [tag(), tag(metric=2, metric_name="rain_1h", unit="mm")]
    engine = Engine(rules(LEVEL, rain), tags)
    engine.detect(series([1.5]))
    engine.detect(series([25.0] * 3, metric=2))
    reloaded = engine.with_rules(rules(LEVEL.replace("4: 1,", "4: 1.2,"), rain), [*tags, tag(device=9)])
    assert told(reloaded.detect(series([25.0] * 3, metric=2, start=T0 + 3 * MINUTE))) == [(5, 4, True)]
    assert told(reloaded.detect(series([1.1], start=T0 + 1 * MINUTE))) == [(1, 4, False)]
    assert told(reloaded.detect(series([1.1], start=T0))) == []


def test_a_changed_rule_starts_its_delay_anew():
    """A delay counted under another limit is no evidence for this one."""
    engine = Engine(rules(LEVEL + ", on_delay: 5min"), [tag()])
    engine.detect(series([1.5] * 3))
    reloaded = engine.with_rules(rules(LEVEL + ", on_delay: 6min"), [tag()])
    assert [delay.since for delay in reloaded.detect(batch([])).delays] == [None]
    assert told(reloaded.detect(series([1.5] * 7, start=T0 + 3 * MINUTE))) == [(9, 4, True)]


def test_an_alarm_of_a_removed_rule_returns():
    """Removing a rule ends its alarms with a cause of their own, the silent devices' too."""
    engine = Engine(rules(LEVEL, SILENCE), [tag()])
    engine.detect(series([1.5]))
    engine.check_silence(T0 + 10 * MINUTE)
    reloaded = engine.with_rules(rules(LEVEL.replace("4: 1, 3: 2", "3: 2")), [tag()])
    assert [(c.condition, c.cause, c.active) for c in reloaded.detect(batch([])).changes] == [
        ("no-data", Cause.RULE_REMOVED, False),
        ("level-high", Cause.RULE_REMOVED, False),
    ]
    assert not reloaded.detect(series([0.5], start=T0 + 11 * MINUTE))


def test_a_tag_that_cannot_be_judged_is_told():
    """The administrator learns which rule skipped which unit."""
    engine = Engine(rules(LEVEL), [tag(unit="Cel")])
    assert engine.unjudged == ("rule stage: Cel of stage is not comparable with m",)


def _active(priority):
    return ActivePoint(device=1, metric=1, rule="stage", condition="level-high", priority=priority, raised_at=T0)


def _last(time, received):
    return {
        "device": np.array([1], np.int32),
        "metric": np.array([1], np.int16),
        "time": np.array([time], np.int64),
        "received": np.array([received], np.int64),
    }
