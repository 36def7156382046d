"""What a channel and type of the EM series mean. Pure: one table, and what it is made of.

Models give some pairs meanings of their own: 05 00 is a tilt, a leak or an input, by what the network calls the device.
Marks of "no value" are FFFF collection failed, FFFD out of range or no target, FFFE not enabled, FF; 8001 to 8003 of an
EM320-TH. An alarm that the maker does not say the end of is over a second later.
"""

import struct
from functools import lru_cache
from math import isfinite
from typing import Final

from ingest.codecs.milesight_em.model import HINTS_KEPT, Model, model_of
from ingest.codecs.milesight_readers import (
    Number,
    Tell,
    battery,
    flag,
    four_limits,
    humidity,
    jump,
    limit,
    signed,
    sudden,
)
from ingest.codecs.milesight_tlv import Own, Table, table
from ingest.codecs.told import Told
from ingest.readings import Fact, Quality, Reading

_UNCERTAIN: Final = Quality.UNCERTAIN
_VOID: Final = frozenset((0xFFFF, 0xFFFD, 0xFFFE))
_VOID_TEMPERATURE: Final = _VOID | {0x8001, 0x8002, 0x8003}


def _soil_byte(said: Told, data: bytes) -> None:
    said.value("soil_moisture", data[0] / 2, "%", "moisture")


def _moisture_byte(said: Told, data: bytes) -> None:
    tell = _soil_byte if b"\x05\x7f" in said.item.payload else humidity.tell  # beside a conductivity it is soil
    tell(said, data)


temperature: Final = Number("temperature", "Cel", 10, _VOID_TEMPERATURE, is_signed=True)
distance: Final = Number("distance", "mm", 1, _VOID)
depth: Final = Number("depth", "cm", 1, _VOID)
_position: Final = flag(Fact.TAMPER, "position")
_leakage: Final = flag(Fact.WATER, "leakage_status")
_change: Final = Number("temperature_mutation", "K", 10, is_signed=True)


def _contact(said: Told, data: bytes) -> None:
    """Read 05 00 of a device nobody named: a leak, an input, a position."""
    if b"\x04\x82" in said.item.payload:  # beside a distance it is a tilt
        _position(said, data)
        return
    said.items.append(
        Reading(
            device=said.device, metric="contact", time=said.item.time, value=float(data[0]), unit="1",
            quality=max(said.item.quality, _UNCERTAIN), code="0500",
        )
    )  # fmt: skip


def _input(said: Told, data: bytes) -> None:
    if b"\x04\x82" in said.item.payload:
        _position(said, data)
    else:
        said.value("gpio", data[0], "1", "gpio")


def _temperature_alarm(*, alarm: int) -> Tell:
    """Make what tells 83 D7: beyond a limit, high or low, or a sudden change; it does not say which, so it is no heat alarm.

    EM500-SMTC numbers it as all others do; EM500-CO2 and -PT100 have 0 alarm and 1 dismissed.
    """

    def tell(said: Told, data: bytes) -> None:
        temperature.tell(said, data[:2])
        _change.tell(said, data[2:4])
        kind = data[4]
        if kind in (0, 1):
            said.fact(Fact.OTHER, "temperature_alarm", active=kind == alarm)
        else:
            said.momentary(Fact.OTHER, f"temperature_alarm {kind}")

    return tell


def _distance_alarm(said: Told, data: bytes) -> None:
    """Read 83 E9 of EM500-UDL. The maker's own decoder divides by ten what 03 82 does not: the alarm is told, no number."""
    if data[4] in (0, 1):
        said.fact(Fact.LEVEL_HIGH, "distance_alarm", active=data[4] == 1)
    else:
        said.momentary(Fact.OTHER, f"distance_alarm {data[4]}")


_EXCEPTIONS: Final = {0: False, 1: True, 2: True, 3: True}


def _distance_exception(said: Told, data: bytes) -> None:
    """Read B4 82: 0 left the blind zone, 1 in it, 2 no target, 3 sensor fault."""
    raw, kind = int.from_bytes(data[:2], "little"), data[2]
    said.value("distance", None if raw in _VOID or kind in (2, 3) else float(signed(data[:2])), "mm", "distance")
    if kind in _EXCEPTIONS:
        said.fact(Fact.FAULT, f"distance_exception {kind}", active=_EXCEPTIONS[kind])


def _radar_distance(said: Told, data: bytes) -> None:
    """Read 04 82 of a radar: one that sees its target again has no fault any more, and nothing else would say so."""
    is_seen = int.from_bytes(data, "little") not in _VOID
    said.value("distance", float(signed(data)) if is_seen else None, "mm", "distance")
    if is_seen:
        said.fact(Fact.FAULT, "distance", active=False)


def _unwell(code: str) -> Tell:
    def tell(said: Told, data: bytes) -> None:
        said.momentary(Fact.FAULT, f"{code} {data[0]}")

    return tell


def water_meter(said: Told, data: bytes) -> None:
    """Tell the amount that follows two conversions of two bytes, in a unit that is configured."""
    amount = float(struct.unpack_from("<f", data, 4)[0])
    said.value("water", amount if isfinite(amount) else None, "", "water")


_OUTAGE: Final = {1: True, 2: False, 3: True, 4: False}


def _water_alarm(said: Told, data: bytes) -> None:
    water_meter(said, data)
    if data[8] in _OUTAGE:
        said.fact(Fact.OTHER, f"water_alarm {data[8]}", active=_OUTAGE[data[8]])


def _gpio_alarm(said: Told, data: bytes) -> None:
    said.value("gpio", data[0], "1", "gpio")
    flag(Fact.OTHER, "gpio_alarm")(said, data[1:])


