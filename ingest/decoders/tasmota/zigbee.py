"""Zigbee devices that a Tasmota bridge hears: `ZbReceived` and `ZbInfo`. Pure.

A device's name is its short address or, where it was given one, its name; a message repeats it as `Device` and `Name`.
`ZbInfo` tells what the bridge remembers, of when it last heard the device.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import Final

from ingest.instants import settle
from ingest.readings import Decoded, DeviceId, DeviceState, Discovered, Fact, Quality, Reading
from ingest.wire import TEXT_KEPT, number, text

_SEPARATORS: Final = str.maketrans(dict.fromkeys("/+#", "."))
_DEVICES_MOST: Final = 256  # of one message; a bridge sends one at a time
_AGO_MOST: Final = 1e9  # seconds

_QUANTITIES: Final = {
    "Temperature": ("temperature", "Cel"), "Humidity": ("humidity", "%RH"), "Pressure": ("pressure", "hPa"),
    "Illuminance": ("illuminance", "lux"), "BatteryPercentage": ("battery", "%EL"), "BatteryVoltage": ("voltage", "V"),
    "LinkQuality": ("linkquality", "1"), "RMSVoltage": ("mains_voltage", "V"), "ActivePower": ("power", "W"),
    "RMSCurrent": ("current", "A"), "SmokeDensity": ("smoke_density", "1"), "FlowRate": ("flow", "m3/h"), "SeaPressure": ("sea_pressure", "hPa"),
    "Battery": ("battery", "%EL"), "Voltage": ("voltage", "V"),  # of versions before 8.3
}  # fmt: skip
_FACTS: Final = {
    "Fire": Fact.FIRE, "Smoke": Fact.FIRE, "Water": Fact.WATER, "CO": Fact.GAS_ALARM, "GAS": Fact.GAS_ALARM,
    "Occupancy": Fact.MOTION, "Contact": Fact.OPEN, "Movement": Fact.TAMPER, "Tamper": Fact.TAMPER,
    "BatteryLow": Fact.BATTERY_LOW, "CIE": Fact.OTHER, "PersonalAlarm": Fact.OTHER, "Panic": Fact.OTHER,
    "GlassBreak": Fact.OTHER,
}  # fmt: skip
_ZONE_BITS: Final = {2: Fact.TAMPER, 3: Fact.BATTERY_LOW, 6: Fact.FAULT, 7: Fact.MAINS_LOST, 8: Fact.TEST}
"""Zigbee Cluster Library §8.2.2.2.1.3; bits 0 and 1 are the zone's own alarm, which has a name where its kind is known."""
_ALARM: Final = 0b11
_SECOND: Final = 0b10
_RAW_ZONES: Final = ("0500<00", "0500!00", "0500_00")
"""What older versions tell in place of `ZoneStatusChange`: the command as it came, its status first, little-endian."""
_RAW_ZONE: Final = re.compile(r"[0-9A-Fa-f]{4,16}")
_ZONES: Final = {
    word: tuple((1 << bit, fact, f"{word}.{bit}") for bit, fact in _ZONE_BITS.items())
    for word in ("ZoneStatus", "ZoneStatusChange")
}
_OTHER: Final = Fact.OTHER
_MISSING: Final = Quality.MISSING


def devices(bridge: str, heard: Mapping[str, object], at: tuple[datetime, Quality]) -> list[Decoded]:
    """Read what each device said through `bridge`."""
    said: list[Decoded] = []
    alone = heard.get("Device")  # SetOption119: the device is not named in front
    for key, told in islice(heard.items(), _DEVICES_MOST) if not isinstance(alone, str) else ((alone, heard),):
        if isinstance(told, dict):
            named = told.get("Name")
            named = text(named) if isinstance(named, str) else ""
            device, name, gateway = who(bridge, key[: TEXT_KEPT + 1], named)  # as much as `text` looks at
            said.append(Discovered(device=device, name=named or name, model=_model(told), gateway=gateway))
            if isinstance(is_there := told.get("Reachable"), bool):
                said.append(
                    DeviceState(device=device, fact=Fact.OFFLINE, active=not is_there, time=at[0], code="Reachable")
                )
            said += _said(device, told, _heard_at(told, at) if "LastSeen" in told or "LastSeenEpoch" in told else at)
    return said


@lru_cache(maxsize=4096)
def who(bridge: str, key: str, named: str) -> tuple[DeviceId, str, str | None]:
    """Give the id of a device, what it is called for want of a name, and its gateway."""
    name = text(key).translate(_SEPARATORS)
    above, _, last = bridge.lower().rpartition(".")
    # With SetOption89 the topic has a level for the device, too, by address or name, and with SetOption120 its endpoint.
    own = {name.lower(), name.lower().removeprefix("0x"), named.translate(_SEPARATORS).lower()} - {""}
    gateway = bridge if own.isdisjoint((last, last.rpartition("_")[0])) else bridge[: len(above)]
    return DeviceId(f"{gateway}.{name}" if gateway else name), name, gateway or None


def _heard_at(told: Mapping[str, object], at: tuple[datetime, Quality]) -> tuple[datetime, Quality]:
    """Give when the bridge last heard a device of which it tells what it remembers."""
    if (epoch := number(told.get("LastSeenEpoch"))) is not None:
        return settle(epoch, at[0])
    ago = number(told.get("LastSeen"))
    return at if ago is None or not 0 <= ago < _AGO_MOST else (at[0] - timedelta(seconds=ago), at[1])


def _model(told: Mapping[str, object]) -> str:
    maker, model = told.get("Manufacturer"), told.get("ModelId")
    if maker is None and model is None:
        return ""
    return " ".join(text(one) for one in (maker, model) if isinstance(one, str))


def _said(device: DeviceId, told: Mapping[str, object], at: tuple[datetime, Quality]) -> list[Decoded]:
    said: list[Decoded] = []
    time, quality = at
    has_alarm = False
    for key, raw in told.items():
        if key in _QUANTITIES:
            if raw is not None:
                metric, unit = _QUANTITIES[key]
                value = number(raw)
                told_as = _MISSING if value is None else quality
                said.append(
                    Reading(device=device, metric=metric, time=time, value=value, unit=unit, quality=told_as, code=key)
                )
        elif key in _FACTS and raw in (0, 1):
            has_alarm = True
            said.append(
                DeviceState(device=device, fact=_FACTS[key], active=bool(raw), time=time, quality=quality, code=key)
            )
    for word, bits in _ZONES.items():
        zone = number(told[word]) if word in told else _raw_zone(told) if word == "ZoneStatusChange" else None
        if zone is not None and 0 <= zone < 1 << 16:
            status = int(zone)
            said += [
                DeviceState(device=device, fact=fact, active=status & bit != 0, time=time, quality=quality, code=code)
                for bit, fact, code in bits
            ]
            # A zone of a kind the bridge does not know; some gas detectors alarm by the second bit, which the bridge leaves out.
            alarms = _ALARM if not has_alarm else _SECOND if "CO" in told or "GAS" in told else 0
            if alarms:
                is_on = status & alarms != 0
                said.append(
                    DeviceState(device=device, fact=_OTHER, active=is_on, time=time, quality=quality, code=word)
                )
    return said


def _raw_zone(told: Mapping[str, object]) -> float | None:
    for key in _RAW_ZONES:
        raw = told.get(key)
        if isinstance(raw, str) and _RAW_ZONE.fullmatch(raw):
            return float(int(raw[2:4] + raw[:2], 16))
    return None
