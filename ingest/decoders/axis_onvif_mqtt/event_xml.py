"""Events in ONVIF metadata XML. Pure. Refuses by RefusedError what is no XML, has a DTD or holds no event."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from ingest.decoders.axis_onvif_mqtt.event import Event
from ingest.decoders.axis_onvif_mqtt.event_json import seconds_of
from ingest.decoders.axis_onvif_mqtt.places import Address, plain_path
from ingest.readings import Reason
from ingest.wire import RefusedError, text

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_ITEMS: Final = 64  # of one section; the most talkative event has a dozen


def read(payload: bytes, address: Address) -> Iterator[Event]:
    """Read every `wsnt:NotificationMessage` of a `tt:MetadataStream`; whatever else is in it is left alone."""
    try:
        root = fromstring(payload, forbid_dtd=True)
    except DefusedXmlException as error:
        raise RefusedError(Reason.UNSUPPORTED, "XML with a DTD or entities") from error
    except (ParseError, ValueError, LookupError) as error:
        raise RefusedError(Reason.MALFORMED, f"not XML: {error}") from error
    count = 0
    waiting = [root]
    while waiting:
        element = waiting.pop()
        if _name(element) == "NotificationMessage":  # what is inside of one is its own: each element is read once
            count += 1
            yield _event(element, address)
        else:
            waiting.extend(reversed(element))
    if not count:
        raise RefusedError(Reason.UNSUPPORTED, f"XML <{_name(root)}> without a NotificationMessage")


def _event(notification: "Element", address: Address) -> Event:
    path, speaker, operation = "", "", ""
    seconds: float | None = None
    sections: dict[str, dict[str, str]] = {}
    for element in notification.iter():
        match _name(element):
            case "Topic":
                path = plain_path((element.text or "").strip())
            case "Address":
                speaker = _producer(element.text or "")
            case "Message" if "UtcTime" in element.attrib or "PropertyOperation" in element.attrib:
                seconds = seconds_of(element.get("UtcTime"))
                operation = element.get("PropertyOperation", "").lower()
            case "Source" | "Key" | "Data" as section:
                sections[section] = _items(element)
            case _:
                pass
    if not (path or address.path):
        raise RefusedError(Reason.MALFORMED, "a notification without a topic")
    return Event(
        path=path or address.path,
        source=sections.get("Source", {}) | sections.get("Key", {}) or address.source,
        data=sections.get("Data", {}),
        seconds=seconds,
        operation=operation,
        speaker="" if address.device else speaker,
    )


def _items(section: "Element") -> dict[str, str]:
    return {
        text(item.get("Name", "")): text(item.get("Value", ""))
        for item in list(section)[:_ITEMS]
        if _name(item) == "SimpleItem"
    }


def _producer(address: str) -> str:
    """Give the camera's own id in its reference `uri://{uuid}/ProducerReference`."""
    return text(address.strip().partition("://")[2].partition("/")[0])


def _name(element: "Element") -> str:
    # A comment or processing instruction has a function for a tag.
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
