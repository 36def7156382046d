"""Axis and ONVIF cameras over MQTT: what they see and whether they work. Pure. Refuses plates, faces and pictures.

Three spellings of one event, each on a topic below the camera's own prefix, whose last level is the device: the JSON of
Axis (`{prefix}/event/…`), the JSON of the ONVIF Core Specification's event broker (`{prefix}/onvif-ej/…`), and ONVIF metadata
XML. An event says one thing of one source (a port, a detection profile), and what it means is in its topic (`meanings`).

What is told on connecting is no event: ONVIF marks it `Initialized`. Of it only "it is not so" counts at once, because that may
be an end we missed; "it is so" is kept as history, which raises nothing. Axis's own JSON has no such mark.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from ingest.decoders.axis_onvif_mqtt import event_json, event_xml
from ingest.decoders.axis_onvif_mqtt.event import Event, active_of, hazards_of, is_unclear, sees_nothing
from ingest.decoders.axis_onvif_mqtt.meanings import Meaning, meaning_of, snake
from ingest.decoders.axis_onvif_mqtt.places import Address, address_of, is_same_serial
from ingest.instants import settle
from ingest.readings import Decoded, Decoder, DeviceId, DeviceState, Dropped, Fact, Quality, Reading, Reason, Rejection
from ingest.wire import RefusedError, is_picture, number, plain_text, read_json, text

__all__ = ["DECODER", "decode"]

_MOMENT: Final = timedelta(seconds=1)
"""How long a happening without an end is told to last: it has to end for the next one to be another."""
_CONNECTED_WORDS: Final = {
    "online": True,
    "connected": True,
    "offline": False,
    "disconnected": False,
    "connection lost": False,
}
_BY_HAND: Final = DeviceId("camera")
"""Who speaks in a file that is looked at without a topic and names nobody itself."""
_PERSONAL: Final = re.compile(
    rb"(?<!tem)plate|(?<!inter)(?<!sur)face|alpv|anpr|humanbody|clothing|observations|accesscontrol|credential|bodytemperature",
    re.IGNORECASE,
)
_NAME_LOOKED_AT: Final = 200  # characters of an item's name, which bounds what is kept of it
_SCENES: Final = ("Frame", "frame", "observations")
"""What the description of a scene is called by ONVIF, by Axis, and by Axis for an object on its way through it."""
_KELVIN_FROM: Final = 200.0
"""No room is that hot in degrees and none that cold in kelvin; the specification asks for degrees and shows kelvin."""
_DEGREES_BELOW: Final = 150.0
"""Nothing a thermal camera looks at is that cold in kelvin, which it should tell."""


def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    """Decode an event that arrived on `topic` at `received` (aware UTC). An empty payload deletes a kept one: []."""
    try:
        return list(_decode(address_of(topic), payload, received))
    except RefusedError as refused:
        return [refused.rejection]


def storable(payload: bytes) -> bytes:
    """Give what may be kept of a raw message: nothing of one that speaks of plates, faces or holders of keys, all of any other."""
    return b"" if _PERSONAL.search(payload) else payload


TOPICS: Final = (
    "axis/#", "+/event/connection", "+/event/tns:onvif/#", "+/event/tns:axis/#", "+/onvif-ej/#", "+/onvif-mj/SensorData/#",
)  # fmt: skip
DECODER: Final[Decoder] = decode
STORABLE: Final = storable


def _decode(address: Address, payload: bytes, received: datetime) -> Iterator[Decoded]:
    start = payload[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start == b"<":
        for event in event_xml.read(payload, address):
            yield from _event(_device(address, event.speaker), event, received)
    elif start in (b"{", b"["):
        yield from _json(address, read_json(payload), received)
    elif is_picture(payload):
        raise RefusedError(Reason.UNSUPPORTED, "a picture")
    elif start:
        word = plain_text(payload)
        if word not in _CONNECTED_WORDS:
            raise RefusedError(Reason.MALFORMED, "neither JSON, XML nor a word about the connection")
        yield _connection(_device(address, ""), received, is_up=_CONNECTED_WORDS[word])


@lru_cache(maxsize=4096)
def _is_personal(name: str) -> bool:
    return storable(name.encode()) == b""


def _json(address: Address, message: object, received: datetime) -> Iterator[Decoded]:
    if not isinstance(message, dict):
        raise RefusedError(Reason.MALFORMED, "an event is an object")
    serial = message.get("serial")
    device = _device(address, text(serial) if isinstance(serial, str) else "")
    if isinstance(message.get("connected"), bool):
        yield _connection(device, received, is_up=message["connected"])
        return
    if not message.keys().isdisjoint(_SCENES):
        return  # ten times a second: where everybody stands, what they wear, and their picture
    yield from _event(device, event_json.read(message, address), received)


def _device(address: Address, speaker: str) -> DeviceId:
    """Choose who speaks: the topic says so; a serial number in the payload only where the topic names nobody."""
    if address.device:
        if speaker and not is_same_serial(address.device, speaker):
            raise RefusedError(Reason.FOREIGN_DEVICE, f"serial {speaker} on the topic of {address.device}")
        return DeviceId(address.device)
    if speaker:
        return DeviceId(speaker.replace("/", "."))
    if address.is_by_hand:
        return _BY_HAND
    raise RefusedError(Reason.TOPIC, "the topic names no camera")


def _connection(device: DeviceId, received: datetime, *, is_up: bool) -> DeviceState:
    return DeviceState(device=device, fact=Fact.OFFLINE, active=not is_up, time=received, code="connection")


def _event(device: DeviceId, event: Event, received: datetime) -> Iterator[Decoded]:
    meaning = meaning_of(event.path)
    if meaning.is_personal:
        yield Dropped(fields=(event.path[-40:],))
        return
    personal = tuple(sorted(name for name in event.data if _is_personal(name[:_NAME_LOOKED_AT])))
    if personal:
        yield Dropped(fields=personal)
    active = active_of(event.data)
    if event.operation == "deleted":
        active = False  # the property is gone: whatever it said holds no more
    time, quality = settle(event.seconds, received)
    if event.operation == "initialized" and active:
        quality = Quality.HISTORY
    if meaning.measures:
        yield from _measured(device, event, meaning.measures, (time, quality))
    elif meaning.is_port:
        yield from _port(device, event, time, quality, active=active)
    elif meaning.facts:
        yield from _facts(device, event, meaning, (time, quality), active=active)
    elif active is not None:
        yield Reading(
            device=device,
            metric=snake(event.path),
            time=time,
            value=float(active),
            unit="1",
            quality=quality,
            code=event.code,
        )


def _facts(
    device: DeviceId, event: Event, meaning: Meaning, at: tuple[datetime, Quality], *, active: bool | None
) -> Iterator[Decoded]:
    (time, quality), facts = at, meaning.facts
    if Fact.MOTION in facts or len(facts) > 1:
        facts = hazards_of(event.data) or facts
        if "IsTamper" in event.data:
            facts = (Fact.TAMPER,)
    moments = [(active is not meaning.is_inverted, time)]
    if active is None and sees_nothing(event.data):
        return
    if active is None or (active and meaning.is_momentary):
        if active is None and (not meaning.can_be_momentary or is_unclear(event.data)):
            yield Rejection(reason=Reason.UNSUPPORTED, detail=text(f"{event.path} says neither yes nor no"))
            return
        moments = [(True, time), (False, time + _MOMENT)]
    for fact in facts:
        for is_so, moment in moments:
            yield DeviceState(
                device=device, fact=fact, active=is_so, time=moment, quality=quality, code=event.code, text=event.about
            )


def _measured(
    device: DeviceId, event: Event, measures: Mapping[str, tuple[str, str]], at: tuple[datetime, Quality]
) -> Iterator[Decoded]:
    (time, quality) = at
    for name, item in event.data.items():
        told = measures.get(name.lower())
        value = number(item)
        if told is None or value is None:
            continue
        metric, unit = told
        if unit == "Cel" and value >= _KELVIN_FROM:
            unit = "K"
        elif unit == "K" and value < _DEGREES_BELOW:
            unit = "Cel"
        yield Reading(
            device=device,
            metric=metric,
            time=time,
            value=value,
            unit=unit,
            quality=quality,
            code=f"{event.code} {name}",
        )


def _port(
    device: DeviceId, event: Event, time: datetime, quality: Quality, *, active: bool | None
) -> Iterator[Decoded]:
    """Tell of a contact twice: as a fact, and as a metric of its own, because a camera has several."""
    if active is None:
        raise RefusedError(Reason.UNSUPPORTED, f"{event.path} says neither yes nor no")
    yield DeviceState(device=device, fact=Fact.OTHER, active=active, time=time, quality=quality, code=event.code)
    token = snake(event.source.get("source") or next(iter(event.source.values()), ""))
    yield Reading(
        device=device,
        metric=f"{snake(event.path)[:20]}_{token}"[:40] if token else snake(event.path),
        time=time,
        value=float(active),
        unit="1",
        quality=quality,
        code=event.code,
    )
