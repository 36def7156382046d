"""A real flood storm: rolling sums of rain against the amounts of NOAA Atlas 14."""

from alerts.rules import default_rules
from bench.alarms import rain


def test_each_duration_reaches_its_amounts_in_the_right_hour(recordings):
    """The first hours of 2-year and 10-year amounts from 1 to 72 h are those of the record, and there are no others."""
    _, steps = rain.trial(recordings, rain.atlas_rules(recordings))
    assert rain.firsts(steps) == rain.wanted(recordings)


def test_the_default_rules_say_get_ready_before_the_flood(recordings):
    """Orange comes in the first storm; red, with 178 mm in 6 h and 270 mm in a day, before the end of the second."""
    _, steps = rain.trial(recordings, default_rules())
    first = {
        priority: at for (condition, priority), at in sorted(rain.firsts(steps).items()) if condition == "accumulation"
    }
    assert set(first) == {1, 2, 3, 4}
    assert first[2] < first[1]
