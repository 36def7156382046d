"""Decode GB/T 26875.3-2011 frames of fire user transmission devices. Pure and total.

Device ids: the transmission device is its source address, 12 hex characters in wire order, upper case. A fire system of the
building is `{source}-{system type}.{system address}`, a component `{source}-{system type}.{system address}-{address}` with
the component's four address bytes as 8 hex characters in wire order (profile 2: its 8 address characters). The topic
`gb26875/{area}/{source}` names the only transmission device that may speak on it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from ingest.decoders.gb26875_3 import profile_2, states
from ingest.decoders.gb26875_3.analogue import quantity, value_of
from ingest.decoders.gb26875_3.frame import Frame, frames
from ingest.decoders.gb26875_3.objects import BODIES, Object, cut, is_profile_2
from ingest.decoders.gb26875_3.states import Claim
from ingest.decoders.gb26875_3.times import Stamps
from ingest.readings import Decoded, Decoder, DeviceId, DeviceState, Dropped, Quality, Reading, Reason, Rejection
from ingest.speaker import speaker

__all__ = ["DECODER", "decode"]

_CONTROL, _SEND, _ACK, _REQUEST, _ANSWER, _DENY = 1, 2, 3, 4, 5, 6
_FROM_CENTRE = {_CONTROL: "control", _ACK: "acknowledgement", _REQUEST: "request", _DENY: "denial"}
_REGISTER, _KEEPALIVE = 0, 7  # reserved numbers that makers use
_SYSTEM, _COMPONENT, _ANALOGUE, _OPERATION, _DEVICE, _DEVICE_OPERATION = 1, 2, 3, 4, 21, 24
_CLOCKS = frozenset({8, 28})
_LINE_TESTS = frozenset({9, 10})  # of profile 2
_NOT_TAKEN = {5: "version", 6: "configuration", 7: "configuration", 25: "version", 26: "configuration"}
_READS = range(61, 92)  # questions of the centre
_MOMENT = timedelta(seconds=1)
_LAST = datetime.max.replace(tzinfo=UTC)


def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    """Decode every frame in `payload`; keepalives, line tests and clock answers add nothing to the list."""
    allowed = speaker(topic, "gb26875")
    decoded: list[Decoded] = []
    for found in frames(payload):
        if isinstance(found, Rejection):
            decoded.append(found)
        else:
            decoded += _frame(found, allowed, received)
    return decoded


TOPICS = ("gb26875/+/+",)
DECODER: Decoder = decode


def _frame(frame: Frame, allowed: str | None, received: datetime) -> Iterator[Decoded]:
    if frame.command in _FROM_CENTRE:
        # Both sides acknowledge and deny; a device may ask for the time. Only the topic can tell who speaks.
        if frame.source != allowed:
            yield Rejection(reason=Reason.DOWNLINK, detail=_FROM_CENTRE[frame.command])
    elif allowed is not None and frame.source != allowed:
        yield Rejection(reason=Reason.FOREIGN_DEVICE, detail=f"source {frame.source} on the topic of {allowed}")
    elif frame.command in (_SEND, _ANSWER):
        yield from _data(frame, received)
    elif frame.command not in (_REGISTER, _KEEPALIVE):
        yield Rejection(reason=Reason.UNSUPPORTED, detail=f"command {frame.command}")


def _data(frame: Frame, received: datetime) -> Iterator[Decoded]:
    if not frame.data:
        return  # a heartbeat in practice
    if len(frame.data) == 1:
        yield Rejection(reason=Reason.MALFORMED, detail="no object count")
        return
    kind, count, rest = frame.data[0], frame.data[1], frame.data[2:]
    is_second = is_profile_2(frame.version, kind, count, rest)
    if kind in BODIES:
        objects, left = cut(kind, count, rest)
        stamps = Stamps(frame.time, [item.time for item in objects], received)
        source = _Source(frame.source, stamps, is_second=is_second)
        yield from sorted((said for item in objects for said in source.object(kind, item)), key=_alarms_first)
        if left:
            yield Rejection(reason=Reason.MALFORMED, detail=f"type {kind}: {left} bytes are no whole object")
    elif kind in _READS:
        yield Rejection(reason=Reason.DOWNLINK, detail=f"type {kind}")
    elif kind not in _CLOCKS and not (is_second and kind in _LINE_TESTS):
        yield Rejection(reason=Reason.UNSUPPORTED, detail=_NOT_TAKEN.get(kind, f"type {kind}"))


def _alarms_first(said: Decoded) -> tuple[datetime, bool]:
    """Order what one frame says by time, the true before the false.

    Some panels report two parts under one address in one frame. Of two readings of one instant only the first is judged, and
    that must be the alarm.
    """
    match said:
        case DeviceState():
            return said.time, not said.active
        case Reading():
            return said.time, False
        case _:
            return _LAST, True


class _Source:
    """One transmission device within one frame."""

    def __init__(self, address: str, stamps: Stamps, *, is_second: bool) -> None:
        self._address = address
        self._stamps = stamps
        self._is_second = is_second

    def object(self, kind: int, item: Object) -> Iterator[Decoded]:
        """Decode one object of a type with a body of known length."""
        body = item.body
        match kind:
            case 1:
                word = int.from_bytes(body[2:4], "little")
                yield from self._states(self._system(body), item, states.word_claims(word, states.SYSTEM))
            case 2:
                yield from self._component_2(item) if self._is_second else self._component(item)
            case 3:
                yield self._analogue(item)
            case 4:
                claims = profile_2.operation_claims if self._is_second else states.operation_claims
                yield from self._states(self._system(body), item, claims(body[2]))
                yield from _operator(body[3:4])
            case 21:
                yield from self._states(self._address, item, states.word_claims(body[0], states.DEVICE))
            case _:
                yield from self._states(self._address, item, states.operation_claims(body[0]))
                yield from _operator(body[1:2])

    def _system(self, body: bytes) -> str:
        return f"{self._address}-{body[0]}.{body[1]}"

    def _component(self, item: Object) -> Iterator[Decoded]:
        """System type, system address, component type, address 4, state 2, description 31."""
        body = item.body
        word, is_guessed = states.component_word(body[7:9])
        yield from self._states(
            f"{self._system(body)}-{body[3:7].hex().upper()}",
            item,
            states.word_claims(word, states.COMPONENT),
            text=description(body[9:40]),
            is_doubtful=is_guessed,
        )

    def _component_2(self, item: Object) -> Iterator[Decoded]:
        """System type, system address, component type, address 8 characters, status code, description 32."""
        body = item.body
        claims = profile_2.status_claims(body[11])
        raw = body[3:11]
        address = raw.decode("ascii") if raw.isalnum() else raw.hex().upper()
        yield from self._states(f"{self._system(body)}-{address}", item, claims, text=description(body[12:44]))
        if not claims:
            yield Rejection(reason=Reason.UNSUPPORTED, detail=f"status code {body[11]}")

    def _analogue(self, item: Object) -> Reading:
        """System type, system address, component type, address 4, quantity, value 2."""
        body = item.body
        time, quality = self._stamps.at(item.time)
        known, value = quantity(body[7]), value_of(body[7], body[8:10])
        return Reading(
            device=DeviceId(f"{self._system(body)}-{body[3:7].hex().upper()}"),
            metric=known.metric,
            time=time,
            value=value,
            unit=known.unit,
            quality=Quality.MISSING if value is None else quality,
            code=str(body[7]),
        )

    def _states(
        self,
        device: str,
        item: Object,
        claims: Iterator[Claim] | list[Claim],
        *,
        text: str = "",
        is_doubtful: bool = False,
    ) -> Iterator[DeviceState]:
        time, quality = self._stamps.at(item.time)
        if is_doubtful and quality is Quality.GOOD:
            quality = Quality.UNCERTAIN
        for claim in claims:
            moments = [(claim.active, time)]
            if claim.is_momentary:
                moments.append((not claim.active, time + _MOMENT))
            for active, moment in moments:
                yield DeviceState(
                    device=DeviceId(device),
                    fact=claim.fact,
                    active=active,
                    time=moment,
                    quality=quality,
                    code=claim.code,
                    text=text,
                )


def _operator(number: bytes) -> Iterator[Dropped]:
    """Drop the number of the person at the panel: we keep what was done, not by whom."""
    if any(number):
        yield Dropped(fields=("operator",))


def description(raw: bytes) -> str:
    """Read a component's description: GB 18030, padded with zeros or blanks, at times rubbish. Never fails."""
    text = raw.strip(b"\x00").split(b"\x00", 1)[0].decode("gb18030", "replace")
    return "".join(character for character in text if character.isprintable() and character != "\ufffd").strip()
