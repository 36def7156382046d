"""Clocks that were set back, told from stored readings by their pace."""

from dataclasses import replace

import numpy as np
import pytest

from ingest.batch import Batch
from ingest.clocks import DeviceClocks
from ingest.readings import Quality
from ingest.set_back import SetBack

SECOND = 1_000_000
MINUTE = 60 * SECOND
YEARS = 26 * 365 * 86_400 * SECOND
NOW = 1_795_300_000 * SECOND
NOTHING = {name: np.zeros(0, np.int64) for name in ("device", "time", "quality", "received")}


def batch(*behind: int, at: int, device: int = 5, quality: Quality = Quality.GOOD) -> Batch:
    """Make readings of one device, so many µs behind `at`, when they are received."""
    count = len(behind)
    return Batch(
        device=np.full(count, device, np.int32),
        metric=np.ones(count, np.int16),
        time=np.array([at - by for by in behind], np.int64),
        value=np.zeros(count),
        quality=np.full(count, quality, np.int16),
        grid=np.zeros(count, np.int32),
        received=np.full(count, at, np.int64),
    )


class Ear:
    """Hears devices and tells how far behind the present their readings are, once righted."""

    def __init__(self) -> None:
        self.clocks = DeviceClocks()
        self.set_back = SetBack(NOTHING)

    def hear(self, *behind: int, at: int, device: int = 5, quality: Quality = Quality.GOOD) -> list[int]:
        """Hear readings that are so many µs behind."""
        heard = self.set_back.righted(batch(*behind, at=at, device=device, quality=quality), self.clocks)
        self.clocks.note(heard, [])
        return (heard.received - heard.time).tolist()


def test_from_the_second_word_on_it_is_of_now():
    """The pace of a clock shows by two words; a pack keeps its own spacing, and what it says is told to be uncertain."""
    ear = Ear()
    assert ear.hear(SECOND, at=NOW) == [SECOND]
    assert ear.hear(YEARS, at=NOW + MINUTE) == [YEARS]
    assert ear.hear(YEARS + MINUTE, YEARS + SECOND, at=NOW + 2 * MINUTE) == [MINUTE - SECOND, 0]
    assert ear.clocks.skew_us(5) == YEARS + SECOND
    told = ear.set_back.righted(batch(YEARS, at=NOW + 3 * MINUTE), ear.clocks)
    assert told.quality.tolist() == [Quality.UNCERTAIN_TIME]
    assert (told.received - told.time).tolist() == [-SECOND]
    assert ear.hear(SECOND, at=NOW + 4 * MINUTE) == [SECOND]
    assert ear.hear(YEARS, at=NOW + 5 * MINUTE) == [YEARS]  # set back once more, it is listened to anew
    assert ear.hear(YEARS, at=NOW + 6 * MINUTE) == [0]


@pytest.mark.parametrize("pace", [0, 2, 10, 600])
def test_stored_readings_are_history(pace):
    """What comes faster than it happened, or again and again of the same time, is no clock."""
    ear = Ear()
    ear.hear(SECOND, at=NOW)
    for i in range(1, 60):
        assert ear.hear(YEARS - (pace - 1) * i * 10 * SECOND, at=NOW + i * 10 * SECOND)[0] > YEARS // 2


def test_who_also_speaks_of_now_has_a_right_clock():
    """An hourly mean that bears the time at which its hour began, told beside the value of now, is an hour old."""
    ear = Ear()
    for i in range(8):
        at = NOW + i * 10 * MINUTE
        ear.hear(SECOND, at=at)
        assert ear.hear(60 * MINUTE, at=at + MINUTE) == [60 * MINUTE]


def test_what_bears_no_time_of_its_own_says_nothing_of_a_clock():
    """A clock that was always an hour behind is believed, although the device also says things without a time."""
    ear = Ear()
    for i in range(8):
        at = NOW + i * MINUTE
        assert ear.hear(0, at=at) == [0]
        assert ear.hear(60 * MINUTE, at=at + SECOND) == [60 * MINUTE]


def test_history_is_left_alone():
    """What the device itself calls stored stays of its time, at whatever pace."""
    ear = Ear()
    ear.hear(SECOND, at=NOW)
    for i in range(1, 5):
        assert ear.hear(YEARS, at=NOW + i * MINUTE, quality=Quality.HISTORY) == [YEARS]


def test_each_device_has_its_own_clock_and_a_new_start_knows_what_was_said():
    """After a restart the newest stored readings say what is behind; what is known of a clock rights it at once."""
    last = {
        "device": np.array([5, 6], np.int32),
        "time": np.array([NOW - SECOND, NOW - YEARS], np.int64),
        "quality": np.array([Quality.UNCERTAIN_TIME, Quality.GOOD], np.int16),
        "received": np.array([NOW, NOW], np.int64),
    }
    ear = Ear()
    ear.set_back = SetBack(last)
    ear.clocks.believe(5, YEARS)
    heard = [batch(YEARS, at=NOW + MINUTE, device=device) for device in (5, 6, 7)]
    columns = {
        name: np.concatenate([getattr(part, name) for part in heard])
        for name in ("device", "metric", "time", "value", "quality", "grid", "received")
    }
    righted = ear.set_back.righted(replace(heard[0], **columns), ear.clocks)
    assert (righted.received - righted.time).tolist() == [0, YEARS, YEARS]
