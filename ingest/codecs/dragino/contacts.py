"""Dragino's doors and leaks: LDS01, LDS02, LWL01, LWL02, and LDS03A, DS03A, LWL03A with their own clock. Pure."""

from typing import Final

from ingest.codecs.dragino.model import uint, voltage
from ingest.codecs.told import Told, stored
from ingest.readings import Fact, Reason

_DOOR, _LEAK, _BOTH = 1, 2, 3
_BYTES: Final = 10
_ROW: Final = 11
_DATALOG: Final = 3
_OPEN, _OTHER, _WATER = Fact.OPEN, Fact.OTHER, Fact.WATER


def door_or_leak(said: Told, payload: bytes) -> None:
    """Read battery with a door bit and a leak bit above it, the mode, how often and how long in minutes, an alarm bit."""
    voltage(said, payload)
    if len(payload) < _BYTES:
        said.reject(Reason.TRUNCATED, f"{len(payload)} bytes, {_BYTES} are sent")
        return
    mode = payload[2]
    if mode not in (_DOOR, _LEAK, _BOTH):
        said.reject(Reason.UNSUPPORTED, f"mode {mode}")
        return
    if mode in (_DOOR, _BOTH):
        said.fact(_OPEN, "door_open_status", active=bool(payload[0] & 0x80))
    if mode in (_LEAK, _BOTH):
        said.fact(_WATER, "water_leak_status", active=bool(payload[0] & 0x40))
    if mode != _BOTH:
        word = "open" if mode == _DOOR else "leak"
        said.value(f"{word}_times", float(uint(payload, 3, 6)), "1", f"{word}_times")
        said.value(f"{word}_duration", float(uint(payload, 6, 9)), "min", f"{word}_duration")
    said.fact(_OTHER, "alarm", active=bool(payload[9] & 1))


def stamped_contact(said: Told, payload: bytes) -> None:
    """Read rows of status, counts, and the time of it; on fPort 3 they were stored before."""
    if said.item.port != _DATALOG:
        if len(payload) < _ROW:
            said.reject(Reason.TRUNCATED, f"{len(payload)} bytes, {_ROW} are sent")
        else:
            _row(said, said, payload)
        return
    for at in range(0, len(payload) - _ROW + 1, _ROW):
        row = payload[at : at + _ROW]
        past = stored(said.item, uint(row, 7, 11))
        if past is None:
            said.reject(Reason.TIME, "a stored row of a time that cannot be")
        else:
            _row(said, past, row)
            said.extend(past.items)


def _row(said: Told, into: Told, row: bytes) -> None:
    """Tell of a row; whether it is a door or a leak the model says."""
    is_leak = "WL" in said.item.hint.upper()
    word = "leak" if is_leak else "open"
    into.fact(_WATER if is_leak else _OPEN, f"{word}_status", active=bool(row[0] & 1))
    into.fact(_OTHER, "alarm", active=bool(row[0] & 2))
    into.value(f"{word}_times", float(uint(row, 1, 4)), "1", f"{word}_times")
    into.value(f"{word}_duration", float(uint(row, 4, 7)), "min", f"{word}_duration")
