"""Real polling of the River Aire: frozen, absent and stale stations, and outages of the poller itself."""

from datetime import UTC, datetime

from alerts.life_cycle import State
from alerts.rules import default_rules
from alerts.trial import TrialRow, declare, try_out
from bench.alarms import aire
from bench.alarms.result import a_tag, raised


def test_each_stale_spell_is_found_and_the_poller_blames_nobody(recordings):
    """All within a day of the last true reading; no station is called silent while nobody polled (lessons row 4)."""
    (found,) = aire.run(recordings, default_rules())
    assert found.met
    assert (found.found, found.false_alarms) == (found.events, 0)


def test_the_frozen_gauge_stays_silent_until_it_speaks(recordings):
    """L1602 froze on 2025-06-06 and was served again for 29 days, then absent: one alarm, from that day to the end of it."""
    _, steps = aire.trial(recordings, default_rules())
    own = [step for step in steps if (step.device, step.condition) == ("L1602", "no-data")]
    froze, back = datetime(2025, 6, 6, 9, tzinfo=UTC), datetime(2025, 9, 18, tzinfo=UTC)
    spell = [step for step in own if froze <= step.time < back]
    assert [step.to_state for step in spell] == [State.UNACK]
    assert (spell[0].time - froze).days == 0


def test_a_value_that_is_served_as_new_again_and_again_is_stuck(recordings):
    """With the time of the poll instead of the reading, the same gauge is found by its flat line, within a day."""
    rows = [
        TrialRow(row.received_us or 0, row.device, row.metric, row.value)
        for row in aire.readings(recordings)
        if row.device == "L1602"
    ]
    tags = declare([a_tag("L1602", "stage", "m", interval_s=900.0)])
    steps, _ = try_out(default_rules(), tags, rows)
    froze = datetime(2025, 6, 6, 9, tzinfo=UTC)
    stuck = [step.time for step in raised(steps, "stuck") if step.time >= froze]
    assert stuck
    assert (stuck[0] - froze).days == 0
    returned = next(step for step in steps if step.condition == "stuck" and step.time > stuck[0])
    assert returned.time >= datetime(2025, 7, 5, tzinfo=UTC)
