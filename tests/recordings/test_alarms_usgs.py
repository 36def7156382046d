"""Real flash floods: crossings, fast rises and outages of USGS creeks, under the default rules as a whole."""

import pytest

from alerts.rules import default_rules
from bench.alarms import usgs


@pytest.mark.parametrize("name", usgs.CREEKS)
def test_a_creek_is_told_as_it_was(recordings, name):
    """Every crossing once at its first sample and nothing else; every rise of a foot in half an hour once, at once."""
    rows, steps = usgs.trial(recordings, name, default_rules())
    events = usgs.truth(recordings, name)
    assert usgs.crossings(name, rows, steps, events).met
    rises = usgs.rises(name, rows, steps, events)
    assert (rises.found, rises.raises) == (rises.events, rises.events)
    assert rises.delay.startswith("0 / 0 min")
    # Dead Run in June 2018 had two second waves of 3.8 and 4.0 ft hours after a listed rise; the list counts only the first.
    assert rises.false_alarms <= max(2, rises.sensor_days / 100)
    if name == usgs.PLUMTREE:
        assert rises.met
        assert usgs.outages(name, rows, steps).met
