"""Writes the index of published messages as an Atom feed (RFC 4287). Pure: told the time and the address it stands at."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from incidents.cap import NAMESPACE, Published, Sender, Status

ATOM = "http://www.w3.org/2005/Atom"
_CAP = f"{{{NAMESPACE}}}"


def atom_index(messages: Sequence[Published], *, sender: Sender, status: Status, base: str, now: datetime) -> str:
    """Write the feed of messages, newest first. `base` is scheme, host and port, no slash at its end."""
    feed = ET.Element("feed", {"xmlns": ATOM})
    _add(feed, "id", _urn(sender.address, "index", status.value))
    _add(feed, "title", f"{sender.name} {status.value}")
    _add(feed, "updated", _time(messages[0].sent if messages else now))
    _add(ET.SubElement(feed, "author"), "name", sender.name)
    ET.SubElement(feed, "link", {"rel": "self", "href": f"{base}/api/v1/warnings.atom?status={status.value}"})
    for message in messages:
        feed.append(_entry(message, base))
    text: str = ET.tostring(feed, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _entry(message: Published, base: str) -> ET.Element:
    info = ET.fromstring(message.body).find(f"{_CAP}info")  # noqa: S314 -- we wrote it
    headline = info.findtext(f"{_CAP}headline", "") if info is not None else ""
    entry = ET.Element("entry")
    _add(entry, "id", _urn(message.sender, message.identifier, _time(message.sent)))
    _add(entry, "title", headline or message.identifier)
    _add(entry, "updated", _time(message.sent))
    for scheme, term in (("status", message.status.value), ("msgType", message.msg_type.value)):
        ET.SubElement(entry, "category", {"scheme": f"{NAMESPACE}:{scheme}", "term": term})
    href = f"{base}/api/v1/warnings/{message.identifier}.cap"
    ET.SubElement(entry, "link", {"rel": "alternate", "type": "application/cap+xml", "href": href})
    return entry


def _urn(*parts: str) -> str:
    """Name for ever what sender, identifier and time name (RFC 4287 §4.2.6 wants an IRI)."""
    return uuid.uuid5(uuid.NAMESPACE_URL, " ".join(parts)).urn


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text


def _time(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat()
