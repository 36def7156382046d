"""What Home Assistant is told: retained discovery messages and states, as topic and payload. Pure.

A device is two binary sensors: `alarm`, of the class its kind is about (smoke, gas, heat, moisture, safety), on while an alarm of a
hazard stands; and `problem`, on while it is faulty, silent, tampered with or out of power. A town, and the county, is a number of
standing alarms. Nothing of persons, and no command: Home Assistant looks on.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final
from zlib import crc32

import msgspec

ROOT: Final = "gridwatch/ha"
STATUS: Final = f"{ROOT}/status"
_NODE: Final = "gridwatch"
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_-]+")
_NAME_KEPT: Final = 40

_TECHNICAL: Final = frozenset(
    {
        "fault", "tamper", "offline", "mains-lost", "battery-low", "battery", "no-data", "stuck", "flapping", "test",
        "open", "shielded", "clock", "skew",
    }
)  # fmt: skip
"""Conditions that are about the device; all others are about what it watches."""
_CLASSES: Final = {"smoke": "smoke", "heat": "heat", "gas": "gas", "rain": "moisture", "gauge": "moisture"}
_MAKER: Final = "Gridwatch 守望"


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A registered device. `place` is the name of its grid; `gateway` is empty where it has none."""

    id: str
    name: str
    kind: str
    area: str
    place: str
    gateway: str = ""


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm that stands and that nothing overrides."""

    device: str
    area: str
    condition: str
    priority: int
    since: datetime


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is told at one moment. `areas` are towns' names by code; `centre` is the county's own name."""

    devices: tuple[Device, ...]
    alarms: tuple[Alarm, ...]
    areas: Mapping[str, str]
    centre: str


def messages(site: Site, prefix: str) -> dict[str, bytes]:
    """Give every retained message of a site by its topic; `prefix` is Home Assistant's discovery prefix."""
    told: dict[str, bytes] = {}
    by_device: dict[str, list[Alarm]] = {}
    for alarm in site.alarms:
        by_device.setdefault(alarm.device, []).append(alarm)
    for device in site.devices:
        standing = by_device.get(device.id, [])
        for part, of, is_told in (
            ("alarm", _CLASSES.get(device.kind, "safety"), False),
            ("problem", "problem", True),
        ):
            told |= _binary_sensor(
                device, part, of, [a for a in standing if (a.condition in _TECHNICAL) is is_told], prefix
            )
    told |= _count("county", site.centre, site.alarms, prefix)
    for code, name in site.areas.items():
        told |= _count(f"area_{code}", name, [alarm for alarm in site.alarms if alarm.area == code], prefix)
    return told


def slug(device: str) -> str:
    """Make a part of a topic of a device's id: letters and digits of it, and a sum by which two stay two."""
    return f"{_UNSAFE.sub('_', device)[:_NAME_KEPT]}_{crc32(device.encode()):08x}"


def configurations(prefix: str) -> str:
    """Give the filter that all our discovery messages match."""
    return f"{prefix}/+/{_NODE}/+/config"


def _binary_sensor(device: Device, part: str, of: str, standing: list[Alarm], prefix: str) -> dict[str, bytes]:
    name = slug(device.id)
    described = {
        "identifiers": [f"gridwatch_{device.id}"],
        "name": device.name or device.id,
        "manufacturer": _MAKER,
        "model": device.kind,
        **({"suggested_area": device.place} if device.place else {}),
    }
    worst = min(standing, key=lambda alarm: (alarm.priority, alarm.since), default=None)
    state: dict[str, object] = {"state": "OFF", "alarms": 0}
    if worst is not None:
        state = {
            "state": "ON",
            "alarms": len(standing),
            "condition": worst.condition,
            "priority": worst.priority,
            "since": worst.since.isoformat(),
        }
    return _entity(
        f"{prefix}/binary_sensor/{_NODE}/{name}_{part}/config",
        f"{ROOT}/{name}/{part}",
        {
            "name": "告警" if part == "alarm" else "设备异常",
            "device_class": of,
            "payload_on": "ON",
            "payload_off": "OFF",
            "device": described,
            **({"entity_category": "diagnostic"} if part == "problem" else {}),
        },
        state,
    )


def _count(name: str, title: str, alarms: Iterable[Alarm], prefix: str) -> dict[str, bytes]:
    by_priority = [0, 0, 0, 0]
    for alarm in alarms:
        by_priority[alarm.priority - 1] += 1
    clean = _UNSAFE.sub("_", name)
    return _entity(
        f"{prefix}/sensor/{_NODE}/{clean}_alarms/config",
        f"{ROOT}/{clean}/alarms",
        {
            "name": f"{title} 告警数",
            "unit_of_measurement": "条",
            "state_class": "measurement",
            "icon": "mdi:alarm-light",
            "device": {"identifiers": ["gridwatch_centre"], "name": "守望 Gridwatch", "manufacturer": _MAKER},
        },
        {"state": sum(by_priority), **dict(zip(("red", "orange", "yellow", "blue"), by_priority, strict=True))},
    )


def _entity(topic: str, at: str, told: dict[str, object], state: dict[str, object]) -> dict[str, bytes]:
    """Give the discovery message and the state it points to."""
    shared = {
        "unique_id": at.replace("/", "_"),
        "state_topic": at,
        "value_template": "{{ value_json.state }}",
        "json_attributes_topic": at,
        "availability_topic": STATUS,
        "origin": {"name": "Gridwatch"},
    }
    return {topic: msgspec.json.encode(told | shared), at: msgspec.json.encode(state)}
