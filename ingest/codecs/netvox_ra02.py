"""Netvox RA02A smoke and RA02C carbon monoxide, R311W and R718W leaks, R311A doors, R718PE and R718PA22 levels. Pure.

Eleven bytes, fPort 6: version, type of device, kind of report, battery in 0.1 V (bit 7: low), then what the type measures.
Report 0 is told at start-up: versions and a date, no alarm. fPort 7 answers to configuration. Of another type not even the
battery is told: what runs on mains sends something else there. Source: Netvox's LoRaWAN Application Command.
"""

from collections.abc import Callable, Mapping
from typing import Final

from ingest.codecs.told import Told
from ingest.readings import Decoded, Enclosed, Fact, Reason

HINTS: Final = (
    r"netvox",
    r"(?<![a-z0-9])RA02(?![0-9])",
    r"(?<![a-z0-9])(?:R311[AW]|R718W[AB]2?|R718PE|R718PA22)(?![a-z0-9])",
)
REPORTS: Final = 6
ANSWERS: Final = 7
_BYTES: Final = 11
_SHORTEST: Final = 8
_START_UP: Final = 0
_STATUS: Final = 1
_LOW: Final = 0x80
_RA02A, _RA02C, _R311A = 0x0A, 0x11, 0x02
_R311W, _R718WB, _R718WA, _R718WA2, _R718WB2 = 0x06, 0x12, 0x32, 0x46, 0x47
_R718PE, _R718PA22 = 0xB1, 0x9B
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
    if tell is None or payload[2] != _STATUS:
        said.reject(Reason.UNSUPPORTED, f"report {payload[2]} of a device of type {payload[1]:02X}")
        return
    said.value("voltage", (payload[3] & ~_LOW) / 10, "V", "battery")
    said.fact(_BATTERY_LOW, "battery", active=bool(payload[3] & _LOW))
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


def _door(said: Told, payload: bytes) -> None:
    said.fact(Fact.OPEN, "status", active=payload[4] != 0)


def _distance(said: Told, payload: bytes) -> None:
    """Read a status that only a parking place has, mm from the sensor down, and per cent of a tank that was configured."""
    said.value("distance", float(int.from_bytes(payload[5:7], "big")) or None, "mm", "distance")


def _depth(said: Told, payload: bytes) -> None:
    """Read mm of liquid above a sensor under the tank, its temperature, and whether the sensor sits tight."""
    is_loose = payload[8:9] not in (b"", b"\0")
    depth, temperature = int.from_bytes(payload[4:6], "big"), int.from_bytes(payload[6:8], "big", signed=True)
    said.value("depth", None if is_loose else float(depth), "mm", "depth")
    said.value("temperature", float(temperature), "Cel", "temp")
    said.fact(Fact.FAULT, "install_status", active=is_loose)


_TYPES: Final[Mapping[int, Callable[[Told, bytes], None]]] = {
    _RA02A: _smoke,
    _RA02C: _carbon_monoxide,
    _R311W: _two_leaks,
    _R718WA: _leak,
    _R718WB: _leak,
    _R718WA2: _two_leaks,
    _R718WB2: _two_leaks,
    _R311A: _door,
    _R718PE: _distance,
    _R718PA22: _depth,
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
