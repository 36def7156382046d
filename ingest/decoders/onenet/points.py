"""Read one data point of OneNET: by LwM2M's numbers, as opaque text of a maker, or by the name of its stream. Pure.

Raises RefusedError where text that begins as JSON is none.
"""

from datetime import datetime
from typing import Final

from ingest.decoders.onenet.lwm2m import BATTERY_LOW, BATTERY_STATUS, ERROR_CODE, ERRORS, Resource, resource
from ingest.enclosed_frames import from_hex
from ingest.maker_packets import opened_in
from ingest.readings import Decoded, DeviceId, DeviceState, Enclosed, Fact, Quality, Reading, Reason, Rejection
from ingest.thing_report import read_properties
from ingest.wire import number, read_json, text

_TEXT: Final = "_5750"  # the resource of text: makers put hex in it, at times of digits only
_LONG: Final = 20  # characters; a longer number is hex of digits, too
_MISSING: Final = Quality.MISSING
_Moment = tuple[datetime, Quality]


def read_point(device: DeviceId, stream: str, value: object, moment: _Moment, received: datetime) -> list[Decoded]:
    """Read one data point: by LwM2M's numbers, else by the name of its stream."""
    known = resource(stream)
    if known is ERROR_CODE:
        return _errors(device, number(value), stream, moment)
    if known is BATTERY_STATUS and (low := BATTERY_LOW.get(number(value))) is not None:
        return [
            DeviceState(
                device=device, fact=Fact.BATTERY_LOW, active=low, time=moment[0], quality=moment[1], code=stream
            )
        ]
    if type(value) is str and (stream.endswith(_TEXT) or len(value) >= _LONG or _is_word(value)):
        return _opaque(device, stream, value, moment, received)
    if known is not None:
        return [_resource(device, known, stream, value, moment)]
    return read_properties(value if type(value) is dict else {stream: value}, device, moment, received)


def _resource(
    device: DeviceId, known: Resource, stream: str, raw: object, moment: _Moment
) -> Reading | DeviceState | Rejection:
    time, quality = moment
    if known.fact is not None:
        if raw not in (0, 1, "0", "1"):
            return Rejection(reason=Reason.MALFORMED, detail=text(f"{stream} is neither 0 nor 1"[:80]))
        active = raw in {1, "1"}
        return DeviceState(device=device, fact=known.fact, active=active, time=time, quality=quality, code=stream)
    value = raw if type(raw) is float else float(raw) if isinstance(raw, bool) else number(raw)
    if value is not None:
        value = value * known.factor if known.factor != 1.0 else value
        value = value if known.low <= value <= known.high else None
    if value is None:
        quality = _MISSING
    return Reading(
        device=device, metric=known.metric, time=time, value=value, unit=known.unit, quality=quality, code=stream
    )


def _errors(device: DeviceId, code: float | None, stream: str, moment: _Moment) -> list[Decoded]:
    """Read the error code of the device object: 0 says that there is none."""
    if code is None:
        return [Rejection(reason=Reason.MALFORMED, detail="the error code is no number")]
    facts = (Fact.BATTERY_LOW, Fact.MAINS_LOST, Fact.FAULT) if code == 0 else (ERRORS.get(int(code), Fact.FAULT),)
    return [
        DeviceState(device=device, fact=fact, active=code != 0, time=moment[0], quality=moment[1], code=stream)
        for fact in facts
    ]


def _opaque(device: DeviceId, stream: str, value: str, moment: _Moment, received: datetime) -> list[Decoded]:
    """Open the text of a maker: hex of a frame that says what it is, JSON, or bytes for a codec."""
    if value.lstrip()[:1] == "{":
        inner = read_json((value if '"' in value else value.replace("'", '"')).encode())
        if isinstance(inner, dict):
            return read_properties(inner, device, moment, received)
    data = from_hex(value) or value.encode()
    opened = opened_in(device, data, moment, received)
    if opened is not None:
        return opened
    return [Enclosed(device=device, payload=data, time=moment[0], quality=moment[1], hint=text(stream))]


def _is_word(value: str) -> bool:
    return value[:1].isalpha() or number(value) is None
