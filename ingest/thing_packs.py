"""Take apart what a gateway packs: its own properties and events, and those of the devices behind it. Pure.

Aliyun and OneNET share the form: {"identity": {…}, "properties": {…}, "events": {…}}, alone, in a list, or under `subDevices`. Stored
values told later have lists where fresh ones have objects. Clones write {"productKey", "deviceKey", "measurepoints", "time"} and
{"values", "time"}. Refuses nothing: what is of another shape is not there.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from ingest.readings import Decoded, DeviceId, Quality, Reason, Rejection
from ingest.thing_identity import identity
from ingest.thing_report import Report
from ingest.thing_values import own_time

_Moment = tuple[datetime, Quality]


def read_packs(params: object, gateway: DeviceId, moment: _Moment, received: datetime) -> list[Decoded]:
    """Read every pack of a message of `gateway`; `moment` holds where a value has no time of its own.

    A device without a name is a rejection.
    """
    said: list[Decoded] = []
    for item in _each(params):
        if type(item) is not dict:
            said.append(Rejection(reason=Reason.MALFORMED, detail="a pack is an object"))
            continue
        _pack(item, gateway, moment, received, said)
        behind = item.get("subDevices")
        for one in behind if type(behind) is list else ():
            if type(one) is dict:
                _pack(one, gateway, moment, received, said)
    return said


def _pack(
    item: Mapping[str, object], gateway: DeviceId, moment: _Moment, received: datetime, said: list[Decoded]
) -> None:
    named = item.get("identity", item if "productKey" in item else None)
    device = gateway if named is None else identity(named)
    if device is None:
        said.append(Rejection(reason=Reason.MALFORMED, detail="a packed device without product and name"))
        return
    if "time" in item:
        moment = own_time(item["time"], moment, received)
    held = item["properties"] if "properties" in item else item.get("measurepoints", item.get("values"))
    for values in _each(held):
        if type(values) is dict:
            report = Report(device, moment, received, said)
            report.take(values, moment)
            report.close()
    packed = item.get("events")
    if packed:
        report = Report(device, moment, received, said)
        for events in _each(packed):
            if type(events) is dict:
                read_events(report, events)
        report.close()


def read_events(report: Report, events: Mapping[str, object]) -> None:
    """Read events by name: {"lowBattery": {"value": {…}, "time": …}}, or several of one name in a list."""
    for name, told in events.items():
        for one in _each(told):
            if type(one) is dict and "value" in one:
                report.event(name, one["value"], report.at(one.get("time")))
            else:
                report.event(name, one, report.moment)


def _each(value: object) -> Sequence[object]:
    return value if type(value) is list else (value,)
