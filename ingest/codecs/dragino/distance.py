"""Dragino's distances: LDDS75, 45, 20 and their like, the MDS120 radar, LDDS04, lidars. In mm from the sensor down. Pure."""

from typing import Final

from ingest.codecs.dragino.model import DATALOG, is_configuration, rows, sint, uint, voltage
from ingest.codecs.told import Told
from ingest.readings import Reason

_OLD: Final = 5  # battery, distance, interrupt
_NEW: Final = 8  # and the temperature of an optional probe, and whether the distance sensor is there
_INVALID: Final = 20
"""0 is no sensor. A distance in the blind zone (280 mm of an LDDS75) is sent as 20, a smaller one never measured."""
_UNSEEN: Final = 0x3FFF
"""What a radar sends that sees nothing; none of them measures so far."""
_LIDAR: Final = 11
_SIGNALS: Final = range(101, 0xFFFF)
"""A lidar's distance is to be believed where its signal is above 100 and not FFFF."""
_NO_PROBE: Final = frozenset((0x7FFF, 0x0CCC))
_FOUR: Final = 11
_HEADS: Final = tuple((2 * head, f"distance_{head}", f"distance{head}") for head in range(1, 5))


def one_distance(said: Told, payload: bytes) -> None:
    """Read five bytes, or eight of newer firmware; a shorter one comes from a device without its sensor."""
    if said.item.port == DATALOG:
        for past, row in rows(said, payload):
            past.value("distance", _seen(uint(row, 2, 4)), "mm", "distance")
        return
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
    said.value("distance", _seen(raw) if is_there else None, "mm", "distance")
    if len(payload) == _NEW:
        _probe(said, payload, 5)


def _seen(raw: int) -> float | None:
    return float(raw) if raw > _INVALID and raw != _UNSEEN else None


def _probe(said: Told, payload: bytes, at: int) -> None:
    probe = sint(payload, at)
    said.value("temperature", None if probe in _NO_PROBE else probe / 10, "Cel", "temp_ds18b20")


def lidar(said: Told, payload: bytes) -> None:
    """Read battery, probe, distance in tenths of a centimetre, how strong its echo was, flags, a temperature, the kind."""
    if said.item.port == DATALOG:
        for past, row in rows(said, payload):
            past.value("distance", _lit(row, 2), "mm", "distance")
    elif len(payload) < _LIDAR:
        said.reject(Reason.TRUNCATED, f"{len(payload)} bytes, a lidar sends {_LIDAR}")
    elif not is_configuration(said, payload):
        voltage(said, payload)
        _probe(said, payload, 2)
        said.value("distance", _lit(payload, 4), "mm", "distance")


def _lit(payload: bytes, at: int) -> float | None:
    """Read a lidar's distance, and its signal after it."""
    return float(uint(payload, at, at + 2)) if uint(payload, at + 2, at + 4) in _SIGNALS else None


def four_distances(said: Told, payload: bytes) -> None:
    """Read the four heads of an LDDS04, which sends tenths of a centimetre."""
    if is_configuration(said, payload):
        return
    voltage(said, payload)
    if len(payload) < _FOUR:
        said.reject(Reason.TRUNCATED, f"{len(payload)} bytes, an LDDS04 sends {_FOUR}")
        return
    for at, metric, code in _HEADS:
        raw = payload[at] << 8 | payload[at + 1]
        said.value(metric, float(raw) if raw > _INVALID else None, "mm", code)
