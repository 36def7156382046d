"""Write incidents as a CAP 1.2 message. Pure: told the time. Refuses what is not for the outside: priorities 3 and 4.

CAP has no container for several messages, so the active warnings are one message with one `info` each (CAP 1.2 §3.2.2
allows several). Its identifier is the number of the newest change: it is another only when something has changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from dashboard.queries.incidents import IncidentItem

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
LEAST = 2  # priorities 1 and 2 are warnings; 3 and 4 stay in the house
LASTS = timedelta(hours=1)  # a reader that hears nothing newer for an hour must not show the old one

CATEGORY = {"fire": "Fire", "flood": "Met", "device": "Infra"}
SEVERITY = {1: "Extreme", 2: "Severe"}
URGENCY = {1: "Immediate", 2: "Expected"}
COLOUR = {"zh-CN": {1: "红色", 2: "橙色"}, "en-US": {1: "red", 2: "orange"}}
NOTHING = {"zh-CN": "当前无生效预警", "en-US": "No warning is active"}
EVENT = {
    "zh-CN": {"fire": "火情", "flood": "洪水", "device": "设施异常"},
    "en-US": {"fire": "Fire", "flood": "Flood", "device": "Facility"},
}
OTHER = {"zh-CN": "事件", "en-US": "Incident"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who warns. `status` is CAP's: Actual, Exercise, System or Test. `zone` is an IANA name."""

    address: str
    name: str
    status: str
    zone: str
    language: str


def cap_message(incidents: Sequence[IncidentItem], sender: Sender, *, seq: int, now: datetime) -> bytes:
    """Write the message as UTF-8 XML."""
    warned = [incident for incident in incidents if incident.priority <= LEAST]
    ET.register_namespace("", NAMESPACE)
    alert = ET.Element(_name("alert"))
    # No space, comma, < or & in an identifier (CAP 1.2 §3.2.1).
    _add(alert, "identifier", f"gridwatch-{seq}")
    _add(alert, "sender", sender.address)
    _add(alert, "sent", _time(now, sender))
    _add(alert, "status", sender.status)
    _add(alert, "msgType", "Alert")
    _add(alert, "scope", "Public" if sender.status == "Actual" else "Restricted")
    if sender.status != "Actual":
        _add(alert, "restriction", "Exercise")
    if not warned:
        _add(alert, "note", NOTHING[sender.language])
    for incident in warned:
        alert.append(_info(incident, sender, now))
    message: bytes = ET.tostring(alert, encoding="utf-8", xml_declaration=True)
    return message


def _info(incident: IncidentItem, sender: Sender, now: datetime) -> ET.Element:
    """Write one warning, its elements in the order of the schema."""
    language = sender.language
    event = EVENT[language].get(incident.kind, OTHER[language])
    info = ET.Element(_name("info"))
    _add(info, "language", language)
    _add(info, "category", CATEGORY.get(incident.kind, "Other"))
    _add(info, "event", event)
    _add(info, "urgency", URGENCY[incident.priority])
    _add(info, "severity", SEVERITY[incident.priority])
    _add(info, "certainty", "Observed")
    _pair(info, "eventCode", "gridwatch:incident", incident.id)
    _add(info, "effective", _time(incident.opened_at, sender))
    _add(info, "onset", _time(incident.opened_at, sender))
    _add(info, "expires", _time(now + LASTS, sender))
    _add(info, "senderName", sender.name)
    _add(info, "headline", f"{incident.title}（{COLOUR[language][incident.priority]}）"[:160])
    _add(info, "description", incident.title)
    _pair(info, "parameter", "gridwatch:dispatch", incident.dispatch)
    area = ET.SubElement(info, _name("area"))
    grid = incident.grid
    _add(area, "areaDesc", " ".join(part.name for part in grid.path) if grid is not None else incident.title)
    if incident.lon is not None and incident.lat is not None:
        # CAP writes latitude first, in WGS 84; a point is a circle of radius 0 (CAP 1.2 §3.2.4).
        _add(area, "circle", f"{incident.lat:.6f},{incident.lon:.6f} 0")
    if grid is not None:
        _pair(area, "geocode", "gridwatch:grid", grid.code)
    return info


def _pair(parent: ET.Element, name: str, value_name: str, value: str) -> None:
    pair = ET.SubElement(parent, _name(name))
    _add(pair, "valueName", value_name)
    _add(pair, "value", value)


def _add(parent: ET.Element, name: str, text: str) -> None:
    # XML 1.0 cannot hold control characters, however they are escaped.
    ET.SubElement(parent, _name(name)).text = "".join(c for c in text if c >= " " or c in "\t\n")


def _name(local: str) -> str:
    return f"{{{NAMESPACE}}}{local}"


def _time(instant: datetime, sender: Sender) -> str:
    """Write an instant as CAP wants it: with an offset, never Z, no fraction of a second (CAP 1.2 §3.3.2)."""
    text = instant.astimezone(ZoneInfo(sender.zone)).replace(microsecond=0).isoformat()
    return text.removesuffix("+00:00") + "-00:00" if text.endswith("+00:00") else text
