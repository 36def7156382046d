"""Milesight GS524N smoke, GS301 (NH3, H2S) and GS101 (methane) detectors. Pure.

A GS524N sends six bytes whose sum is 0 modulo 256: versions, kind of message, battery, concentration, temperature, checksum. The
others send channels, types and values as the EM series does. A test is a test, never a fire; removed and installed are tamper.
"""

import re
from collections.abc import Mapping
from typing import Final

from ingest.codecs.milesight_readers import FULL, Number, Tell, battery, flag, humidity, signed
from ingest.codecs.milesight_tlv import Own, table, walk
from ingest.codecs.told import Told
from ingest.instants import EPOCH
from ingest.readings import Decoded, DeviceId, DeviceState, Enclosed, Fact, Reason, Rejection

HINTS: Final = (r"milesight[-_ ]?gs(?!601)", r"(?<![a-z0-9])GS(?:524|301|101)(?![0-9])", "^gs$")
_FAULT: Final = Fact.FAULT
_SMOKE_BYTES: Final = 6
_SMOKE: Final = 1  # the kind of sensor in the high half of the second byte
_POLARISING, _UNWELL = 0xFFFE, 0xFFFF
_ALARM, _SILENT, _LOW, _FAULTY, _NORMAL = 1, 2, 4, 5, 7
_REMOVED, _INSTALLED, _TEST, _TEST_LOW = 10, 11, 14, 15
_KINDS: Final[Mapping[int, tuple[tuple[Fact, bool], ...]]] = {
    _ALARM: ((Fact.FIRE, True),),
    _SILENT: ((Fact.SILENCED, True),),
    _LOW: ((Fact.BATTERY_LOW, True),),
    _FAULTY: ((Fact.FAULT, True),),
    _NORMAL: ((Fact.FIRE, False), (Fact.SILENCED, False), (Fact.BATTERY_LOW, False), (Fact.FAULT, False)),
    _REMOVED: ((Fact.TAMPER, True),),
    _INSTALLED: ((Fact.TAMPER, False),),
    _TEST: ((Fact.BATTERY_LOW, False),),
    _TEST_LOW: ((Fact.BATTERY_LOW, True),),
}


def _codec(item: Enclosed) -> list[Decoded]:
    said = Told(item, [])
    payload = item.payload
    if "524" in item.hint or _is_smoke(payload):
        _smoke(said, payload)
    else:
        walk(said, payload, _TABLE)
    return said.items


def _is_smoke(payload: bytes) -> bool:
    return len(payload) == _SMOKE_BYTES and payload[1] >> 4 == _SMOKE and payload[1] & 15 in _KINDS


def _smoke(said: Told, payload: bytes) -> None:
    if len(payload) != _SMOKE_BYTES:
        short = len(payload) < _SMOKE_BYTES
        said.reject(Reason.TRUNCATED if short else Reason.MALFORMED, f"{len(payload)} bytes, a GS524N sends six")
        return
    if sum(payload) & 0xFF:
        said.reject(Reason.CHECKSUM, f"the six bytes sum up to {sum(payload) & 0xFF:02X}, not 00")
        return
    kind = payload[1] & 15
    if payload[1] >> 4 != _SMOKE or kind not in _KINDS:
        said.reject(Reason.UNSUPPORTED, f"sensor {payload[1] >> 4}, message {kind}")
        return
    code = f"message {kind}"
    if kind in (_TEST, _TEST_LOW):
        said.momentary(Fact.TEST, code)
    for fact, active in _KINDS[kind]:
        said.fact(fact, code, active=active)
    said.value("battery", payload[2] if payload[2] <= FULL else None, "%EL", "battery")
    said.value("concentration", payload[3] if payload[3] <= FULL else None, "%", "concentration")
    said.value("temperature", signed(payload[4:5]), "Cel", "temperature")


def _gas(metric: str, divide: int) -> Tell:
    tell_value = Number(metric, "ppm", divide, frozenset((_POLARISING, _UNWELL))).tell

    def tell(said: Told, data: bytes) -> None:
        tell_value(said, data)
        raw = int.from_bytes(data, "little")
        if raw != _POLARISING:  # neither well nor unwell
            _add_fault(said, metric, active=raw == _UNWELL)

    return tell


def _add_fault(said: Told, metric: str, *, active: bool) -> None:
    """Tell one fact for both sensors: it is at fault while one of them is."""
    for at, item in enumerate(said.items):
        if isinstance(item, DeviceState) and item.fact is _FAULT:
            if item.active or not active:
                return
            del said.items[at]
            break
    said.fact(_FAULT, metric, active=active)


def _nothing(_said: Told, _data: bytes) -> None:
    """Say nothing: the outcome of a calibration, what a sensor is called."""


_EVENTS: Final = {
    0: (Fact.MAINS_LOST, True),
    1: (Fact.MAINS_LOST, False),
    2: (Fact.FAULT, True),
    3: (Fact.FAULT, False),
    5: (Fact.FAULT, True),  # its life is over
}
_LIFE_ENDS: Final = 4


def _event(said: Told, data: bytes) -> None:
    if data[0] in _EVENTS:
        fact, active = _EVENTS[data[0]]
        said.fact(fact, f"alarm {data[0]}", active=active)
    elif data[0] == _LIFE_ENDS:
        said.momentary(Fact.OTHER, "alarm 4: life ends soon")


_CHANNELS: Final[Own] = {
    0x0175: (1, battery),
    0x0267: (2, Number("temperature", "Cel", 10, frozenset((0xFFFF, 0xFFFE)), is_signed=True)),
    0x0368: (1, humidity),
    0x047D: (2, _gas("nh3", 100)),
    0x057D: (2, _gas("h2s", 100)),
    0x067D: (2, _gas("h2s", 1000)),
    0x07EA: (5, _nothing),
    0x058E: (1, flag(Fact.GAS_ALARM, "gas_status")),
    0x0601: (1, Number("valve", "1")),
    0x0701: (1, Number("relay", "1")),
    0x0890: (4, Number("life_remain", "s")),
    0xFF3F: (1, _event),
    0xFF7C: (43, _nothing),  # the names of the sensors of a GS301
}
_TABLE: Final = table(_CHANNELS)
_TELLING: Final = re.compile(
    b"(?:"
    + b"|".join(
        re.escape(pair.to_bytes(2, "big")) for pair in sorted(_CHANNELS) if pair not in (0x0175, 0x057D, 0xFF7C)
    )
    + b").",
    re.DOTALL,
)


def _is_likely(payload: bytes, port: int | None) -> bool:
    if port not in (None, 85):
        return False
    if _is_smoke(payload):
        return True  # also with a wrong sum: then it is one that was damaged
    if not _TELLING.search(payload):
        return False
    said = Told(Enclosed(device=DeviceId(""), payload=payload, time=EPOCH, port=port), [])
    walk(said, payload, _TABLE)
    return bool(said.items) and not any(isinstance(item, Rejection) for item in said.items)


CODEC: Final = _codec
LIKELY: Final = _is_likely
