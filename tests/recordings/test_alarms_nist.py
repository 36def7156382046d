"""Real house fires: a detector at each smoke meter, the one at the ceiling with its thermocouple."""

import pytest

from alerts.rules import default_rules
from bench.alarms import nist


@pytest.mark.parametrize("test", nist.TESTS)
def test_rooms_are_told_in_time(recordings, test):
    """Within 30 s of the last real alarm in every room, nowhere 10 s before the first.

    Two rooms, blind to smoke alone (test_engine_nist.py), are told by the layer of warm air under the ceiling.
    """
    alarms = {room: times for (name, room), times in nist.sounded(recordings).items() if name == test}
    first = nist.first_alarms(recordings, test, default_rules())
    late = {room for room, times in alarms.items() if first.get(room, 1e9) > max(times) + nist.LATE_S}
    assert late == set()
    assert not [room for room, times in alarms.items() if room in first and first[room] < min(times) - nist.EARLY_S]
