"""Zigbee devices that a Tasmota bridge hears: `ZbReceived` and `ZbInfo`. Pure.

A device's name is its short address or, where it was given one, its name; a message repeats it as `Device` and `Name`.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from ingest.readings import Decoded, DeviceId, DeviceState, Discovered, Fact, Quality, Reading
from ingest.wire import number, text

_SEPARATORS: Final = str.maketrans(dict.fromkeys("/+#", "."))
_DEVICES_MOST: Final = 256  # of one message; a bridge sends one at a time

_QUANTITIES: Final = {
    "Temperature": ("temperature", "Cel"), "Humidity": ("humidity", "%RH"), "Pressure": ("pressure", "hPa"),
    "Illuminance": ("illuminance", "lux"), "BatteryPercentage": ("battery", "%EL"), "BatteryVoltage": ("voltage", "V"),
    "LinkQuality": ("linkquality", "1"), "RMSVoltage": ("mains_voltage", "V"), "ActivePower": ("power", "W"),
    "RMSCurrent": ("current", "A"),
}  # fmt: skip
_FACTS: Final = {
    "Fire": Fact.FIRE, "Smoke": Fact.FIRE, "Water": Fact.WATER, "CO": Fact.GAS_ALARM, "GAS": Fact.GAS_ALARM,
    "Occupancy": Fact.MOTION, "Contact": Fact.OPEN, "Movement": Fact.TAMPER, "Tamper": Fact.TAMPER,
    "BatteryLow": Fact.BATTERY_LOW,
}  # fmt: skip
_ZONE_WORDS: Final = ("ZoneStatus", "ZoneStatusChange")
_ZONE_BITS: Final = (
    (2, Fact.TAMPER), (3, Fact.BATTERY_LOW), (6, Fact.FAULT), (7, Fact.MAINS_LOST), (8, Fact.TEST),
)  # fmt: skip
"""Zigbee Cluster Library §8.2.2.2.1.3; bits 0 and 1 are the zone's own alarm, which has a name where its kind is known."""
_ALARM_BITS: Final = 0b11


def devices(bridge: str, heard: Mapping[str, object], at: tuple[datetime, Quality]) -> Iterator[Decoded]:
    """Read what each device said through `bridge`."""
    for key, told in list(heard.items())[:_DEVICES_MOST]:
        if not isinstance(told, dict):
            continue
        name = text(key).translate(_SEPARATORS)
        above, _, last = bridge.rpartition(".")
        # With SetOption89 the topic has a level for the device, too.
        gateway = above if above and last.lower() in {name.lower(), name.lower().removeprefix("0x")} else bridge
        device = DeviceId(f"{gateway}.{name}" if gateway else name)
        model = " ".join(text(told[k]) for k in ("Manufacturer", "ModelId") if isinstance(told.get(k), str))
        named = told.get("Name")
        yield Discovered(
            device=device, name=text(named) if isinstance(named, str) else name, model=model, gateway=gateway or None
        )
        yield from _said(device, told, at)


def _said(device: DeviceId, told: Mapping[str, object], at: tuple[datetime, Quality]) -> Iterator[Decoded]:
    time, quality = at
    has_alarm = False
    for key, raw in told.items():
        if key in _QUANTITIES and raw is not None:
            metric, unit = _QUANTITIES[key]
            value = number(raw)
            yield Reading(
                device=device,
                metric=metric,
                time=time,
                value=value,
                unit=unit,
                quality=Quality.MISSING if value is None else quality,
                code=key,
            )
        elif key in _FACTS and raw in (0, 1):
            has_alarm = True
            yield DeviceState(device=device, fact=_FACTS[key], active=bool(raw), time=time, quality=quality, code=key)
    for word in _ZONE_WORDS:
        bits = number(told.get(word))
        if bits is not None and 0 <= bits < 1 << 16:
            yield from _zone(device, int(bits), word, at, has_alarm=has_alarm)


def _zone(
    device: DeviceId, bits: int, word: str, at: tuple[datetime, Quality], *, has_alarm: bool
) -> Iterator[DeviceState]:
    for bit, fact in _ZONE_BITS:
        yield DeviceState(
            device=device, fact=fact, active=bool(bits >> bit & 1), time=at[0], quality=at[1], code=f"{word}.{bit}"
        )
    if not has_alarm:  # a zone of a kind the bridge does not know
        yield DeviceState(
            device=device, fact=Fact.OTHER, active=bool(bits & _ALARM_BITS), time=at[0], quality=at[1], code=word
        )
