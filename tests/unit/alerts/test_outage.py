"""Who is silent by its own fault, and what takes all behind it along. By hand-made clocks."""

import numpy as np

from alerts.detection import StoredState
from alerts.engine import Engine
from tests.engine_feed import SECOND, T0, batch, newest, remember, rules, tag

MINUTE = 60 * SECOND
RULES = rules(
    "name: silent, kind: no-data, for: {}, priority: 4, intervals: 3",
    "name: out, kind: outage, for: {}, priority: 2",
)
LINK = 100


def make(children=3, link=LINK):
    """Make an engine over devices that report every minute through one link."""
    return Engine(RULES, [tag(device, parent=link) for device in range(1, children + 1)])


def hear(engine, minute, *devices, value=1.0, measured=None):
    """Let devices be heard; measured when they are heard, unless told."""
    at = T0 + round(minute * MINUTE)
    time = at if measured is None else T0 + round(measured * MINUTE)
    return told(engine.detect(batch([(d, 1, time, value, 0) for d in devices], received=[at] * len(devices))))


def look(engine, minute):
    """Look for silence."""
    return told(engine.check_silence(T0 + round(minute * MINUTE)))


def told(detection):
    """Name who, what, whether it holds, and a count of devices."""
    return [
        (c.device, c.condition, c.active, c.value if c.condition == "outage" and c.active else None)
        for c in detection.changes
    ]


def test_a_gateway_that_stops_is_one_alarm_with_a_count():
    """Row 4 of lessons: children of a silent parent are not silent themselves; the parent says how many they are."""
    engine = make()
    hear(engine, 0, 1, 2, 3)
    assert look(engine, 3) == []
    assert look(engine, 3.1) == [(LINK, "outage", True, 3.0)]
    assert look(engine, 600) == []
    assert hear(engine, 600, 2) == [(LINK, "outage", False, None)]


def test_after_an_outage_everybody_has_the_usual_time_to_come_back():
    """Row 3 of lessons: the return of a link is no flood of silent devices; who stays away is told in its own time."""
    engine = make()
    hear(engine, 0, 1, 2, 3)
    look(engine, 4)
    hear(engine, 60, 2)
    assert look(engine, 62) == []
    hear(engine, 63.5, 1, 2)
    assert look(engine, 63.6) == [(3, "no-data", True, None)]


def test_one_that_falls_silent_among_others_is_its_own_fault():
    """Somebody else on the link was heard after it was due."""
    engine = make()
    hear(engine, 0, 1, 2, 3)
    for minute in (1, 2, 3):
        hear(engine, minute, 2, 3)
    assert look(engine, 3.1) == [(1, "no-data", True, None)]
    assert hear(engine, 4, 1) == [(1, "no-data", False, None)]


def test_nobody_is_accused_before_a_witness_is_heard():
    """A device that is overdue while the others are not yet due waits until one of them speaks."""
    engine = make()
    hear(engine, 0, 1)
    hear(engine, 2.5, 2, 3)
    assert look(engine, 4) == []
    hear(engine, 4.5, 2)
    assert look(engine, 4.6) == [(1, "no-data", True, None)]


def test_a_device_alone_on_its_link_is_silent_itself():
    """There is no other witness, and one device is no outage."""
    engine = make(children=1)
    hear(engine, 0, 1)
    assert look(engine, 3.1) == [(1, "no-data", True, None)]


def test_a_reading_sent_again_and_again_is_a_frozen_device():
    """The message comes, its device time stands still: silent, although the link lives."""
    engine = make(children=2)
    hear(engine, 0, 1, 2)
    for minute in (1, 2, 3, 4):
        hear(engine, minute, 1, measured=0)
        hear(engine, minute, 2)
    assert look(engine, 4) == [(1, "no-data", True, None)]
    assert hear(engine, 5, 1, measured=0) == []
    assert hear(engine, 6, 1, measured=5.5) == [(1, "no-data", False, None)]


def test_an_outage_survives_a_restart_and_new_rules():
    """Rows 3 and 8 of lessons: neither tells it again, and the link's return is told by whoever judges then."""
    engine = make()
    rows = [(d, 1, T0, 1.0, 0) for d in (1, 2, 3)]
    engine.detect(batch(rows))
    state = remember(StoredState(), engine.check_silence(T0 + 4 * MINUTE))
    again = make()
    again.restore(state, last=newest(rows), downtime_us=0)
    renewed = again.with_rules(RULES, [tag(d, parent=LINK) for d in (1, 2, 3)])
    assert look(renewed, 30) == []
    assert hear(renewed, 31, 1) == [(LINK, "outage", False, None)]


def test_without_an_outage_rule_each_is_silent_for_itself():
    """The rule file decides: no rule for parents, no suppression."""
    engine = Engine(rules("name: silent, kind: no-data, for: {}, priority: 4"), [tag(d, parent=LINK) for d in (1, 2)])
    hear(engine, 0, 1, 2)
    assert look(engine, 4) == [(1, "no-data", True, None), (2, "no-data", True, None)]


def test_the_next_look_is_when_somebody_is_due():
    """Nothing is missed by looking only then, and while somebody is overdue for want of a witness."""
    engine = make()
    assert engine.silence_due_after(0) is None
    hear(engine, 0, 1, 2)
    hear(engine, 1, 3)
    assert engine.silence_due_after(T0) == T0 + 3 * MINUTE
    assert engine.silence_due_after(T0 + 3 * MINUTE) == T0 + 4 * MINUTE
    assert not engine.is_silence_waiting(T0 + 3 * MINUTE)
    assert engine.is_silence_waiting(T0 + 3 * MINUTE + 1)
    look(engine, 5)
    assert engine.silence_due_after(T0) is None
    assert not engine.is_silence_waiting(T0 + 100 * MINUTE)


def test_where_a_batch_is_cut_an_outage_ends_alike():
    """One batch or many: the first row that is heard ends it, and whoever is heard after is not accused."""
    whole, cut = make(), make()
    for engine in (whole, cut):
        hear(engine, 0, 1, 2, 3)
        look(engine, 4)
    at = np.array([T0 + 10 * MINUTE, T0 + 11 * MINUTE, T0 + 12 * MINUTE])
    rows = [(d, 1, int(t), 1.0, 0) for d, t in zip((3, 1, 2), at, strict=True)]
    together = told(whole.detect(batch(rows)))
    apart = [c for row in rows for c in told(cut.detect(batch([row])))]
    assert together == apart == [(LINK, "outage", False, None)]
    assert whole.silence_due_after(T0) == cut.silence_due_after(T0)
