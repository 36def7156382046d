"""What a channel and type of the EM series mean. Pure: one table, and what it is made of.

Models give some pairs meanings of their own: 05 00 is a tilt, a leak or an input, by what the network calls the device.
Marks of "no value" are FFFF collection failed, FFFD out of range or no target, FFFE not enabled, FF; 8001 to 8003 of an
EM320-TH. An alarm that the maker does not say the end of is over a second later.
"""

import re
import struct
from collections.abc import Callable, Mapping
from typing import Final

from ingest.codecs.told import Told
from ingest.readings import Fact, Quality, Reading

Tell = Callable[[Told, bytes], None]

_VOID: Final = frozenset((0xFFFF, 0xFFFD, 0xFFFE))
_VOID_TEMPERATURE: Final = _VOID | {0x8001, 0x8002, 0x8003}
_FULL: Final = 100
_LEAK: Final = re.compile(r"[MSZ]LD", re.IGNORECASE)
_INPUT: Final = re.compile(r"-DI\b|DI-HALL|300DI", re.IGNORECASE)
_RADAR: Final = re.compile(r"RDL", re.IGNORECASE)
_SOIL: Final = re.compile(r"SMTC", re.IGNORECASE)
_TILT: Final = re.compile(r"UDL|MUD|TLD|RDL", re.IGNORECASE)


def signed(data: bytes) -> int:
    """Read a little-endian integer with a sign."""
    return int.from_bytes(data, "little", signed=True)


def number(
    metric: str, unit: str, divide: int = 1, void: frozenset[int] = frozenset(), *, is_signed: bool = False
) -> Tell:
    """Make what tells a number: the value as a little-endian integer over `divide`; `void` are raw marks of "no value"."""

    def tell(said: Told, data: bytes) -> None:
        raw = int.from_bytes(data, "little")
        value = None if raw in void else (signed(data) if is_signed else raw) / divide
        said.value(metric, value, unit, metric)

    return tell


def flag(fact: Fact, code: str) -> Tell:
    """Make what tells a yes or no: 0 is no, 1 is yes, anything else says nothing."""

    def tell(said: Told, data: bytes) -> None:
        if data[0] in (0, 1):
            said.fact(fact, code, active=data[0] == 1)

    return tell


def _battery(said: Told, data: bytes) -> None:
    said.value("battery", data[0] if data[0] <= _FULL else None, "%EL", "battery")


def _humidity(said: Told, data: bytes) -> None:
    said.value("humidity", data[0] / 2 if data[0] <= 2 * _FULL else None, "%RH", "humidity")


def _moisture_byte(said: Told, data: bytes) -> None:
    if _SOIL.search(said.item.hint) or b"\x05\x7f" in said.item.payload:  # beside a conductivity it is soil
        said.value("soil_moisture", data[0] / 2, "%", "moisture")
    else:
        _humidity(said, data)


temperature: Final = number("temperature", "Cel", 10, _VOID_TEMPERATURE, is_signed=True)
distance: Final = number("distance", "mm", 1, _VOID)
depth: Final = number("depth", "cm", 1, _VOID)
_position: Final = flag(Fact.TAMPER, "position")


def _contact(said: Told, data: bytes) -> None:
    """Read 05 00: a leak of EM300-SLD, -ZLD and -MLD, an input of EM300-DI, the position of EM400 and EM410."""
    hint = said.item.hint
    if _LEAK.search(hint):
        flag(Fact.WATER, "leakage_status")(said, data)
    elif _TILT.search(hint) or b"\x04\x82" in said.item.payload:  # beside a distance it is a tilt
        _position(said, data)
    elif _INPUT.search(hint):
        said.value("gpio", data[0], "1", "gpio")
    else:
        said.items.append(
            Reading(
                device=said.device, metric="contact", time=said.item.time, value=float(data[0]), unit="1",
                quality=max(said.item.quality, Quality.UNCERTAIN), code="0500",
            )
        )  # fmt: skip


def _limit(inner: Tell, fact: Fact, code: str) -> Tell:
    """Make what tells a value followed by a byte of an alarm: 0 dismissed, 1 alarm, 2 a sudden change."""

    def tell(said: Told, data: bytes) -> None:
        inner(said, data[:-1])
        if data[-1] in (0, 1):
            said.fact(fact, code, active=data[-1] == 1)
        else:
            said.momentary(Fact.OTHER, f"{code} {data[-1]}")

    return tell


def _jump(inner: Tell, fact: Fact, code: str, change: Tell) -> Tell:
    """Make what tells a value, by how much it changed, and a byte of an alarm."""
    limit = _limit(inner, fact, code)

    def tell(said: Told, data: bytes) -> None:
        half = len(data) // 2
        change(said, data[half : 2 * half])
        limit(said, data[:half] + data[-1:])

    return tell


