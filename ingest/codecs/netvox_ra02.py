"""Netvox RA02A smoke and RA02C carbon monoxide detectors, R311W and R718W leaks: 11 bytes, fPort 6. Pure.

Version, type of device, kind of report, battery in 0.1 V (bit 7: low), then what the type measures. Report 0 is told at start-up:
versions and a date, no alarm. fPort 7 answers to configuration. Source: Netvox's LoRaWAN Application Command.
"""

from collections.abc import Callable, Mapping
from typing import Final

from ingest.codecs.told import Told
from ingest.readings import Decoded, Enclosed, Fact, Reason

HINTS: Final = (r"netvox", r"(?<![a-z0-9])RA02(?![0-9])", r"(?<![a-z0-9])(?:R311W|R718W[AB])(?![a-z0-9])")
REPORTS: Final = 6
ANSWERS: Final = 7
_BYTES: Final = 11
_SHORTEST: Final = 8
_START_UP: Final = 0
_STATUS: Final = 1
_LOW: Final = 0x80
_RA02A, _RA02C, _R311W, _R718WB, _R718WA = 0x0A, 0x11, 0x06, 0x12, 0x32
_BATTERY_LOW, _FIRE, _HEAT, _GAS_ALARM, _WATER = Fact.BATTERY_LOW, Fact.FIRE, Fact.HEAT, Fact.GAS_ALARM, Fact.WATER


def _codec(item: Enclosed) -> list[Decoded]:
    said = Told(item, [])
    payload = item.payload
    if item.port == ANSWERS:
        said.reject(Reason.UNSUPPORTED, "an answer about its configuration")
    elif item.port not in (None, REPORTS):
        said.reject(Reason.UNSUPPORTED, f"fPort {item.port} is none of its own")
    elif len(payload) < _SHORTEST:
        said.reject(Reason.TRUNCATED, f"{len(payload)} bytes, a report has {_BYTES}")
    elif payload[2] != _START_UP:
        _report(said, payload)
    return said.items


def _report(said: Told, payload: bytes) -> None:
    tell = _TYPES.get(payload[1])
    said.value("voltage", (payload[3] & ~_LOW) / 10, "V", "battery")
    said.fact(_BATTERY_LOW, "battery", active=bool(payload[3] & _LOW))
    if tell is None or payload[2] != _STATUS:
        said.reject(Reason.UNSUPPORTED, f"report {payload[2]} of a device of type {payload[1]:02X}")
    else:
        tell(said, payload)


def _smoke(said: Told, payload: bytes) -> None:
    said.fact(_FIRE, "fire_alarm", active=payload[4] != 0)
    said.fact(_HEAT, "high_temp_alarm", active=payload[5] != 0)
    raw = int.from_bytes(payload[6:8], "big", signed=True)
    said.value("temperature", None if raw in (-1, 0x7FFF) else raw / 10, "Cel", "temp")


def _carbon_monoxide(said: Told, payload: bytes) -> None:
    said.fact(_GAS_ALARM, "co_alarm", active=payload[4] != 0)
    said.fact(_HEAT, "high_temp_alarm", active=payload[5] != 0)


def _leak(said: Told, payload: bytes) -> None:
    said.fact(_WATER, "water_leak", active=payload[4] != 0)


def _two_leaks(said: Told, payload: bytes) -> None:
    said.fact(_WATER, "water_leak", active=payload[4] != 0 or payload[5] != 0)


_TYPES: Final[Mapping[int, Callable[[Told, bytes], None]]] = {
    _RA02A: _smoke,
    _RA02C: _carbon_monoxide,
    _R311W: _two_leaks,
    _R718WA: _leak,
    _R718WB: _leak,
}


def _is_likely(payload: bytes, port: int | None) -> bool:
    return (
        port in (None, REPORTS)
        and len(payload) == _BYTES
        and payload[0] in (1, 2, 3)
        and payload[1] in _TYPES
        and payload[2] in (_START_UP, _STATUS)
    )


CODEC: Final = _codec
LIKELY: Final = _is_likely
