"""Decode GB/T 28181 notifications of cameras and recorders: alarms, keepalives, the catalogue. Pure and total.

The payload is the XML of a SIP MESSAGE or NOTIFY, with or without the SIP head before it. `gb28181/{area}/{device}` names the only
device that may speak on it; what a platform or a recorder with many channels relays comes on `gb28181/{platform}`, which names
nobody.

An alarm of this standard has a beginning and no end. So what a camera sees is a camera event that is over a second after it
began, and what a device says of itself is a fact that is over a second later: both stay with an officer until acknowledged.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from ingest.instants import settle, to_us
from ingest.readings import (
    CameraEvent,
    Decoded,
    Decoder,
    DeviceId,
    DeviceState,
    Discovered,
    Fact,
    Phase,
    Quality,
    Reason,
    Rejection,
)
from ingest.speaker import speaker
from ingest.thing_values import stamp, told
from ingest.wire import RefusedError, text
from ingest.xml_tree import Element, read_xml

_ROOTS: Final = (b"<?xml", b"<Notify", b"<Response", b"<Query", b"<Control")
_DECLARATION_WITHIN: Final = 300
# What cameras write into names and addresses without escaping it: "&", "<" before what begins no tag, zeros.
_BARE_AND: Final = re.compile(rb"&(?!(?:amp|lt|gt|apos|quot|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)")
_BARE_LESS: Final = re.compile(rb"<(?![A-Za-z/])")
_CONTROL: Final = bytes(set(range(32)) - set(b"\t\r\n"))
_LONGEST_ID: Final = 40
_MOMENT: Final = timedelta(seconds=1)
_VIDEO: Final = "5"
_METHODS: Final = frozenset("1234567")
_ALERT_UP_TO: Final = 2  # priorities 1 and 2 of 4

# AlarmMethod.AlarmType (2016 edition, A.2.5; 13 is of 2022) that a device says of itself; "2" and "6" alone are the methods.
_FACTS: Final = {
    "2.1": Fact.FAULT, "2.2": Fact.TAMPER, "2.3": Fact.FAULT, "2.4": Fact.FAULT, "2.5": Fact.FAULT,
    "5.11": Fact.FAULT, "5.13": Fact.TAMPER, "6": Fact.FAULT, "6.1": Fact.FAULT, "6.2": Fact.FAULT,
}  # fmt: skip
_SEEN: Final = {
    "1": "manual", "2": "motion", "3": "object-left", "4": "object-removed", "5": "line-crossing", "6": "intrusion",
    "7": "wrong-way", "8": "loitering", "9": "flow-count", "10": "density", "12": "fast-motion",
}  # fmt: skip
_FIRE_WORDS: Final = (
    "烟火", "明火", "火焰", "火点", "火情", "火灾", "火警", "着火", "起火", "flame", "on fire", "wildfire",
    "fire alarm", "fire detect", "fire_detect", "firealarm", "firedetect",
)  # fmt: skip
_SMOKE_WORDS: Final = ("烟雾", "冒烟", "浓烟", "smoke")
_NOT_HAZARD: Final = ("吸烟", "抽烟", "smoking", "防火墙", "防火门")
_DETECTOR_WORDS: Final = ("烟感", "火警", "火灾", "感烟", "感温")
_OFFLINE_WORDS: Final = {"ON": False, "OFF": True, "ONLINE": False, "OFFLINE": True, "OK": False}
_BROKEN_WORDS: Final = ("VLOST", "DEFECT")


def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    """Decode a notification that arrived on `topic` at `received` (aware UTC); answers of "OK" say nothing."""
    try:
        return list(_decode(speaker(topic, "gb28181"), payload, received))
    except RefusedError as refused:
        return [refused.rejection]


TOPICS: Final = ("gb28181/#",)
DECODER: Final[Decoder] = decode


def _decode(allowed: str | None, payload: bytes, received: datetime) -> Iterator[Decoded]:
    root = _tree(_body(payload))
    fields = {child.name.lower(): child for child in reversed(root.children)}  # some write cmdType
    command = _word(fields, "cmdtype").lower()
    if root.name in ("Query", "Control"):
        yield Rejection(reason=Reason.DOWNLINK, detail=text(f"{root.name} {command}"))
        return
    device = _device(_word(fields, "deviceid"))
    if allowed is not None and device.upper() != allowed:
        yield Rejection(reason=Reason.FOREIGN_DEVICE, detail=f"device {device} on the topic of {allowed}")
    elif command == "catalog":
        yield from _catalogue(device, root, received)
    elif command == "devicestatus":
        yield from _status(device, fields, received)
    elif root.name == "Response":
        if command not in ("alarm", "keepalive"):
            yield Rejection(reason=Reason.UNSUPPORTED, detail=text(f"answer {command}"))
    elif command == "alarm":
        yield from _Alarm(device, fields, received).said()
    elif command == "keepalive":
        yield from _keepalive(device, fields, received)
    else:
        yield Rejection(reason=Reason.UNSUPPORTED, detail=text(command) or "no CmdType")


def _tree(body: bytes) -> Element:
    """Read the XML, at a second try with what is unescaped in it escaped."""
    try:
        return read_xml(body)
    except RefusedError as refused:
        if refused.rejection.reason is not Reason.MALFORMED:
            raise
    return read_xml(_BARE_LESS.sub(b"&lt;", _BARE_AND.sub(b"&amp;", body.translate(None, _CONTROL))))


def _body(payload: bytes) -> bytes:
    """Give the XML as UTF-8 without its declaration.

    What the declaration says of the encoding is not believed: it says GB2312 and means UTF-8, or is not there and means GBK.
    """
    starts = [at for root in _ROOTS if (at := payload.find(root)) >= 0]
    if not starts:
        raise RefusedError(Reason.MALFORMED, "no XML of GB/T 28181 in it")
    body = payload[min(starts) :].rstrip(b"\x00 \t\r\n")
    if body.startswith(b"<?"):
        end = body.find(b"?>", 0, _DECLARATION_WITHIN)
        body = body[end + 2 :] if end > 0 else body
    try:
        body.decode()
    except UnicodeDecodeError:
        return body.decode("gb18030", "replace").encode()
    return body


def _word(fields: dict[str, Element], name: str) -> str:
    found = fields.get(name)
    return "" if found is None else found.text.strip()


def _device(name: str) -> DeviceId:
    if not (name.isascii() and name.isalnum() and len(name) <= _LONGEST_ID):
        raise RefusedError(Reason.MALFORMED, "no DeviceID of digits")
    return DeviceId(name)


class _Alarm:
    """One alarm: how and what was raised, when, and how grave it is."""

    def __init__(self, device: DeviceId, fields: dict[str, Element], received: datetime) -> None:
        self._device = device
        self._time, self._quality = settle(stamp(_word(fields, "alarmtime")), received)
        self._type = _type(fields)
        self._methods = [m for m in dict.fromkeys(_word(fields, "alarmmethod")) if m in _METHODS] or [""]
        self._priority = _word(fields, "alarmpriority")
        self._description = _described(fields)[:200].lower()
        self._event = text(f"{_word(fields, 'sn')[:40]}-{to_us(self._time) // 1_000_000}")

    def said(self) -> Iterator[Decoded]:
        """Tell a camera event for what is seen, a passing fact for everything else."""
        for method in self._methods:
            code = f"{method}.{self._type}" if self._type else method
            fact = _FACTS.get(code) or _FACTS.get(method)
            if fact is not None:
                yield from told(self._device, fact, self._time, self._quality, code)
            elif method == _VIDEO:
                yield from self._seen()
            elif any(word in self._description for word in _DETECTOR_WORDS):
                # A detector wired to the recorder's alarm input: only its name says what it is.
                doubt = max(self._quality, Quality.UNCERTAIN)
                yield from told(self._device, Fact.FIRE, self._time, doubt, code)
            else:
                yield from told(self._device, Fact.OTHER, self._time, self._quality, code)

    def _seen(self) -> Iterator[CameraEvent]:
        hazard = _hazard(self._description)
        is_grave = self._priority.isdecimal() and 1 <= int(self._priority[:4]) <= _ALERT_UP_TO
        for phase, time in ((Phase.START, self._time), (Phase.END, self._time + _MOMENT)):
            yield CameraEvent(
                device=self._device,
                event=self._event,
                phase=phase,
                label=hazard or _SEEN.get(self._type, "video-alarm"),
                severity="alert" if hazard or is_grave else "detection",
                started=self._time,
                time=time,
                ended=time if phase is Phase.END else None,
            )


def _type(fields: dict[str, Element]) -> str:
    """Give the AlarmType under Info, or at top level, where some put it."""
    info = fields.get("info")
    inner = info.word("AlarmType") if info is not None else ""
    found = inner or _word(fields, "alarmtype")
    return str(int(found[:4])) if found.isascii() and found.isdecimal() else ""


def _described(fields: dict[str, Element]) -> str:
    """Give the AlarmDescription, at top level, under Info or under its AlarmTypeParam; some call it Description."""
    info = fields.get("info")
    param = fields.get("alarmtypeparam") if info is None else info.first("AlarmTypeParam")
    inner = (element.word("AlarmDescription") for element in (info, param) if element is not None)
    return " ".join(filter(None, (_word(fields, "alarmdescription"), _word(fields, "description"), *inner)))


def _hazard(description: str) -> str:
    """Tell fire and smoke by the words of the analysis: the numbers of the standard know neither."""
    if any(word in description for word in _NOT_HAZARD):
        return ""
    if description == "fire" or any(word in description for word in _FIRE_WORDS):
        return "fire"
    return "smoke" if any(word in description for word in _SMOKE_WORDS) else ""


def _keepalive(device: DeviceId, fields: dict[str, Element], received: datetime) -> Iterator[Decoded]:
    """State that the device is there; a status other than OK is its own fault, the list below it that of others."""
    yield DeviceState(device=device, fact=Fact.OFFLINE, active=False, time=received, code="keepalive")
    status = _word(fields, "status").upper()
    if status not in ("OK", ""):
        yield from told(device, Fact.FAULT, received, Quality.GOOD, text(status[:_LONGEST_ID]))
    info = fields.get("info")
    for faulty in info.every("DeviceID") if info is not None else ():
        yield from told(_device(faulty.text.strip()), Fact.FAULT, received, Quality.GOOD, "keepalive")


def _status(device: DeviceId, fields: dict[str, Element], received: datetime) -> Iterator[Decoded]:
    """State whether a device is there, as it or its platform was asked; a status that is an error is a fault of it."""
    is_off = _OFFLINE_WORDS.get(_word(fields, "online").upper())
    if is_off is not None:
        yield DeviceState(device=device, fact=Fact.OFFLINE, active=is_off, time=received, code="status")
    if _word(fields, "status").upper() == "ERROR":
        yield from told(device, Fact.FAULT, received, Quality.GOOD, "ERROR")


def _catalogue(speaker_id: DeviceId, root: Element, received: datetime) -> Iterator[Decoded]:
    """Announce the devices of a list, and state who of them is there."""
    devices = root.first("DeviceList")
    for item in devices.every("Item") if devices is not None else ():
        try:
            device = _device(item.word("DeviceID"))
        except RefusedError as refused:
            yield refused.rejection
            continue
        if item.word("Event").upper() == "DEL":
            continue
        parent = item.word("ParentID").rpartition("/")[2] or str(speaker_id)
        if device != speaker_id and item.word("Parental") != "1" and not _is_group(device):
            yield Discovered(
                device=device,
                kind="camera",
                name=text(item.word("Name")),
                model=text(f"{item.word('Manufacturer')} {item.word('Model')}"),
                gateway=text(parent[:_LONGEST_ID]),
            )
        word = item.word("Event").upper()
        if (
            word not in _BROKEN_WORDS and word not in _OFFLINE_WORDS
        ):  # ADD and UPDATE tell of the entry, not of the camera
            word = item.word("Status").upper()
        is_off = _OFFLINE_WORDS.get(word)
        if word in _BROKEN_WORDS:
            yield from told(device, Fact.FAULT, received, Quality.GOOD, word)
        if is_off is not None and not _is_group(device):
            yield DeviceState(device=device, fact=Fact.OFFLINE, active=is_off, time=received, code="catalog")


def _is_group(device: DeviceId) -> bool:
    """Tell by its type code (digits 11 to 13) whether an id is a district, a business group or a virtual organisation."""
    return len(device) < 11 or device[10:13] in ("200", "215", "216")  # noqa: PLR2004 -- a district's code is shorter
