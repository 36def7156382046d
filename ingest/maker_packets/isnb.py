"""Read frames of Hikvision's fire devices (ISNB): smoke, heat, gas, pressure and level over NB-IoT and 4G. Pure.

A head (message, mark 01, kind, MAC, time, radio cell, its own length, numbers of module and card), a head of channels and the channels: number, event
with a word of 32 bits, quantity. The last byte is the sum of all before. Both lengths and the sum vouch for it; other bytes are none. All numbers are big-endian.
"""

from collections.abc import Iterator
from datetime import datetime
from struct import Struct
from typing import Final

from ingest.instants import settle
from ingest.readings import Decoded, DeviceId, DeviceState, Fact, Quality, Reading
from ingest.thing_values import told

_SHORTEST: Final = 112  # of a head
_CHANNELS: Final = 10  # bytes of the head of channels, of which the first six are before what its length counts
_LAST_MESSAGE: Final = 0x14
_CHANNEL: Final = Struct(">2xHHIHH")
_FAULTS, _ALARMS = 0x63, 0x64
_TESTS: Final = frozenset({5, 6, 16, 17, 18})  # kinds of a message: self-tests, and tests from afar
_MORE: Final = 0xFFFF  # as a value: a length and bytes follow

# quantity: metric, unit, counts in one of the unit, and the fact its channel's alarm is
_QUANTITIES: Final = {
    0x01: ("gas", "%LEL", 10.0, Fact.GAS_ALARM), 0x02: ("pressure", "MPa", 10.0, None), 0x03: ("level", "m", 100.0, None),
    0x04: ("temperature", "Cel", 10.0, Fact.HEAT), 0x15: ("battery", "%EL", 1.0, None),
    0x17: ("smoke_density", "1", 1.0, Fact.FIRE), 0x1A: ("humidity", "%RH", 100.0, None), 0x23: ("pressure", "kPa", 1.0, None),
}  # fmt: skip
_ALARM_BITS: Final[dict[int, Fact]] = {0: Fact.FIRE, 1: Fact.GAS_ALARM, 3: Fact.HEAT, 9: Fact.WATER, 10: Fact.FIRE}
_FAULT_BITS: Final[dict[int, Fact]] = {3: Fact.BATTERY_LOW, 4: Fact.TAMPER}
_ANY_FAULT: Final = (Fact.FAULT, Fact.BATTERY_LOW, Fact.TAMPER)
_Moment = tuple[datetime, Quality]


def read(device: DeviceId, data: bytes, moment: _Moment, received: datetime) -> list[Decoded] | None:
    """Read a frame of `device`; `moment` stands in for its time where it has none. None for bytes that are no frame."""
    if len(data) < _SHORTEST or data[1] != 1 or not 0 < data[0] <= _LAST_MESSAGE:
        return None
    head = int.from_bytes(data[20:24], "big")
    size = head + 6 + int.from_bytes(data[head + 4 : head + 6], "big")
    if head < _SHORTEST or size != len(data) or sum(data[:-1]) & 0xFF != data[-1]:
        return None
    seconds = int.from_bytes(data[9:13], "big")
    time, quality = moment if seconds == 0 else settle(float(seconds), received)
    level = float(int.from_bytes(data[18:20], "big", signed=True))
    known = quality if level < 0 else Quality.MISSING
    value = level if level < 0 else None
    said: list[Decoded] = [Reading(device=device, metric="rsrp", time=time, value=value, unit="dBm", quality=known)]
    said += _states(device, data, head, (time, quality))
    return said


def _channels(data: bytes, at: int) -> Iterator[tuple[int, int, int, int]]:
    """Give event, its word, quantity and value of every channel; what follows a value that has no room is passed over."""
    while at + _CHANNEL.size < len(data):
        _, event, word, quantity, value = _CHANNEL.unpack_from(data, at)
        at += _CHANNEL.size
        yield event, word, quantity, value
        if value == _MORE:
            at += 2 + int.from_bytes(data[at : at + 2], "big")


def _states(device: DeviceId, data: bytes, head: int, moment: _Moment) -> list[Decoded]:
    """Read the channels: their values, what alarms, what is broken. A test is never an alarm."""
    time, quality = moment
    stated: dict[Fact, bool] = {}  # what a later frame takes back
    passing: set[Fact] = set()
    said: list[Decoded] = []
    seen: dict[str, int] = {}
    for event, word, quantity, value in _channels(data, head + _CHANNELS):
        metric, unit, counts, own = _QUANTITIES.get(quantity, ("", "", 1.0, None))
        if event == _ALARMS:
            _raise(_facts(word, _ALARM_BITS, Fact.OTHER), (own,) if own else (), stated, passing)
        elif event == _FAULTS:
            _raise(_facts(word, _FAULT_BITS, Fact.FAULT), _ANY_FAULT, stated, passing)
        if metric and value != _MORE:
            seen[metric] = seen.get(metric, 0) + 1
            name = metric if seen[metric] == 1 else f"{metric}_{seen[metric]}"
            number = value - 0x10000 if metric == "temperature" and value >> 15 else value
            said.append(
                Reading(device=device, metric=name, time=time, value=number / counts, unit=unit, quality=quality)
            )
    code = f"{data[0]:02X}.{data[head + 1]:02X}"
    if data[head + 1] in _TESTS and (stated or passing):
        return [*said, *told(device, Fact.TEST, time, quality, code)]
    for fact in passing:
        said += told(device, fact, time, quality, code)
    for fact, active in stated.items():
        if fact not in passing:
            said.append(DeviceState(device=device, fact=fact, active=active, time=time, quality=quality, code=code))
    return said


def _facts(word: int, bits: dict[int, Fact], rest: Fact) -> set[Fact]:
    return {bits.get(bit, rest) for bit in range(32) if word >> bit & 1}


def _raise(facts: set[Fact], own: tuple[Fact, ...], stated: dict[Fact, bool], passing: set[Fact]) -> None:
    """State what a channel's word says: of its own facts true ones, and none of them; of others that they were there."""
    for fact in facts:
        if fact in own:
            stated[fact] = True
        else:
            passing.add(fact)
    if facts.isdisjoint(own):
        for fact in own:
            stated.setdefault(fact, False)
