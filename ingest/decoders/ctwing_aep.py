"""Decode what China Telecom's CTWing / AEP platform pushes of NB-IoT, LTE and TCP devices. Pure and total.

Integrators publish the pushed JSON again: on `ctwing/{area}/{device}` for one device, on any other topic below `ctwing` or `aep` for
all. The device id is the platform's `deviceId`, because it alone is in every message: online and offline reports hold no
IMEI. Only where it is missing the IMEI (15 digits) stands in.

Transparent payloads (`APPdata`) are opened as far as they say themselves what they are: frames of GB/T 26875.3 and MEOKON, whose
own source is the device then, and JSON. Other bytes are enclosed for the codec of the registered device.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final

from msgspec import Struct

from ingest.decoders.gb26875_3 import states
from ingest.decoders.gb26875_3.states import Claim
from ingest.enclosed_frames import frames_in, from_base64
from ingest.instants import settle
from ingest.readings import (
    Decoded,
    Decoder,
    DeviceId,
    DeviceState,
    Enclosed,
    Fact,
    Quality,
    Reason,
    Rejection,
)
from ingest.speaker import speaker
from ingest.thing_identity import is_name
from ingest.thing_personal import without_personal
from ingest.thing_report import read_properties
from ingest.thing_values import stamp, told
from ingest.wire import RefusedError, number, read_json, text

_MANY: Final = 4096
"""A longer list of messages is cut: no platform pushes a thousand at once, and a megabyte of empty ones would take seconds."""
_IMEI_DIGITS: Final = 15
_NOBODY: Final = frozenset({"", "undefined", "null", "none"})
_TRANSMITTER_DIGITS: Final = 14  # of the id of a transmission device; its components' ids begin with it
_COMPONENTS, _GONE = 27, 92
_WARNING, _BROKEN = 2, 3

_Moment = tuple[datetime, Quality]

# 力安: what Alarm_Status says; True and False are of the fact, None is over a second later.
_LIAN: Final[Mapping[int, tuple[tuple[Fact, bool | None], ...]]] = {
    1: ((Fact.FIRE, True),),
    2: ((Fact.SILENCED, True),),
    4: ((Fact.BATTERY_LOW, True),),
    5: ((Fact.FAULT, True),),
    6: ((Fact.FAULT, True),),
    7: ((Fact.FIRE, False), (Fact.FAULT, False), (Fact.BATTERY_LOW, False), (Fact.SILENCED, False)),
    8: ((Fact.SILENCED, True),),
    9: ((Fact.SILENCED, True),),
    10: ((Fact.TAMPER, True),),
    11: ((Fact.TAMPER, False),),
    12: ((Fact.OFFLINE, False),),
    13: ((Fact.FAULT, True),),
    14: ((Fact.TEST, None),),
}


@lru_cache(maxsize=1024)
def _claims(word: int) -> tuple[Claim, ...]:
    return tuple(states.word_claims(word, states.COMPONENT))


def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    """Decode a pushed message, or a list of them, that arrived on `topic` at `received` (aware UTC).

    Answers to commands say nothing of the field: [].
    """
    allowed = speaker(topic, "ctwing")
    try:
        message = read_json(payload)
    except RefusedError as refused:
        return [refused.rejection]
    if not isinstance(message, list):
        return _one(message, allowed, received)
    decoded: list[Decoded] = []
    for one in message[:_MANY]:
        decoded += _one(one, allowed, received)
    if len(message) > _MANY:
        decoded.append(Rejection(reason=Reason.TOO_LARGE, detail=f"{len(message)} messages, {_MANY} are taken"))
    return decoded


TOPICS: Final = ("ctwing/#", "aep/#")
DECODER: Final[Decoder] = decode
STORABLE: Final = without_personal


def _one(message: object, allowed: str | None, received: datetime) -> list[Decoded]:
    try:
        return _message(message, allowed, received)
    except RefusedError as refused:
        return [refused.rejection]


def _message(message: object, allowed: str | None, received: datetime) -> list[Decoded]:
    if type(message) is not dict:
        raise RefusedError(Reason.MALFORMED, "a message of the platform is an object")
    kind = message.get("messageType")
    word = kind.lower() if isinstance(kind, str) else "datareport" if "payload" in message else ""
    if word == "commandresponse":
        return []
    device = _device(message, allowed)
    moment = settle(stamp(message.get("timestamp")), received)
    if word.startswith("datareport"):
        return _Data(device, message, moment, received).payload(message.get("payload"))
    if word == "deviceonlineofflinereport":
        return [_availability(device, message.get("eventType"), moment)]
    if word == "eventreport":
        return _event(device, message, moment, received)
    raise RefusedError(Reason.UNSUPPORTED, f"messageType {word[:40]}")


def _device(message: Mapping[str, object], allowed: str | None) -> DeviceId:
    """Give the device that speaks: `deviceId`, or the IMEI where there is none. The topic may name it by either."""
    device = _name(message.get("deviceId")) or _imei(message) or _name(message.get("deviceCode"))
    if not device:
        raise RefusedError(Reason.MALFORMED, "neither a deviceId nor an IMEI of 15 digits")
    if allowed is not None and allowed != device.upper() and allowed != _imei(message):
        raise RefusedError(Reason.FOREIGN_DEVICE, f"device {device} on the topic of {allowed}")
    return DeviceId(device)


def _imei(message: Mapping[str, object]) -> str:
    imei = _name(message.get("IMEI") or message.get("imei"))
    return imei if len(imei) == _IMEI_DIGITS and imei.isdecimal() else ""


def _name(value: object) -> str:
    if type(value) is int:
        value = str(value) if abs(value) < 1 << 62 else ""
    return value if type(value) is str and is_name(value) and value.lower() not in _NOBODY else ""


def _availability(device: DeviceId, event: object, moment: _Moment) -> DeviceState:
    kind = number(event)
    if kind not in (0.0, 1.0):
        raise RefusedError(Reason.MALFORMED, "eventType is neither 1 online nor 0 offline")
    return DeviceState(
        device=device, fact=Fact.OFFLINE, active=kind == 0.0, time=moment[0], quality=moment[1], code="eventType"
    )


def _event(device: DeviceId, message: Mapping[str, object], moment: _Moment, received: datetime) -> list[Decoded]:
    """Read an event by its content; where that states no fact, a warning or a fault is told as such for a moment."""
    content = message.get("eventContent", message.get("payload"))
    said = _Data(device, message, moment, received).payload(content) if content is not None else []
    grade, code = number(message.get("eventType")), f"event {message.get('serviceId', '')}"
    if grade in (_WARNING, _BROKEN) and not any(isinstance(item, DeviceState | Enclosed) for item in said):
        said += told(device, Fact.FAULT if grade == _BROKEN else Fact.OTHER, *moment, text(code[:40]))
    return said


class _Data(Struct):
    """The payload of one message."""

    device: DeviceId
    message: Mapping[str, object]
    moment: _Moment
    received: datetime

    def payload(self, payload: object) -> list[Decoded]:
        """Read it in whichever of the platform's forms it has."""
        if type(payload) is str:
            return self._transparent(payload)
        if type(payload) is dict:
            bare = payload["APPdata"] if "APPdata" in payload else payload.get("appdata", payload.get("appData"))
            if type(bare) is str:
                return self._transparent(bare)
            services = payload.get("services")
            if type(services) is not list:
                return self._values(payload.get("serviceData", payload))
            payload = services
        if type(payload) is not list:
            raise RefusedError(Reason.MALFORMED, "no payload")
        said: list[Decoded] = []
        for one in payload:
            said += self._values(one.get("serviceData", one) if isinstance(one, dict) else None)
        return said

    def _transparent(self, bare: str) -> list[Decoded]:
        data = bare.encode() if bare.lstrip()[:1] == "{" else from_base64(bare)
        if data is None:
            raise RefusedError(Reason.MALFORMED, "APPdata is neither base64 nor hex")
        opened = frames_in(data, self.received)
        if opened is not None:
            return opened
        if data.lstrip()[:1] == b"{":
            inner = read_json(data)
            if type(inner) is dict:
                return self._components(inner) if "c" in inner and "b" in inner else self._values(inner)
        time, quality = self.moment
        product = _name(self.message.get("productId"))
        return [Enclosed(device=self.device, payload=data, time=time, quality=quality, hint=product)]

    def _values(self, values: object) -> list[Decoded]:
        if type(values) is not dict:
            raise RefusedError(Reason.MALFORMED, "the values are no object")
        own = stamp(values["time"] if "time" in values else values.get("timestamp"))
        moment = self.moment if own is None else settle(own, self.received)
        if "Alarm_Status" not in values:
            return read_properties(values, self.device, moment, self.received)
        said = self._lian(values.pop("Alarm_Status"), moment)
        said += read_properties(values, self.device, moment, self.received)
        return said

    def _lian(self, status: object, moment: _Moment) -> list[Decoded]:
        """Read the alarm code of 力安 smoke detectors: it states one change, and only 7 says that all is well."""
        code = number(status)
        claims = _LIAN.get(int(code)) if code is not None else None
        if claims is None:
            return [Rejection(reason=Reason.UNSUPPORTED, detail=text(f"Alarm_Status {status}"[:60]))]
        said: list[Decoded] = []
        time, quality = moment
        for fact, active in claims:
            if active is None:
                said += told(self.device, fact, time, quality, str(status))
                continue
            said.append(
                DeviceState(device=self.device, fact=fact, active=active, time=time, quality=quality, code=str(status))
            )
        return said

    def _components(self, message: Mapping[str, object]) -> list[Decoded]:
        """Read the JSON of a fire panel's transmission device: `c` 27 states of components, 92 a device that is gone."""
        kind, parts = message["c"], message["b"]
        if kind not in (_COMPONENTS, _GONE) or not isinstance(parts, list):
            raise RefusedError(Reason.UNSUPPORTED, text(f"c {kind}"[:40]))
        own = stamp(message.get("tm"))
        moment = self.moment if own is None else settle(own, self.received)
        said: list[Decoded] = []
        heard: set[str] = set()
        for part in parts:
            name = _name(part.get("id")) if type(part) is dict else ""
            word = number(part.get("v")) if name else None
            if word is None or not 0 <= word <= 0xFFFF:  # noqa: PLR2004 -- a state word has two bytes
                said.append(Rejection(reason=Reason.MALFORMED, detail="a component without id or state"))
            elif kind == _GONE:
                said.append(self._state(name, Fact.OFFLINE, word != 0, moment, "92"))
            else:
                said += [
                    self._state(name, claim.fact, claim.active, moment, claim.code) for claim in _claims(int(word))
                ]
                if len(name) > _TRANSMITTER_DIGITS:
                    heard.add(name[:_TRANSMITTER_DIGITS])
        said += [self._state(name, Fact.OFFLINE, False, moment, "27") for name in sorted(heard)]  # it is not gone
        return said

    def _state(self, part: str, fact: Fact, active: bool, moment: _Moment, code: str) -> DeviceState:  # noqa: FBT001
        return DeviceState(
            device=DeviceId(f"{self.device}-{part}"),
            fact=fact,
            active=active,
            time=moment[0],
            quality=moment[1],
            code=code,
        )
