"""Decode SL 651-2014 reports of hydrological stations. Pure and total; a wrong checksum never becomes a reading.

The device id is the station address, ten hex characters in upper case. The topic `sl651/{area}/{station}` names the
only station that may speak on it. Levels are relative to the station's base: the registry adds the datum.
"""

import struct
from collections.abc import Sequence
from datetime import datetime, timedelta

from ingest.decoders.sl651.ascii_body import AsciiBody
from ingest.decoders.sl651.elements import EVENT_COUNTERS
from ingest.decoders.sl651.frame import Frame, frames, head_of_first
from ingest.decoders.sl651.hex_body import HexBody
from ingest.decoders.sl651.items import Item, Station, Value
from ingest.decoders.sl651.numbers import time_of
from ingest.decoders.sl651.report import Report
from ingest.readings import Decoded, Decoder, DeviceId, DeviceState, Fact, Memory, Reading, Reason, Rejection
from ingest.speaker import speaker

__all__ = ["DECODER", "MEMORY", "STORABLE", "decode", "decode_frame"]

_HEARTBEAT, _TEST, _COUNTERS = 0x2F, 0x30, 0x50
_REPORTS = frozenset({0x30, 0x31, 0x32, 0x33, 0x34, 0x37, 0x38, 0x3A})  # station, class, time, elements
_STATUS = frozenset({0x46, 0x4B})  # station, status word
_READ = _REPORTS | _STATUS
_SILENT = frozenset({_HEARTBEAT, 0x4A, 0x51})  # a clock answer is the station only: the send time is the answer
_NOT_TAKEN = {
    0x35: "manual text",
    0x36: "picture",
    0x39: "manual text",
    0x44: "pump motor",
    0x4C: "pump switches",
    0x4D: "valve switches",
    0x4E: "sluice switches",
    0x4F: "water quota switch",
} | dict.fromkeys((0x40, 0x41, 0x42, 0x43, 0x45, 0x47, 0x48, 0x49), "configuration answer")
_OF_PEOPLE = frozenset({0x35, 0x36, 0x39})
_HEX_HEAD, _ASCII_HEAD = 8, 16  # serial and send time
_COUNTS = struct.Struct(f">{len(EVENT_COUNTERS)}H")
_TEST_LASTS = timedelta(seconds=1)


def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    """Decode every frame in `payload`; heartbeats and clock answers add nothing to the list."""
    decoded: list[Decoded] = []
    for found in frames(payload):
        if isinstance(found, Rejection):
            decoded.append(found)
        else:
            decoded += decode_frame(topic, found, received)
    return decoded


TOPICS = ("sl651/+/+",)
DECODER: Decoder = decode


def storable(payload: bytes) -> bytes:
    """Give what may be kept of a raw payload: nothing of a picture or of a text written by hand but the frame's header.

    A picture of a river bank can show people, a text can name them.
    """
    head = head_of_first(payload, _OF_PEOPLE)
    return payload if head is None else head


STORABLE = storable


def remembering() -> Memory:
    """Make a decoder that joins the packets of reports that come in several."""
    from ingest.decoders.sl651.reassembly import Reassembler  # decodes frames by this module

    return Reassembler()


MEMORY = remembering


def decode_frame(topic: str, frame: Frame, received: datetime) -> list[Decoded]:
    """Decode one frame whose checksum is right.

    The first packet of several gives what lies whole in it; later packets have neither time nor station group of their
    own, and only `Reassembler` can read them.
    """
    allowed = speaker(topic, "sl651")
    if allowed is not None and frame.station != allowed:
        detail = f"station {frame.station} on the topic of {allowed}"
        return [Rejection(reason=Reason.FOREIGN_DEVICE, detail=detail)]
    if not frame.is_up:
        return [Rejection(reason=Reason.DOWNLINK, detail=f"function {frame.function:02X}")]
    if not 1 <= frame.number <= frame.total:
        return [Rejection(reason=Reason.MALFORMED, detail=f"packet {frame.number} of {frame.total}")]
    if frame.number > 1:
        return [_packet(frame)]
    decoded = _report(frame, received, allowed)
    if frame.total == 1:
        return decoded
    # Where the packet ends, an element may be cut in two: that is no fault of the station.
    return [item for item in decoded if not isinstance(item, Rejection)] + [_packet(frame)]


def _packet(frame: Frame) -> Rejection:
    what = _NOT_TAKEN.get(frame.function, f"function {frame.function:02X}")
    return Rejection(reason=Reason.UNSUPPORTED, detail=f"{what}, packet {frame.number} of {frame.total}")


def _report(frame: Frame, received: datetime, allowed: str | None) -> list[Decoded]:
    size = _ASCII_HEAD if frame.is_ascii else _HEX_HEAD
    head, body = frame.body[:size], frame.body[size:]
    if len(head) < size:
        return [Rejection(reason=Reason.MALFORMED, detail="no serial number and send time")]
    if frame.function in _SILENT:
        return []
    if frame.function in _NOT_TAKEN:
        return [Rejection(reason=Reason.UNSUPPORTED, detail=_NOT_TAKEN[frame.function])]
    sent = time_of(head[4:].decode("ascii", "replace") if frame.is_ascii else head[2:].hex())
    report = Report(station=frame.station, sent=sent, received=received, allowed=allowed)
    if frame.function == _COUNTERS:
        return report.decoded(_counters(body))
    if frame.function not in _READ and not _is_report(body):
        return [Rejection(reason=Reason.UNSUPPORTED, detail=f"function {frame.function:02X}")]
    if frame.is_ascii:
        items = AsciiBody(body.decode("latin-1")).items()
    else:
        items = HexBody(body, has_class=frame.function in _REPORTS).items()
    decoded = report.decoded(items)
    return _test(frame, report, decoded) if frame.function == _TEST else decoded


def _is_report(body: bytes) -> bool:
    """Tell whether a function outside the standard carries an ordinary report: station, class, observation time."""
    return body[:2] == b"\xf1\xf1" and body[8:10] == b"\xf0\xf0"


def _test(frame: Frame, report: Report, decoded: Sequence[Decoded]) -> list[Decoded]:
    """State that the station was tested; its values must not enter the data (6.6.4.3).

    A test report is a moment, not a lasting condition: no frame ever says that it is over.
    """
    said: list[Decoded] = [item for item in decoded if isinstance(item, Rejection)]
    device = next((item.device for item in decoded if isinstance(item, Reading | DeviceState)), None)
    for active, time in ((True, report.time), (False, report.time + _TEST_LASTS)):
        said.append(
            DeviceState(
                device=device or DeviceId(frame.station),
                fact=Fact.TEST,
                active=active,
                time=time,
                quality=report.quality,
                code="30",
            )
        )
    return said


def _counters(body: bytes) -> list[Item]:
    """Read the event counters of function 50: numbers of two bytes, counted since the station was installed; 19-32 are spare."""
    items: list[Item] = []
    if body[:2] == b"\xf1\xf1":
        items.append(Station(station=body[2:7].hex().upper()))
        body = body[7:]
    if len(body) < _COUNTS.size:
        return [*items, Rejection(reason=Reason.MALFORMED, detail="event counters are cut off")]
    for element, count in zip(EVENT_COUNTERS, _COUNTS.unpack_from(body), strict=True):
        items.append(Value(element=element, value=float(count)))
    return items
