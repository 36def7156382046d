"""What is learnt of clocks, and what is late by them."""

import numpy as np
import pytest

from ingest.batch import Batch
from ingest.clocks import NEVER, WINDOW_US, DeviceClocks
from ingest.readings import Quality

SECOND = 1_000_000
HOUR = 3600 * SECOND
NOW = 1_795_300_000 * SECOND


def batch(*rows: tuple[int, int], at: int = NOW, quality: Quality = Quality.GOOD) -> Batch:
    """Make readings of (device, µs behind `at`)."""
    count = len(rows)
    return Batch(
        device=np.array([device for device, _ in rows], np.int32),
        metric=np.ones(count, np.int16),
        time=np.array([at - behind for _, behind in rows], np.int64),
        value=np.zeros(count),
        quality=np.full(count, quality, np.int16),
        grid=np.zeros(count, np.int32),
        received=np.full(count, at, np.int64),
    )


def test_the_newest_of_a_pack_tells_the_clock():
    """A pack of the last minute says what the clock is by its last reading."""
    clocks = DeviceClocks()
    clocks.note(batch((5, 60 * SECOND), (5, 30 * SECOND), (5, SECOND)), [])
    assert clocks.skew_us(5) == SECOND
    assert clocks.skew_us(4) is clocks.skew_us(99) is None


@pytest.mark.parametrize("quality", [Quality.UNCERTAIN_TIME, Quality.HISTORY, Quality.MISSING, Quality.IMPLAUSIBLE])
def test_what_bears_no_honest_time_tells_nothing(quality):
    """Nor does a reading without a time: it bears ours."""
    clocks = DeviceClocks()
    clocks.note(batch((5, HOUR), quality=quality), [])
    clocks.note(batch((5, 0), (5, -3)), [])
    assert clocks.skew_us(5) is None


def test_late_is_against_the_own_clock():
    """Stored readings of a right clock are late; those of a clock that is always wrong, ahead or unknown are not."""
    clocks = DeviceClocks()
    clocks.note(batch((1, SECOND), (2, 3 * HOUR), (3, 30 * SECOND)), [(3, 10 * HOUR)])
    assert clocks.is_late(1, NOW - HOUR, NOW)
    assert not clocks.is_late(1, NOW - 600 * SECOND, NOW)
    assert not clocks.is_late(2, NOW - 3 * HOUR, NOW)
    assert clocks.is_late(2, NOW - 4 * HOUR, NOW)
    assert not clocks.is_late(3, NOW, NOW)  # ten hours ahead: its readings bear our time
    assert not clocks.is_late(77, NOW - 9 * HOUR, NOW)


def test_a_recording_that_is_replayed_is_never_late():
    """Years ago, an hour of it a batch, as fast as it goes: what comes is newer than what came."""
    clocks = DeviceClocks()
    for i in range(50):
        at, behind = NOW + i * SECOND, 20_000 * HOUR - i * HOUR
        rows = [(1, behind - minute * 60 * SECOND) for minute in range(60)]
        assert not any(clocks.is_late(1, at - back, at) for _, back in rows)
        clocks.note(batch(*rows, at=at), [])


def test_a_clock_that_was_set_is_believed_anew_after_two_windows():
    """Ahead by a minute, then right: the least of the old window is forgotten, and who is silent keeps what is known."""
    clocks = DeviceClocks()
    clocks.note(batch((1, -30 * SECOND), (2, 5 * SECOND)), [])
    for i in range(1, 4):
        clocks.note(batch((1, SECOND), at=NOW + i * WINDOW_US), [])
    assert clocks.skew_us(1) == SECOND
    assert clocks.skew_us(2) == 5 * SECOND


def test_only_news_are_written():
    """Once when it is known, again when it has moved; how many times were uncertain, since the last writing."""
    clocks = DeviceClocks()
    clocks.note(batch((1, SECOND)), [])
    assert clocks.changed()["device"].tolist() == [1]
    clocks.note(batch((1, SECOND - 1000)), [])
    assert clocks.changed()["device"].tolist() == []
    clocks.note(batch((1, 0), (1, 0), quality=Quality.UNCERTAIN_TIME), [])
    clocks.note(batch((2, 0), quality=Quality.UNCERTAIN_TIME), [])
    written = clocks.changed()
    assert (written["device"].tolist(), written["uncertain"].tolist()) == ([1, 2], [2, 1])
    assert written["skew_us"].tolist()[1] == NEVER