def _angles(said: Told, data: bytes) -> None:
    for at, axis in enumerate("xyz"):
        said.value(f"angle_{axis}", signed(data[2 * at : 2 * at + 2]) / 100, "deg", f"angle_{axis}")
    said.fact(Fact.VALUE_HIGH, "angle_threshold", active=data[6] & 7 != 0)


def _angles_with_bits(said: Told, data: bytes) -> None:
    for at, axis in enumerate("xyz"):
        said.value(f"angle_{axis}", (signed(data[2 * at : 2 * at + 2]) >> 1) / 100, "deg", f"angle_{axis}")
    said.fact(Fact.VALUE_HIGH, "angle_threshold", active=bool((data[0] | data[2] | data[4]) & 1))


_LIQUID: Final = {1: False, 2: True}
_LIQUID_FAULT: Final = 0xFF


def _liquid(said: Told, data: bytes) -> None:
    """Read 03 ED and 83 ED of EM300-CL: 0 not calibrated, 1 full, 2 down to the sensor, FF fault."""
    if data[0] in _LIQUID:
        said.fact(Fact.VALUE_LOW, "liquid", active=_LIQUID[data[0]])
    said.fact(Fact.FAULT, "liquid", active=data[0] == _LIQUID_FAULT)


def _calibration(_said: Told, _data: bytes) -> None:
    """Say nothing: the outcome of a calibration, the reason of a report, the filling of the memory."""


_distance_change: Final = Number("distance_mutation", "mm", 1, is_signed=True)
_big: Final = Number("pulse", "1")
humidity_fine: Final = Number("humidity", "%RH", 10, _VOID)
moisture: Final = Number("soil_moisture", "%", 100, _VOID)
conductivity: Final = Number("conductivity", "uS/cm", 1, _VOID)
co2: Final = Number("co2", "ppm", 1, _VOID)
air_pressure: Final = Number("air_pressure", "hPa", 10, _VOID)
pressure: Final = Number("pressure", "kPa", 1, _VOID, is_signed=True)
illuminance: Final = Number("illuminance", "lux")

CHANNELS: Final = table({
    0x0175: (1, battery),
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
    0x0482: (2, distance),
    0x049A: (2, humidity_fine),
    0x04CA: (2, moisture),
    0x04EE: (1, _calibration),
    0x0500: (1, _contact),
    0x056B: (1, _calibration),
    0x057D: (2, co2),
    0x057F: (2, conductivity),
    0x059C: (1, _calibration),
    0x05C8: (4, _big),
    0x05E1: (8, water_meter),
    0x0600: (1, flag(Fact.OPEN, "magnet_status")),
    0x0673: (2, air_pressure),
    0x0688: (9, _calibration),  # a place, of the NB-IoT models: no fixed device is moved by it
    0x06C7: (2, Number("radar_rssi", "dBm", 100, is_signed=True)),
    0x8367: (3, limit(temperature.tell, Fact.OTHER, "temperature_alarm")),  # of an EM400: it changed by 5 °C, up or down
    0x83D7: (5, _temperature_alarm(alarm=0)),
    0x83E9: (5, _distance_alarm),
    0x83ED: (2, _liquid),
    0x8468: (2, four_limits(humidity.tell, "humidity_alarm")),
    0x8482: (3, limit(distance.tell, Fact.LEVEL_HIGH, "distance_alarm")),
    0x849A: (3, four_limits(humidity_fine.tell, "humidity_alarm")),
    0x8500: (2, _gpio_alarm),
    0x85E1: (9, _water_alarm),
    0x9367: (5, sudden(temperature.tell, "temperature_mutation", _change.tell)),
    0x9468: (3, sudden(humidity.tell, "humidity_mutation", Number("humidity_mutation", "%RH", 2).tell)),
    0x9482: (5, jump(distance.tell, Fact.LEVEL_HIGH, "distance_alarm", _distance_change.tell)),
    0x949A: (5, sudden(humidity_fine.tell, "humidity_mutation", Number("humidity_mutation", "%RH", 10, is_signed=True).tell)),
    0xB367: (2, _unwell("temperature_error")),
    0xB468: (2, _unwell("humidity_error")),
    0xB482: (3, _distance_exception),
    0xB49A: (2, _unwell("humidity_error")),
})  # fmt: skip
_RADAR: Final[Own] = {
    0x0482: (2, _radar_distance),
    0x8482: (3, limit(_radar_distance, Fact.LEVEL_HIGH, "distance_alarm")),
    0x9482: (5, jump(_radar_distance, Fact.LEVEL_HIGH, "distance_alarm", _distance_change.tell)),
}
_SOIL: Final[Own] = {0x0468: (1, _soil_byte), 0x83D7: (5, _temperature_alarm(alarm=1))}
_320: Final[Own] = {0x8367: (3, four_limits(temperature.tell, "temperature_alarm"))}


@lru_cache(maxsize=HINTS_KEPT)
def channels_of(hint: str) -> Table:
    """Give the table of the model that the words for a device name, or that of all."""
    return _channels_of(model_of(hint))


@lru_cache(maxsize=64)  # as many as there are models
def _channels_of(model: Model) -> Table:
    own: dict[int, tuple[int, Tell | Number]] = {}
    for is_so, channels in ((model.is_radar, _RADAR), (model.is_soil, _SOIL), (model.is_320, _320)):
        own |= channels if is_so else {}
    contact = _leakage if model.is_leak else _position if model.is_tilt else _input if model.is_input else _contact
    return {**CHANNELS, **table(own | {0x0500: (1, contact)})}
