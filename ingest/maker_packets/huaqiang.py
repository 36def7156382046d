"""Read packets of NB-IoT devices of Huaqiang (华强): smoke detectors W308 and hydrant meters W306. Pure.

"PU", length, type 10, number, version, kind of device, maker 01, two bytes, attributes (bits 11-10 encryption, 9-0 length of the data), seconds
since 2018-09-10 in Beijing, IMEI with the digits of each byte exchanged; then the data. There is no checksum: a packet is one where both lengths are
right and the IMEI is the one the platform names, or where it names none, has the right check digit. All numbers are big-endian.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from ingest.instants import settle
from ingest.readings import Decoded, DeviceId, DeviceState, Fact, Quality, Reading

_HEAD: Final = 25  # to the data
_COMMON: Final = 14  # of the data: command, alarms, fault, mode, cell, charge, temperature, radio cell, signal
_LIMITS: Final = 31  # of a meter's data: to the number of its records
_RECORD: Final = 8
_MOST: Final = 48
_EPOCH_S: Final = 1_536_508_800
_SMOKE, _HYDRANT = 0x08, 0x06
_BITS: Final[Mapping[int, Mapping[Fact, int]]] = {
    _SMOKE: {Fact.FIRE: 1 << 0, Fact.BATTERY_LOW: 1 << 2, Fact.FAULT: 1 << 7},
    _HYDRANT: {Fact.VALUE_LOW: 1 << 0, Fact.VALUE_HIGH: 1 << 1, Fact.BATTERY_LOW: 1 << 5, Fact.FAULT: 1 << 7},
}
_TWICE: Final = "0246813579"  # the digits of twice a digit, added
_RSRP: Final = range(30, 157)  # minus so many dBm
_FROM_MILLIVOLTS: Final = 1000  # a meter counts them, a detector hundredths of a volt


def read(device: DeviceId, imei: str, data: bytes, received: datetime) -> list[Decoded] | None:
    """Read a packet of the device that the platform calls `imei` (empty: it does not say); None for other bytes.

    All alarm bits are stated, true or false. Records have their own times.
    """
    if len(data) < _HEAD + _COMMON or not data.startswith(b"PU") or data[4] != 0x10 or data[8] != 0x01:  # noqa: PLR2004
        return None
    attributes = data[11] << 8 | data[12]
    bits = _BITS.get(data[7])
    is_whole = data[2] << 8 | data[3] == len(data) - 4 and attributes & 0x3FF == len(data) - _HEAD
    named = "".join(f"{byte & 15:x}{byte >> 4:x}" for byte in data[17:25])[:15]
    if bits is None or not is_whole or attributes & 0xC00 or (named != imei if imei else not _is_imei(named)):
        return None
    packet, moment = data[_HEAD:], settle(_seconds(data, 13), received)
    return _states(device, bits, packet, moment) + (_records(device, packet, received) if data[7] == _HYDRANT else [])


def _is_imei(digits: str) -> bool:
    """Tell whether the last of 15 digits is the check digit of the others."""
    return (
        digits.isdecimal()
        and sum(map(int, digits[::2] + "".join(_TWICE[int(digit)] for digit in digits[1::2]))) % 10 == 0
    )


def _seconds(data: bytes, at: int) -> float:
    return _EPOCH_S + float(int.from_bytes(data[at : at + 4], "big"))


def _states(
    device: DeviceId, bits: Mapping[Fact, int], packet: bytes, moment: tuple[datetime, Quality]
) -> list[Decoded]:
    time, quality = moment
    alarms, fault = packet[2], packet[3]
    said: list[Decoded] = []
    for fact, bit in bits.items():
        active = bool(alarms & bit) or (fact is Fact.FAULT and fault != 0)
        said.append(
            DeviceState(
                device=device, fact=fact, active=active, time=time, quality=quality, code=f"{alarms:02X}.{fault:02X}"
            )
        )
    volts = packet[5] << 8 | packet[6]
    for metric, value, unit in (
        ("voltage", volts / (1000.0 if volts >= _FROM_MILLIVOLTS else 100.0), "V"),
        ("battery", float(packet[7]) if packet[7] <= 100 else None, "%EL"),  # noqa: PLR2004 -- percent
        ("temperature", packet[8] - 100.0, "Cel"),
        ("cell_id", float(int.from_bytes(packet[9:13], "big")), "1"),
        ("rsrp", -float(packet[13]) if packet[13] in _RSRP else None, "dBm"),
    ):
        known = Quality.MISSING if value is None else quality
        said.append(Reading(device=device, metric=metric, time=time, value=value, unit=unit, quality=known))
    return said


def _records(device: DeviceId, packet: bytes, received: datetime) -> list[Decoded]:
    """Read a meter's pressures, each with its time; the document at hand does not say in which unit."""
    said: list[Decoded] = []
    count = packet[_LIMITS - 1] if len(packet) >= _LIMITS else 0
    if count > _MOST or len(packet) != _LIMITS + count * _RECORD:
        return said
    for at in range(_LIMITS, len(packet), _RECORD):
        time, quality = settle(_seconds(packet, at), received)
        value = float(int.from_bytes(packet[at + 4 : at + 8], "big", signed=True))
        said.append(Reading(device=device, metric="pressure", time=time, value=value, unit="", quality=quality))
    return said
