"""Take apart what a gateway packs: its own properties and events, and those of the devices behind it. Pure.

Aliyun and OneNET share the form: {"identity": {…}, "properties": {…}, "events": {…}}, alone, in a list, or under `subDevices`. Stored
values told later have lists where fresh ones have objects. Refuses nothing: what is of another shape is not there.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from msgspec import Struct

from ingest.readings import Decoded, DeviceId, Quality, Reason, Rejection
from ingest.thing_report import Report, read_properties

_PRODUCTS: Final = ("productKey", "productID", "productId")
_NAMES: Final = ("deviceName", "deviceKey")
_NAME: Final = re.compile(r"[^/+#\s\x00-\x1f\x7f]{1,64}")


class Pack(Struct, frozen=True):
    """What was packed of one device. `device` is None for the gateway itself."""

    device: DeviceId | None
    properties: object
    events: object


def is_name(value: str) -> bool:
    """Tell whether text can be the name of a device: at most 64 characters without blanks, `/`, `+` and `#`."""
    return _NAME.fullmatch(value) is not None and value.isprintable()


def identity(value: object) -> DeviceId | None:
    """Make the id of a device, `{product}.{name}`, of the object that names it; None where it does not."""
    if not isinstance(value, dict):
        return None
    product = next((value[key] for key in _PRODUCTS if key in value), None)
    name = next((value[key] for key in _NAMES if key in value), None)
    if isinstance(product, str) and isinstance(name, str) and is_name(product) and is_name(name):
        return DeviceId(f"{product}.{name}")
    return None


def packs(params: object) -> Iterator[Pack | Rejection]:
    """Yield the packs of one message; a device without a name is a rejection."""
    for item in params if isinstance(params, list) else [params]:
        if not isinstance(item, dict):
            yield Rejection(reason=Reason.MALFORMED, detail="a pack is an object")
            continue
        yield from _pack(item)
        behind = item.get("subDevices")
        for one in behind if isinstance(behind, list) else ():
            if isinstance(one, dict):
                yield from _pack(one)


def _pack(item: Mapping[str, object]) -> Iterator[Pack | Rejection]:
    named = item.get("identity")
    device = identity(named)
    if named is not None and device is None:
        yield Rejection(reason=Reason.MALFORMED, detail="a packed device without product and name")
    elif "properties" in item or "events" in item:
        yield Pack(device, item.get("properties"), item.get("events"))


def read_packs(
    params: object, gateway: DeviceId, moment: tuple[datetime, Quality], received: datetime
) -> Iterator[Decoded]:
    """Read every pack of a message of `gateway`; `moment` holds where a value has no time of its own."""
    for pack in packs(params):
        if isinstance(pack, Rejection):
            yield pack
            continue
        device = pack.device or gateway
        for values in pack.properties if isinstance(pack.properties, list) else [pack.properties]:
            if isinstance(values, dict):
                yield from read_properties(values, device, moment, received)
        if pack.events:
            report = Report(device, *moment, received)
            for events in pack.events if isinstance(pack.events, list) else [pack.events]:
                if isinstance(events, dict):
                    read_events(report, events)
            yield from report.close()


def read_events(report: Report, events: Mapping[str, object]) -> None:
    """Read events by name: {"lowBattery": {"value": {…}, "time": …}}, or several of one name in a list."""
    for name, told in events.items():
        for one in told if isinstance(told, list) else [told]:
            if isinstance(one, dict) and "value" in one:
                report.event(name, one["value"], report.at(one.get("time")))
            else:
                report.event(name, one, (report.time, report.quality))
