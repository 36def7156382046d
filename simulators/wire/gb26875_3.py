"""GB/T 26875.3-2011 frames of fire panels' user transmission devices, clock in Beijing time. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone

from simulators.county import DeviceSpec
from simulators.observation import Observation, Sending
from simulators.pulse import microseconds
from simulators.wire import Message

BEIJING = timezone(timedelta(hours=8))
_START, _END = b"@@", b"##"
_VERSION = b"\x01\x01"
_CENTRE = bytes(6)
_SEND = 2  # command "send data" (table 2)
_COMPONENT_STATE, _DEVICE_STATE = 2, 21
# Bits of a component's state and of the transmission device's own (types 2 and 21); bit 0 is "normal".
_NORMAL = 0x01
_COMPONENT_BITS = {"fire": 0x02, "fault": 0x04, "shielded": 0x08, "mains_lost": 0x100}
_DEVICE_BITS = {"fire": 0x02, "fault": 0x04, "mains_lost": 0x08}
_DESCRIPTION = 31


def encode(sending: Sending) -> list[Message]:
    """Encode a component's state, or the transmission device's own, as one frame. A word states all of its facts."""
    report = sending.report
    assert isinstance(report, Observation)
    spec = report.spec
    source = spec.gateway or spec.id
    time = clock_bytes(report.time)
    if spec.component is None:
        unit = bytes([_DEVICE_STATE, 1, _state(report, _DEVICE_BITS)]) + time
    else:
        unit = bytes([_COMPONENT_STATE, 1]) + _component(spec, _state(report, _COMPONENT_BITS)) + time
    serial = microseconds(sending.clock) // 100_000 % 65_536
    payload = frame(bytes.fromhex(source), serial, sending.clock, unit)
    return [Message(topic=f"gb26875/{spec.area}/{source}", payload=payload)]


def frame(source: bytes, serial: int, clock: datetime, unit: bytes) -> bytes:
    """Put an application unit into a frame from `source`, 6 bytes, to the centre."""
    head = serial.to_bytes(2, "little") + _VERSION + clock_bytes(clock) + source + _CENTRE
    inner = head + len(unit).to_bytes(2, "little") + bytes([_SEND]) + unit
    return _START + inner + bytes([sum(inner) & 0xFF]) + _END


def clock_bytes(instant: datetime) -> bytes:
    """Write a time as the standard does: second, minute, hour, day, month, year since 2000, binary."""
    local = instant.astimezone(BEIJING)
    return bytes([local.second, local.minute, local.hour, local.day, local.month, local.year - 2000])


def description(text: str) -> bytes:
    """Write a place in GB 18030, cut between characters to 31 bytes and filled up with zeros."""
    written = b""
    for character in text:
        octets = character.encode("gb18030")
        if len(written) + len(octets) > _DESCRIPTION:
            break
        written += octets
    return written.ljust(_DESCRIPTION, b"\x00")


def _component(spec: DeviceSpec, state: int) -> bytes:
    part = spec.component
    assert part is not None
    address = part.loop.to_bytes(2, "little") + part.node.to_bytes(2, "little")
    head = bytes([part.system, part.system_address, part.component])
    return head + address + state.to_bytes(2, "little") + description(spec.name)


def _state(report: Observation, bits: Mapping[str, int]) -> int:
    word = 0
    for value in report.values:
        if value.value:
            word |= bits.get(value.metric, 0)
    return word or _NORMAL