def _temperature_alarm(said: Told, data: bytes) -> None:
    """Read 83 D7. EM500-SMTC numbers it as all others do; EM500-CO2 and -PT100 have 0 alarm and 1 dismissed."""
    temperature(said, data[:2])
    number("temperature_mutation", "K", 10, is_signed=True)(said, data[2:4])
    kind = data[4]
    is_soil = _SOIL.search(said.item.hint) is not None
    if kind in (0, 1):
        said.fact(Fact.HEAT, "temperature_alarm", active=(kind == 1) is is_soil)
    else:
        said.momentary(Fact.OTHER, f"temperature_alarm {kind}")


def _distance_alarm(said: Told, data: bytes) -> None:
    """Read 83 E9 of EM500-UDL. The maker's own decoder divides by ten what 03 82 does not: the alarm is told, no number."""
    if data[4] in (0, 1):
        said.fact(Fact.LEVEL_HIGH, "distance_alarm", active=data[4] == 1)
    else:
        said.momentary(Fact.OTHER, f"distance_alarm {data[4]}")


def _sudden(inner: Tell, code: str, change: Tell) -> Tell:
    """Make what tells a value, by how much an EM320's changed, and a byte that says no more than that it did."""

    def tell(said: Told, data: bytes) -> None:
        half = len(data) // 2
        inner(said, data[:half])
        change(said, data[half : 2 * half])
        said.momentary(Fact.OTHER, code)

    return tell


_EXCEPTIONS: Final = {0: False, 1: True, 2: True, 3: True}


def _distance_exception(said: Told, data: bytes) -> None:
    """Read B4 82: 0 left the blind zone, 1 in it, 2 no target, 3 sensor fault."""
    raw, kind = int.from_bytes(data[:2], "little"), data[2]
    said.value("distance", None if raw in _VOID or kind in (2, 3) else float(signed(data[:2])), "mm", "distance")
    if kind in _EXCEPTIONS:
        said.fact(Fact.FAULT, f"distance_exception {kind}", active=_EXCEPTIONS[kind])


def _tank_distance(said: Told, data: bytes) -> None:
    """Read 04 82; a radar that sees its target again has no fault any more, and nothing else would say so."""
    raw = int.from_bytes(data, "little")
    is_radar = _RADAR.search(said.item.hint) is not None
    said.value("distance", None if raw in _VOID else float(signed(data) if is_radar else raw), "mm", "distance")
    if is_radar and raw not in _VOID:
        said.fact(Fact.FAULT, "distance", active=False)


_BELOW_ABOVE: Final = {
    1: (Fact.VALUE_LOW, True),
    2: (Fact.VALUE_HIGH, True),
    3: (Fact.OTHER, True),
    4: (Fact.OTHER, True),
}
_CLEARED: Final = 5


def _four_limits(inner: Tell, code: str) -> Tell:
    """Make what tells a value and an EM320's alarm: 1 below, 2 above, 3 between, 4 outside; 6 to 9 the same, over."""

    def tell(said: Told, data: bytes) -> None:
        inner(said, data[:-1])
        known = _BELOW_ABOVE.get(data[-1]) or _BELOW_ABOVE.get(data[-1] - _CLEARED)
        if known is not None:
            said.fact(known[0], f"{code} {data[-1]}", active=data[-1] < _CLEARED)

    return tell


def _unwell(code: str) -> Tell:
    def tell(said: Told, data: bytes) -> None:
        said.momentary(Fact.FAULT, f"{code} {data[0]}")

    return tell


def _temperature_alarm_em4(said: Told, data: bytes) -> None:
    """Read 83 67 of EM400 (0 and 1) and EM320-TH (1 to 9)."""
    if "320" in said.item.hint:
        _four_limits(temperature, "temperature_alarm")(said, data)
    else:
        _limit(temperature, Fact.HEAT, "temperature_alarm")(said, data)


def _water_meter(said: Told, data: bytes) -> None:
    said.value("water", float(struct.unpack_from("<f", data, 4)[0]), "", "water")


_OUTAGE: Final = {1: True, 2: False, 3: True, 4: False}


def _water_alarm(said: Told, data: bytes) -> None:
    _water_meter(said, data)
    if data[8] in _OUTAGE:
        said.fact(Fact.OTHER, f"water_alarm {data[8]}", active=_OUTAGE[data[8]])


def _gpio_alarm(said: Told, data: bytes) -> None:
    said.value("gpio", data[0], "1", "gpio")
    flag(Fact.OTHER, "gpio_alarm")(said, data[1:])


