"""Real house fires: a detector at each smoke meter, the one at the ceiling with its thermocouple."""

import pytest

from alerts.rules import default_rules
from bench.alarms import nist

# Where no channel a detector has saw in time what the real ones did; tests/recordings/test_engine_nist.py says why.
LATE = {"SDC05": {"D"}, "SDC38": {"A"}}


@pytest.mark.parametrize("test", nist.TESTS)
def test_rooms_are_told_in_time(recordings, test):
    """Within 30 s of the last real alarm in every room but those named, nowhere 10 s before the first."""
    alarms = {room: times for (name, room), times in nist.sounded(recordings).items() if name == test}
    first = nist.first_alarms(recordings, test, default_rules())
    late = {room for room, times in alarms.items() if first.get(room, 1e9) > max(times) + nist.LATE_S}
    assert late == LATE.get(test, set())
    assert not [room for room, times in alarms.items() if room in first and first[room] < min(times) - nist.EARLY_S]
