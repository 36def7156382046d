"""Decode what China Telecom's CTWing / AEP platform pushes of NB-IoT, LTE and TCP devices. Pure and total.

Integrators publish the pushed JSON again: on `ctwing/{area}/{device}` for one device, on any other topic below `ctwing` or `aep` for
all. The device id is the platform's `deviceId`, because it alone is in every message: online and offline reports hold no
IMEI. Only where it is missing the IMEI (15 digits) stands in.

Transparent payloads (`APPdata`) are opened as far as they say themselves what they are: frames of GB/T 26875.3 and MEOKON, whose
own source is the device then, of Hikvision and Huaqiang, and JSON. Other bytes are enclosed for the codec of the registered device.
"""

from datetime import datetime
from typing import Final

import msgspec
from msgspec import UNSET, Struct, field

from ingest.decoders.ctwing_aep.payload import Data, name_of
from ingest.instants import settle
from ingest.readings import Decoded, Decoder, DeviceId, DeviceState, Enclosed, Fact, Quality, Reason, Rejection
from ingest.speaker import speaker
from ingest.thing_personal import without_personal
from ingest.thing_values import stamp, told
from ingest.wire import RefusedError, number, read_json, text

__all__ = ["DECODER", "decode"]

_MANY: Final = 4096
"""A longer list of messages is cut: no platform pushes a thousand at once, and a megabyte of empty ones would take seconds."""
_IMEI_DIGITS: Final = 15
_WARNING, _BROKEN = 2, 3
_Moment = tuple[datetime, Quality]


class _Message(Struct, frozen=True, gc=False):
    """What is read of a message; the platform writes twice as much."""

    payload: object = UNSET
    timestamp: object = None
    kind: object = field(default=None, name="messageType")
    device: object = field(default=None, name="deviceId")
    code: object = field(default=None, name="deviceCode")
    imei_large: object = field(default=None, name="IMEI")
    imei: object = None
    product: object = field(default=None, name="productId")
    service: object = field(default="", name="serviceId")
    event: object = field(default=None, name="eventType")
    event_content: object = field(default=UNSET, name="eventContent")
    notify: object = field(default=None, name="notifyType")
    old_service: object = field(default=None, name="service")


_parse: Final = msgspec.json.Decoder(_Message).decode


def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    """Decode a pushed message, or a list of them, that arrived on `topic` at `received` (aware UTC).

    Answers to commands say nothing of the field: [].
    """
    allowed = speaker(topic, "ctwing")
    try:
        if payload[:1] == b"{" and payload.isascii():  # what is passed over is not looked at, whether it is UTF-8
            return _said(read_json(payload, _parse), allowed, received)
        messages = read_json(payload)
        if type(messages) is not list:
            return _said(_message(messages), allowed, received)
    except RefusedError as refused:
        return [refused.rejection]
    decoded: list[Decoded] = []
    for one in messages[:_MANY]:
        try:
            decoded += _said(_message(one), allowed, received)
        except RefusedError as refused:
            decoded.append(refused.rejection)
    if len(messages) > _MANY:
        decoded.append(Rejection(reason=Reason.TOO_LARGE, detail=f"{len(messages)} messages, {_MANY} are taken"))
    return decoded


TOPICS: Final = ("ctwing/#", "aep/#")
DECODER: Final[Decoder] = decode
STORABLE: Final = without_personal


def _message(value: object) -> _Message:
    if type(value) is not dict:
        raise RefusedError(Reason.MALFORMED, "a message of the platform is an object")
    return msgspec.convert(value, _Message)


def _said(message: _Message, allowed: str | None, received: datetime) -> list[Decoded]:
    kind, payload = message.kind, message.payload
    word = kind.lower() if type(kind) is str else "" if payload is UNSET else "datareport"
    if kind is None and message.notify == "deviceDataChanged" and type(message.old_service) is dict:
        return _changed(message, message.old_service, allowed, received)
    if word == "commandresponse":
        return []
    device = _device(message, allowed)
    moment = settle(stamp(message.timestamp), received)
    if word.startswith("datareport"):
        return Data(device, message.product, moment, received, _imei(message)).payload(payload)
    if word == "deviceonlineofflinereport":
        return [_availability(device, message.event, moment)]
    if word == "eventreport":
        return _event(device, message, moment, received)
    raise RefusedError(Reason.UNSUPPORTED, f"messageType {word[:40]}")


def _changed(message: _Message, service: dict[str, object], allowed: str | None, received: datetime) -> list[Decoded]:
    """Read what the platform before AEP pushes: one service with its data and its own time (`20200520T021156Z`)."""
    moment = settle(stamp(service.get("eventTime")), received)
    return Data(_device(message, allowed), message.product, moment, received).payload(service.get("data"))


def _device(message: _Message, allowed: str | None) -> DeviceId:
    """Give the device that speaks: `deviceId`, or the IMEI where there is none. The topic may name it by either."""
    device = name_of(message.device) or _imei(message) or name_of(message.code)
    if not device:
        raise RefusedError(Reason.MALFORMED, "neither a deviceId nor an IMEI of 15 digits")
    if allowed is not None and allowed != device.upper() and allowed != _imei(message):
        raise RefusedError(Reason.FOREIGN_DEVICE, f"device {device} on the topic of {allowed}")
    return DeviceId(device)


def _imei(message: _Message) -> str:
    imei = name_of(message.imei_large or message.imei)
    return imei if len(imei) == _IMEI_DIGITS and imei.isdecimal() else ""


def _availability(device: DeviceId, event: object, moment: _Moment) -> DeviceState:
    kind = number(event)
    if kind not in (0.0, 1.0):
        raise RefusedError(Reason.MALFORMED, "eventType is neither 1 online nor 0 offline")
    return DeviceState(
        device=device, fact=Fact.OFFLINE, active=kind == 0.0, time=moment[0], quality=moment[1], code="eventType"
    )


def _event(device: DeviceId, message: _Message, moment: _Moment, received: datetime) -> list[Decoded]:
    """Read an event by its content; where that states no fact, a warning or a fault is told as such for a moment."""
    content = message.payload if message.event_content is UNSET else message.event_content
    if content is None or content is UNSET:
        said: list[Decoded] = []
    else:
        said = Data(device, message.product, moment, received).payload(content)
    grade, code = number(message.event), f"event {message.service}"
    if grade in (_WARNING, _BROKEN) and not any(isinstance(item, DeviceState | Enclosed) for item in said):
        said += told(device, Fact.FAULT if grade == _BROKEN else Fact.OTHER, *moment, text(code[:40]))
    return said
