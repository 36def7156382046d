"""Dragino's distance sensors: LDDS75, LDDS45, LDDS20, DDS75-LB and their like, LDDS04. In mm from the sensor down. Pure."""

from typing import Final

from ingest.codecs.dragino.model import sint, uint, voltage
from ingest.codecs.told import Told
from ingest.readings import Reason

_OLD: Final = 5  # battery, distance, interrupt
_NEW: Final = 8  # and the temperature of an optional probe, and whether the distance sensor is there
_INVALID: Final = 20
"""0 is no sensor. A distance in the blind zone (280 mm of an LDDS75) is sent as 20, a smaller one never measured."""
_NO_PROBE: Final = frozenset((0x7FFF, 0x0CCC))
_FOUR: Final = 11
_HEADS: Final = tuple((2 * head, f"distance_{head}", f"distance{head}") for head in range(1, 5))


def one_distance(said: Told, payload: bytes) -> None:
    """Read five bytes, or eight of newer firmware; a shorter one comes from a device without its sensor."""
    if len(payload) > _NEW:  # a DDS-LB that was told to send many distances at once; bit 12 of its battery says so
        said.value("voltage", float(uint(payload, 0, 2) & 0x0FFF), "mV", "bat")
        said.reject(Reason.UNSUPPORTED, "several distances in one message, without their times")
        return
    voltage(said, payload)
    if len(payload) not in (_OLD, _NEW):
        said.value("distance", None, "mm", "no sensor")
        return
    raw = payload[2] << 8 | payload[3]
    is_there = len(payload) == _OLD or payload[7] != 0
    said.value("distance", float(raw) if is_there and raw > _INVALID else None, "mm", "distance")
    if len(payload) == _NEW:
        probe = sint(payload, 5)
        said.value("temperature", None if probe in _NO_PROBE else probe / 10, "Cel", "temp_ds18b20")


def four_distances(said: Told, payload: bytes) -> None:
    """Read the four heads of an LDDS04, which sends tenths of a centimetre."""
    voltage(said, payload)
    if len(payload) < _FOUR:
        said.reject(Reason.TRUNCATED, f"{len(payload)} bytes, an LDDS04 sends {_FOUR}")
        return
    for at, metric, code in _HEADS:
        raw = payload[at] << 8 | payload[at + 1]
        said.value(metric, float(raw) if raw > _INVALID else None, "mm", code)
