"""Dragino's doors and leaks: LDS01, LDS02, LWL01, LWL02, and LDS03A, DS03A, LWL03A, LWL04 with their own clock. Pure."""

from typing import Final

from ingest.codecs.dragino.model import DATALOG, ROW, rows, uint, voltage
from ingest.codecs.told import Told
from ingest.readings import Fact, Reason

_DOOR, _LEAK, _BOTH = 1, 2, 3
_MODE: Final = 2
_TIMES_END, _DURATION_END, _BYTES = 6, 9, 10
_TWO_DOORS: Final = 18
_OPEN, _OTHER, _WATER = Fact.OPEN, Fact.OTHER, Fact.WATER


def door_or_leak(said: Told, payload: bytes) -> None:
    """Read battery with a door bit and a leak bit above it, the mode, how often and how long in minutes, an alarm bit."""
    voltage(said, payload)
    mode = payload[2] if len(payload) > _MODE else _DOOR
    if mode not in (_DOOR, _LEAK, _BOTH):
        said.reject(Reason.UNSUPPORTED, f"mode {mode}")
        return
    if len(payload) > _MODE:
        _status(said, payload, mode)
    if len(payload) < _BYTES:
        said.reject(Reason.TRUNCATED, f"{len(payload)} bytes, {_BYTES} are sent")
    else:
        said.fact(_OTHER, "alarm", active=bool(payload[9] & 1))


def _status(said: Told, payload: bytes, mode: int) -> None:
    """Tell as much as there is of what the mode says: the bits above the battery, and of one sensor its counts."""
    if mode in (_DOOR, _BOTH):
        said.fact(_OPEN, "door_open_status", active=bool(payload[0] & 0x80))
    if mode in (_LEAK, _BOTH):
        said.fact(_WATER, "water_leak_status", active=bool(payload[0] & 0x40))
    if mode == _BOTH:
        return
    word = "open" if mode == _DOOR else "leak"
    if len(payload) >= _TIMES_END:
        said.value(f"{word}_times", float(uint(payload, 3, _TIMES_END)), "1", f"{word}_times")
    if len(payload) >= _DURATION_END:
        said.value(f"{word}_duration", float(uint(payload, _TIMES_END, _DURATION_END)), "min", f"{word}_duration")


def stamped_contact(said: Told, payload: bytes) -> None:
    """Read rows of status, counts, and the time of it; on fPort 3 they were stored before. A second door comes after it."""
    if said.item.port == DATALOG:
        for past, row in rows(said, payload):
            _row(said, past, row, row[0])
    elif len(payload) < ROW:
        said.reject(Reason.TRUNCATED, f"{len(payload)} bytes, {ROW} are sent")
    else:
        _row(said, said, payload, payload[0] | (payload[ROW] if len(payload) == _TWO_DOORS else 0))


def _row(said: Told, into: Told, row: bytes, status: int) -> None:
    """Tell of a row; whether it is a door or a leak the model says."""
    is_leak = "WL0" in said.item.hint.upper()
    word = "leak" if is_leak else "open"
    into.fact(_WATER if is_leak else _OPEN, f"{word}_status", active=bool(status & 1))
    into.fact(_OTHER, "alarm", active=bool(status & 2))
    into.value(f"{word}_times", float(uint(row, 1, 4)), "1", f"{word}_times")
    into.value(f"{word}_duration", float(uint(row, 4, 7)), "min", f"{word}_duration")
