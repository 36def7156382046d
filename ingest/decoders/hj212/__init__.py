"""Decode HJ 212-2017 and HJ/T 212-2005 packets of environmental stations. Pure and total; a wrong checksum is no reading.

The device id is the station's MN. The topic `hj212/{area}/{MN}` names the only station that may speak on it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from ingest.decoders.hj212.fields import read_content
from ingest.decoders.hj212.flags import facts, quality_of
from ingest.decoders.hj212.packet import Packet, packets
from ingest.device_clock import is_believable
from ingest.readings import Decoded, Decoder, DeviceId, DeviceState, Fact, Quality, Reading, Reason, Rejection
from ingest.speaker import speaker
from ingest.wire import number

__all__ = ["DECODER", "decode"]

EARLIEST: Final = datetime(2005, 12, 30, tzinfo=UTC)  # the first standard's date: an earlier clock was never set
_ALARM: Final = "2072"
_PERIODS: Final[Mapping[str, str | None]] = {  # None is a report of equipment: state and run time
    "2011": "",
    "2051": "_10min",
    "2061": "_1h",
    "2031": "_1d",
    _ALARM: "",
    "2021": None,
    "2041": None,
}
_FROM_CENTRE: Final = frozenset({"9011", "9012", "9013", "9014"})  # both sides say them; they carry no data
_SILENT: Final = frozenset({"9015", "9021", "9022", "1013", "2081"})  # heartbeat and log-in of makers, clock, start
_SENTINELS: Final = frozenset({-9999.0, -999.0, -99.0, 9999999.0})
_STAMP, _STAMP_MS = 14, 17
_SYSTEM: Final = 8  # characters of ST that are looked at; it has two
_BEIJING: Final = timedelta(hours=8)
_GOOD, _MISSING, _UNCERTAIN_TIME = Quality.GOOD, Quality.MISSING, Quality.UNCERTAIN_TIME


def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    """Decode every packet in `payload`. Each packet of several is complete in itself (6.3.4)."""
    allowed = speaker(topic, "hj212")
    decoded: list[Decoded] = []
    for found in packets(payload):
        if isinstance(found, Rejection):
            decoded.append(found)
        else:
            decoded += _packet(found, allowed, received)
    return decoded


TOPICS: Final = ("hj212/+/+",)
DECODER: Final[Decoder] = decode


def _packet(packet: Packet, allowed: str | None, received: datetime) -> list[Decoded]:
    head = packet.head
    name, command = head.get("MN", ""), head.get("CN", "")
    if command in _FROM_CENTRE:
        if allowed is None or name.upper() != allowed:
            return [Rejection(reason=Reason.DOWNLINK, detail=f"command {command}")]
        return []
    if not name or not name.isprintable() or "/" in name or "+" in name or "#" in name:
        return [Rejection(reason=Reason.MALFORMED, detail="no MN that could be a device")]
    if allowed is not None and name.upper() != allowed:
        return [Rejection(reason=Reason.FOREIGN_DEVICE, detail=f"MN {name[:40]} on the topic of {allowed[:40]}")]
    if command in _PERIODS:
        return _report(packet, DeviceId(name), command, received)
    return [] if command in _SILENT else [Rejection(reason=Reason.UNSUPPORTED, detail=f"command {command[:10]}")]


def _report(packet: Packet, device: DeviceId, command: str, received: datetime) -> list[Decoded]:
    """Give the readings of a report and what its flags say of the station."""
    head = packet.head
    content = read_content(packet.content, head.get("ST", "")[:_SYSTEM], _PERIODS[command])
    stated = content.time
    # A packet without a time of its own has that of its sending.
    time, trust = _stamp(head.get("QN") if stated is None else stated, received)
    flags, sampled = content.flags, content.sampled
    common = flags.get("")  # is about every factor that has none of its own
    said: list[Decoded] = []
    for field, text in content.values:
        code, value = field.code, number(text)
        at, quality = _stamp(sampled[code], received) if code in sampled else (time, trust)
        if value is None or value in _SENTINELS:
            value, quality = None, _MISSING
        elif (flag := flags.get(code, common)) is not None:
            quality = quality_of(flag, quality)
        said.append(
            Reading(
                device=device, metric=field.metric, time=at, value=value, unit=field.unit, quality=quality, code=code
            )
        )
    if not said and not flags and stated is None and packet.content.strip() and "Time=" not in packet.content:
        said.append(Rejection(reason=Reason.UNSUPPORTED, detail="no field we know"))
    if flags:
        is_whole = head.get("PNUM", "1").lstrip("0") in ("", "1")
        said += facts(flags, is_whole=is_whole, device=device, time=time, trust=trust)
    if command == _ALARM:
        said += _alarms(content.alarms, device, time, trust)
    return said


def _alarms(stated: list[tuple[str, str]], device: DeviceId, time: datetime, trust: Quality) -> list[DeviceState]:
    """State the station's own alarm (2072 of 2005): 1 begins, 0 ends it."""
    return [
        DeviceState(device=device, fact=Fact.VALUE_HIGH, active=text == "1", time=time, quality=trust, code=code)
        for code, text in stated
        if text in ("0", "1")
    ]


def _stamp(text: str | None, received: datetime) -> tuple[datetime, Quality]:
    """Read a local time of Beijing; ours, and flagged, where it cannot be."""
    digits = text.strip() if text else ""
    if len(digits) in (_STAMP, _STAMP_MS) and digits.isascii() and digits.isdecimal():
        try:
            time = datetime.fromisoformat(f"{digits[:8]}T{digits[8:14]}Z") - _BEIJING
        except (ValueError, OverflowError):
            return received, _UNCERTAIN_TIME
        if is_believable(time, received, EARLIEST):
            return time, _GOOD
    return received, _UNCERTAIN_TIME
