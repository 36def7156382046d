"""Writes messages as XML after the schema of CAP 1.2. Pure: told what is sent when; the standard library writes it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from incidents.cap import words
from incidents.cap.area import polygons_of
from incidents.cap.message import MsgType, Reference, Sender, Status, Warned

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
LONGEST_HEADLINE = 160  # CAP 1.2 §3.2.2: some devices cut there
# What XML 1.0 §2.2 cannot hold, however it is escaped.
_UNWRITABLE = re.compile("[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

ET.register_namespace("", NAMESPACE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What stands around the content of a message. Instants aware; `references` oldest first."""

    identifier: str
    sent: datetime
    expires: datetime
    status: Status
    msg_type: MsgType
    references: Sequence[Reference] = ()


def message_document(warned: Warned, envelope: Envelope, sender: Sender) -> str:
    """Write one message about one incident, in Chinese and English."""
    named = [number for number in (warned.incident, warned.goes_on_in) if number is not None]
    incidents = " ".join(f"gridwatch-{number}" for number in named)
    alert = _head(envelope, sender, note=_note(envelope.status, sender), incidents=incidents)
    for language in words.LANGUAGES:
        alert.append(_info(warned, language, envelope, sender))
    return _text(alert)


def active_document(
    bodies: Sequence[str], *, sender: Sender, status: Status, number: int, sent: datetime, expires: datetime
) -> str:
    """Put the `info` blocks of messages in force into one message: CAP has no container for several.

    `number` is that of the newest message of the status, so the same list has the same identifier.
    """
    envelope = Envelope(
        identifier=f"gridwatch-active-{status.value}-{number}",
        sent=sent,
        expires=expires,
        status=status,
        msg_type=MsgType.ALERT,
    )
    messages = [ET.fromstring(body) for body in bodies]  # noqa: S314 -- we wrote them
    named = [message.findtext(_name("incidents"), "") for message in messages]
    note = _note(status, sender) if messages else f"{words.NOTHING} {_note(status, sender)}".strip()
    alert = _head(envelope, sender, note=note, incidents=" ".join(named))
    for message in messages:
        alert.extend(message.findall(_name("info")))
    return _text(alert)


def reference_text(reference: Reference, zone: str) -> str:
    """Write a reference: sender, identifier and time, with commas between (CAP 1.2 §3.2.1)."""
    return f"{reference.sender},{reference.identifier},{time_text(reference.sent, zone)}"


def time_text(instant: datetime, zone: str) -> str:
    """Write an instant as CAP wants it: with an offset, never Z, no fraction of a second (CAP 1.2 §3.3.2)."""
    local = instant.astimezone(ZoneInfo(zone)).replace(microsecond=0)
    offset = local.utcoffset()
    if not offset or offset % timedelta(minutes=1):  # offsets of before 1900 have seconds, which cannot be written
        return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%S}-00:00"
    return local.isoformat()


def _note(status: Status, sender: Sender) -> str:
    return sender.exercise if status is Status.EXERCISE else ""


def _head(envelope: Envelope, sender: Sender, *, note: str, incidents: str) -> ET.Element:
    alert = ET.Element(_name("alert"))
    _add(alert, "identifier", envelope.identifier)
    _add(alert, "sender", sender.address)
    _add(alert, "sent", time_text(envelope.sent, sender.zone))
    _add(alert, "status", envelope.status.value)
    _add(alert, "msgType", envelope.msg_type.value)
    is_public = envelope.status is Status.ACTUAL
    _add(alert, "scope", "Public" if is_public else "Restricted")
    _add(alert, "restriction", "" if is_public else envelope.status.value)
    _add(alert, "note", note)
    _add(alert, "references", " ".join(reference_text(one, sender.zone) for one in envelope.references))
    _add(alert, "incidents", incidents)
    return alert


def _info(warned: Warned, language: str, envelope: Envelope, sender: Sender) -> ET.Element:
    """Write the warning in one language, its elements in the order of the schema."""
    info = ET.Element(_name("info"))
    event = words.event_of(warned.kind, language)
    headline = words.headline_of(warned, language, status=envelope.status, msg_type=envelope.msg_type)
    guidance = (warned.guidance or {}).get(words.LANGUAGES[language])
    _add(info, "language", language)
    _add(info, "category", words.category_of(warned.kind))
    _add(info, "event", event)
    _add(info, "responseType", words.response_of(warned, envelope.msg_type))
    _add(info, "urgency", words.urgency_of(warned, envelope.msg_type))
    _add(info, "severity", words.SEVERITY[warned.priority])
    _add(info, "certainty", warned.certainty)
    _pair(info, "eventCode", "gridwatch:kind", warned.kind)
    _add(info, "effective", time_text(envelope.sent, sender.zone))
    _add(info, "onset", time_text(warned.onset, sender.zone))
    _add(info, "expires", time_text(envelope.expires, sender.zone))
    _add(info, "senderName", sender.name)
    _add(info, "headline", headline[:LONGEST_HEADLINE])
    _add(info, "description", guidance.means if guidance else headline)
    _add(info, "instruction", guidance.do if guidance and envelope.msg_type is not MsgType.CANCEL else "")
    _add(info, "web", sender.web)
    _add(info, "contact", sender.contact)
    _pair(info, "parameter", "gridwatch:colour", words.COLOUR["en"][warned.priority].lower())
    info.append(_area(warned, sender))
    return info


def _area(warned: Warned, sender: Sender) -> ET.Element:
    area = ET.Element(_name("area"))
    # Where no grid holds it, it is the centre's whole area.
    described = (" ".join(warned.names), sender.name, sender.address)
    _add(area, "areaDesc", next(text for text in map(_writable, described) if text.strip()))
    for polygon in polygons_of(warned.shape):
        _add(area, "polygon", polygon)
    if warned.code:
        _pair(area, "geocode", "gridwatch:grid", warned.code)
    return area


def _pair(parent: ET.Element, name: str, value_name: str, value: str) -> None:
    pair = ET.SubElement(parent, _name(name))
    _add(pair, "valueName", value_name)
    ET.SubElement(pair, _name("value")).text = _writable(value)


def _add(parent: ET.Element, name: str, text: str) -> None:
    """Add an element; nothing to say, no element."""
    if writable := _writable(text):
        ET.SubElement(parent, _name(name)).text = writable


def _writable(text: str) -> str:
    return _UNWRITABLE.sub("", text)


def _name(local: str) -> str:
    return f"{{{NAMESPACE}}}{local}"


def _text(alert: ET.Element) -> str:
    text: str = ET.tostring(alert, encoding="unicode", xml_declaration=False)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'
