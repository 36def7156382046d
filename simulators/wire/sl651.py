"""SL 651-2014 reports of hydrological stations: HEX/BCD frames, clock in Beijing time. Pure."""

from datetime import datetime, timedelta, timezone

from simulators.county import DeviceKind
from simulators.observation import Observation, Sending, Value
from simulators.pulse import microseconds
from simulators.wire import Message

BEIJING = timezone(timedelta(hours=8))
_START, _STX, _ETX = b"\x7e\x7e", b"\x02", b"\x03"
_CENTRE, _PASSWORD = b"\x01", b"\x00\x00"
_HEARTBEAT, _TIMED, _EXTRA, _HOURLY = 0x2F, 0x32, 0x33, 0x34
_CLASS = {DeviceKind.GAUGE: b"\x48", DeviceKind.RAIN: b"\x50"}  # H river, P rain (table C.1)
# guide, bytes of BCD, decimals (annex C)
_ELEMENTS = {
    "stage": (0x39, 4, 3),
    "flow": (0x27, 5, 3),
    "rain": (0x26, 3, 1),
    "rain_1h": (0x1A, 3, 1),
    "voltage": (0x38, 2, 2),
}
_MINUS, _NO_DATA = 0xFF, 0xFF


def encode(sending: Sending) -> list[Message]:
    """Encode an observation as one frame: a heartbeat, a timed, an hourly or an event-triggered report.

    Values of metrics that the standard has no element for are left out.
    """
    report = sending.report
    assert isinstance(report, Observation)
    spec = report.spec
    serial = microseconds(sending.clock) // 60_000_000 % 65_535 + 1  # wraps as the standard says, 1 to 65535
    body = serial.to_bytes(2, "big") + _bcd_time(sending.clock, "%y%m%d%H%M%S")
    if report.values:
        body += b"\xf1\xf1" + bytes.fromhex(spec.id) + _CLASS[spec.kind]
        body += b"\xf0\xf0" + _bcd_time(report.time, "%y%m%d%H%M")
        body += b"".join(_element(value) for value in report.values if value.metric in _ELEMENTS)
    payload = frame(bytes.fromhex(spec.id), _function(report), body)
    return [Message(topic=f"sl651/{spec.area}/{spec.id}", payload=payload)]


def frame(station: bytes, function: int, body: bytes) -> bytes:
    """Put a body into an uplink frame: `station` is the address of 5 bytes (6.2.3)."""
    head = _START + _CENTRE + station + _PASSWORD + bytes([function]) + len(body).to_bytes(2, "big")
    whole = head + _STX + body + _ETX
    return whole + crc16(whole).to_bytes(2, "big")


def crc16(octets: bytes) -> int:
    """Return CRC-16/MODBUS, which the standard takes over everything from the start mark to the end mark."""
    register = 0xFFFF
    for octet in octets:
        register ^= octet
        for _ in range(8):
            register = register >> 1 ^ 0xA001 if register & 1 else register >> 1
    return register


def _function(report: Observation) -> int:
    if not report.values:
        return _HEARTBEAT
    if report.is_extra:
        return _EXTRA
    return _HOURLY if report.time.astimezone(BEIJING).minute == 0 else _TIMED


def _bcd_time(instant: datetime, form: str) -> bytes:
    return bytes.fromhex(instant.astimezone(BEIJING).strftime(form))


def _element(value: Value) -> bytes:
    guide, size, decimals = _ELEMENTS[value.metric]
    return bytes([guide, size << 3 | decimals]) + _bcd(value.value, size, decimals)


def _bcd(value: float | None, size: int, decimals: int) -> bytes:
    """Write a number with implied decimals; FF stands before a negative one, all F is "no data" (6.6.3.3)."""
    if value is None:
        return bytes([_NO_DATA] * size)
    digits = round(abs(value) * 10**decimals)
    if value < 0 and digits:
        return bytes([_MINUS]) + bytes.fromhex(f"{digits:0{2 * size - 2}d}")
    return bytes.fromhex(f"{digits:0{2 * size}d}")