def _angles(said: Told, data: bytes) -> None:
    for at, axis in enumerate("xyz"):
        said.value(f"angle_{axis}", signed(data[2 * at : 2 * at + 2]) / 100, "deg", f"angle_{axis}")
    said.fact(Fact.TAMPER, "angle_threshold", active=data[6] & 7 != 0)


def _angles_with_bits(said: Told, data: bytes) -> None:
    for at, axis in enumerate("xyz"):
        said.value(f"angle_{axis}", (signed(data[2 * at : 2 * at + 2]) >> 1) / 100, "deg", f"angle_{axis}")
    said.fact(Fact.TAMPER, "angle_threshold", active=bool((data[0] | data[2] | data[4]) & 1))


_LIQUID: Final = {1: False, 2: True}
_LIQUID_FAULT: Final = 0xFF


def _liquid(said: Told, data: bytes) -> None:
    """Read 03 ED and 83 ED of EM300-CL: 0 not calibrated, 1 full, 2 down to the sensor, FF fault."""
    if data[0] in _LIQUID:
        said.fact(Fact.VALUE_LOW, "liquid", active=_LIQUID[data[0]])
    said.fact(Fact.FAULT, "liquid", active=data[0] == _LIQUID_FAULT)


def _calibration(_said: Told, _data: bytes) -> None:
    """Say nothing: the outcome of a calibration, the reason of a report, the filling of the memory."""


_big: Final = number("pulse", "1")
humidity_fine: Final = number("humidity", "%RH", 10, _VOID)
moisture: Final = number("soil_moisture", "%", 100, _VOID)
conductivity: Final = number("conductivity", "uS/cm", 1, _VOID)
co2: Final = number("co2", "ppm", 1, _VOID)
air_pressure: Final = number("air_pressure", "hPa", 10, _VOID)
pressure: Final = number("pressure", "kPa", 1, _VOID, is_signed=True)
illuminance: Final = number("illuminance", "lux")

CHANNELS: Final[Mapping[int, tuple[int, Tell]]] = {
    0x0175: (1, _battery),
    0x0367: (2, temperature),
    0x0377: (2, depth),
    0x037B: (2, pressure),
    0x0382: (2, distance),
    0x0394: (4, illuminance),
    0x03CF: (7, _angles),
    0x03D4: (6, _angles_with_bits),
    0x03ED: (1, _liquid),
    0x0400: (1, _position),
    0x0468: (1, _moisture_byte),
    0x0482: (2, _tank_distance),
    0x049A: (2, humidity_fine),
    0x04CA: (2, moisture),
    0x04EE: (1, _calibration),
    0x0500: (1, _contact),
    0x056B: (1, _calibration),
    0x057D: (2, co2),
    0x057F: (2, conductivity),
    0x059C: (1, _calibration),
    0x05C8: (4, _big),
    0x05E1: (8, _water_meter),
    0x0600: (1, flag(Fact.OPEN, "magnet_status")),
    0x0673: (2, air_pressure),
    0x0688: (9, _calibration),  # a place, of the NB-IoT models: no fixed device is moved by it
    0x06C7: (2, number("radar_rssi", "dBm", 100, is_signed=True)),
    0x8367: (3, _temperature_alarm_em4),
    0x83D7: (5, _temperature_alarm),
    0x83E9: (5, _distance_alarm),
    0x83ED: (2, _liquid),
    0x8468: (2, _four_limits(_humidity, "humidity_alarm")),
    0x8482: (3, _limit(_tank_distance, Fact.LEVEL_HIGH, "distance_alarm")),
    0x849A: (3, _four_limits(humidity_fine, "humidity_alarm")),
    0x8500: (2, _gpio_alarm),
    0x85E1: (9, _water_alarm),
    0x9367: (5, _sudden(temperature, "temperature_mutation", number("temperature_mutation", "K", 10, is_signed=True))),
    0x9468: (3, _sudden(_humidity, "humidity_mutation", number("humidity_mutation", "%RH", 2))),
    0x9482: (5, _jump(_tank_distance, Fact.LEVEL_HIGH, "distance_alarm", number("distance_mutation", "mm", 1, is_signed=True))),
    0x949A: (5, _sudden(humidity_fine, "humidity_mutation", number("humidity_mutation", "%RH", 10, is_signed=True))),
    0xB367: (2, _unwell("temperature_error")),
    0xB468: (2, _unwell("humidity_error")),
    0xB482: (3, _distance_exception),
    0xB49A: (2, _unwell("humidity_error")),
}  # fmt: skip
