"""Decode SL 651-2014 reports of hydrological stations. Pure and total; a wrong checksum never becomes a reading.

The device id is the station address, ten hex characters in upper case. The topic `sl651/{area}/{station}` names the
only station that may speak on it. Levels are relative to the station's base: the registry adds the datum.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from ingest.decoders.sl651.ascii_body import AsciiBody
from ingest.decoders.sl651.elements import EVENT_COUNTERS, Element
from ingest.decoders.sl651.frame import Frame, frames, head_of_first
from ingest.decoders.sl651.hex_body import HexBody
from ingest.decoders.sl651.items import Item, Station, Value
from ingest.decoders.sl651.numbers import bcd_digits, time_of
from ingest.decoders.sl651.report import Report
from ingest.readings import Decoded, Decoder, DeviceId, DeviceState, Fact, Memory, Reason, Rejection
from ingest.speaker import speaker

__all__ = ["DECODER", "MEMORY", "STORABLE", "decode", "decode_frame"]

_HEARTBEAT, _TEST, _COUNTERS = 0x2F, 0x30, 0x50
_REPORTS = frozenset({0x30, 0x31, 0x32, 0x33, 0x34, 0x37, 0x38, 0x3A})  # station, class, time, elements
_STATUS = frozenset({0x46, 0x4B})  # station, status word
_CLOCKS = frozenset({0x4A, 0x51})  # station only: the send time is the answer
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
_HEAD = {False: 8, True: 16}  # serial and send time, by "is ASCII"
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
    decoded = list(_report(frame, received, allowed))
    if frame.total == 1:
        return decoded
    # Where the packet ends, an element may be cut in two: that is no fault of the station.
    return [item for item in decoded if not isinstance(item, Rejection)] + [_packet(frame)]


def _packet(frame: Frame) -> Rejection:
    what = _NOT_TAKEN.get(frame.function, f"function {frame.function:02X}")
    return Rejection(reason=Reason.UNSUPPORTED, detail=f"{what}, packet {frame.number} of {frame.total}")


def _report(frame: Frame, received: datetime, allowed: str | None) -> Iterator[Decoded]:
    head, body = frame.body[: _HEAD[frame.is_ascii]], frame.body[_HEAD[frame.is_ascii] :]
    if len(head) < _HEAD[frame.is_ascii]:
        yield Rejection(reason=Reason.MALFORMED, detail="no serial number and send time")
        return
    sent = time_of(head[4:].decode("ascii", "replace") if frame.is_ascii else bcd_digits(head[2:]))
    report = Report(station=frame.station, sent=sent, received=received, allowed=allowed)
    if frame.function == _HEARTBEAT or frame.function in _CLOCKS:
        return
    if frame.function in _NOT_TAKEN:
        yield Rejection(reason=Reason.UNSUPPORTED, detail=_NOT_TAKEN[frame.function])
    elif frame.function == _COUNTERS:
        yield from report.decoded(_counters(body))
    elif frame.function in _REPORTS | _STATUS or _is_report(body):
        has_class = frame.function in _REPORTS
        items = list(
            AsciiBody(body.decode("latin-1")).items() if frame.is_ascii else HexBody(body, has_class=has_class).items()
        )
        decoded = list(report.decoded(items))  # walks to the end, so that the report knows its last observation time
        yield from _test(frame, report, decoded) if frame.function == _TEST else decoded
    else:
        yield Rejection(reason=Reason.UNSUPPORTED, detail=f"function {frame.function:02X}")


def _is_report(body: bytes) -> bool:
    """Tell whether a function outside the standard carries an ordinary report: station, class, observation time."""
    return body[:2] == b"\xf1\xf1" and body[8:10] == b"\xf0\xf0"


def _test(frame: Frame, report: Report, decoded: Sequence[Decoded]) -> Iterator[Decoded]:
    """State that the station was tested; its values must not enter the data (6.6.4.3).

    A test report is a moment, not a lasting condition: no frame ever says that it is over.
    """
    yield from (item for item in decoded if isinstance(item, Rejection))
    device = next(
        (item.device for item in decoded if not isinstance(item, Rejection) and hasattr(item, "device")), None
    )
    for active, time in ((True, report.time), (False, report.time + _TEST_LASTS)):
        yield DeviceState(
            device=device or DeviceId(frame.station),
            fact=Fact.TEST,
            active=active,
            time=time,
            quality=report.quality,
            code="30",
        )


def _counters(body: bytes) -> list[Item]:
    """Read the event counters of function 50: 32 numbers of two bytes, counted since the station was installed."""
    items: list[Item] = []
    if body[:2] == b"\xf1\xf1":
        items.append(Station(station=body[2:7].hex().upper()))
        body = body[7:]
    if len(body) < 2 * len(EVENT_COUNTERS):
        return [*items, Rejection(reason=Reason.MALFORMED, detail="event counters are cut off")]
    for number, metric in EVENT_COUNTERS.items():
        code = f"ERC{number}"
        element = Element(code=code, ascii_name=code, metric=metric, unit="1")
        count = int.from_bytes(body[2 * number - 2 : 2 * number], "big")
        items.append(Value(element=element, value=float(count)))
    return items
