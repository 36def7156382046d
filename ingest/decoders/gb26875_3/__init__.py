"""Decode GB/T 26875.3-2011 frames of fire user transmission devices. Pure and total.

Device ids: the transmission device is its source address, 12 hex characters in wire order, upper case. A fire system of the
building is `{source}-{system type}.{system address}`, a component `{source}-{system type}.{system address}-{address}` with
the component's four address bytes as 8 hex characters in wire order (profile 2: its 8 address characters). The topic
`gb26875/{area}/{source}` names the only transmission device that may speak on it.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec.structs import replace

from ingest.decoders import gst9000_printer
from ingest.decoders.gb26875_3 import cards, profile_2, states
from ingest.decoders.gb26875_3.analogue import quantity, value_of
from ingest.decoders.gb26875_3.frame import Frame, frames
from ingest.decoders.gb26875_3.objects import cut, is_known, is_profile_2
from ingest.decoders.gb26875_3.states import Claim
from ingest.decoders.gb26875_3.times import Stamp, stamp
from ingest.readings import Decoded, Decoder, DeviceId, DeviceState, Dropped, Quality, Reading, Reason, Rejection
from ingest.speaker import speaker

__all__ = ["DECODER", "decode"]

_CONTROL, _SEND, _ACK, _REQUEST, _ANSWER, _DENY = 1, 2, 3, 4, 5, 6
_FROM_CENTRE = {_CONTROL: "control", _ACK: "acknowledgement", _REQUEST: "request", _DENY: "denial"}
_KEEPALIVES = frozenset({0, 7, 128, 254})  # of makers; 0 is a registration
_SYSTEM, _COMPONENT, _ANALOGUE, _OPERATION, _DEVICE, _DEVICE_OPERATION = 1, 2, 3, 4, 21, 24
_CLOCKS = frozenset({8, 28})
_LINE_TESTS = frozenset({9, 10})  # of profile 2
_NOT_TAKEN = {5: "version", 6: "configuration", 7: "configuration", 25: "version", 26: "configuration"}
_READS = range(61, 92)  # questions of the centre
_QUESTION = 60  # is added to the number of what is asked for; some answers repeat it
_NOBODY = "0" * 12  # the source of devices that were given no address: the topic tells whose they are
_MOMENT = timedelta(seconds=1)
_GOOD, _UNCERTAIN, _MISSING = Quality.GOOD, Quality.UNCERTAIN, Quality.MISSING


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


def _frame(frame: Frame, allowed: str | None, received: datetime) -> list[Decoded]:
    if frame.command in _FROM_CENTRE:
        # Both sides acknowledge and deny; a device may ask for the time. Only the topic can tell who speaks.
        if frame.source == allowed:
            return []
        return [Rejection(reason=Reason.DOWNLINK, detail=_FROM_CENTRE[frame.command])]
    if allowed is not None and frame.source == _NOBODY:
        frame = replace(frame, source=allowed)
    if allowed is not None and frame.source != allowed:
        detail = f"source {frame.source} on the topic of {allowed}"
        return [Rejection(reason=Reason.FOREIGN_DEVICE, detail=detail)]
    if frame.command in (_SEND, _ANSWER):
        return _data(frame, received)
    if frame.command in _KEEPALIVES:
        return []
    return [Rejection(reason=Reason.UNSUPPORTED, detail=f"command {frame.command}")]


def _data(frame: Frame, received: datetime) -> list[Decoded]:
    if len(frame.data) <= 1:
        return []  # a heartbeat in practice, with one byte a handshake
    kind, count, rest = frame.data[0], frame.data[1], frame.data[2:]
    if kind in _READS:
        if frame.command != _ANSWER:
            return [Rejection(reason=Reason.DOWNLINK, detail=f"type {kind}")]
        kind -= _QUESTION
    is_card = frame.version == cards.VERSION
    if is_card:
        kind = cards.SAME.get(kind, kind)
        if kind in cards.PRINTED:
            return _printed(frame, kind, received)
    is_second = is_profile_2(frame.version, kind, count, rest)
    if is_known(kind, count, rest):
        objects, left = cut(kind, count, rest)
        said = _Said(frame.source, is_second=is_second, is_card=is_card)
        stamps = stamp(frame.time, [raw for _, raw in objects], received)
        for (body, _), at in zip(objects, stamps, strict=True):
            said.add(kind, body, at)
        return said.in_order(kind, left)
    if kind in _CLOCKS or (is_second and kind in _LINE_TESTS):
        return []
    return [Rejection(reason=Reason.UNSUPPORTED, detail=_NOT_TAKEN.get(kind, f"type {kind}"))]


def _printed(frame: Frame, kind: int, received: datetime) -> list[Decoded]:
    """Read what a panel prints: as a card cut it up, or as it came."""
    if kind == cards.STREAM:
        return gst9000_printer.printed(cards.stream(frame.data[2:]), frame.source, received)
    events, left = cards.printouts(kind, frame.data[1], frame.data[2:])
    said = _Said(frame.source, is_card=True)
    stamps = stamp(frame.time, [event.time for event in events], received)
    for event, at in zip(events, stamps, strict=True):
        said.printed(event, at)
    return said.in_order(kind, left)


class _Said:
    """What the objects of one frame of one transmission device say.

    `last` is what says nothing of a device; it is told behind the rest.
    """

    def __init__(self, address: str, *, is_second: bool = False, is_card: bool = False) -> None:
        self._address = address
        self._is_second = is_second
        self._is_card = is_card
        self._by_time: dict[datetime, tuple[list[Decoded], list[Decoded]]] = {}
        self.last: list[Decoded] = []

    def in_order(self, kind: int, left: int) -> list[Decoded]:
        """Order what was said by time, the true before the false; `left` bytes of type `kind` said nothing.

        Some panels report two parts under one address in one frame. Of two readings of one instant only the first is judged,
        and that must be the alarm.
        """
        said: list[Decoded] = []
        for time in sorted(self._by_time):
            true, false = self._by_time[time]
            said += true
            said += false
        said += self.last
        if left:
            said.append(Rejection(reason=Reason.MALFORMED, detail=f"type {kind}: {left} bytes are no whole object"))
        return said

    def add(self, kind: int, body: bytes, at: Stamp) -> None:
        """Decode one object of a type with a body of known length."""
        match kind:
            case 1:
                self._states(self._system(body), states.system_claims(int.from_bytes(body[2:4], "little")), at)
            case 2:
                if self._is_second:
                    self._component_2(body, at)
                else:
                    self._component(body, at)
            case 3:
                self._analogue(body, at)
            case 4:
                claims = profile_2.operation_claims if self._is_second else states.operation_claims
                self._states(self._system(body), claims(body[2]), at)
                self._operator(body[3:4])
            case 21:
                self._states(self._address, states.device_claims(body[0]), at)
            case 134:
                word = int.from_bytes(body[2:4], "little")
                self._states(self._system(body), states.recovered_claims(kind, word), at)
            case 135:
                word = int.from_bytes(body[7:9], "little")
                self._states(self._part(body), states.recovered_claims(kind, word), at, description(body[9:40]))
            case 136:
                self._states(self._address, states.recovered_claims(kind, body[0]), at)
            case _:
                self._states(self._address, states.operation_claims(body[0]), at)
                self._operator(body[1:2])

    def printed(self, event: cards.Printout, at: Stamp) -> None:
        """Tell what a panel printed; a reset is of the panel, whatever address stands beside it."""
        claims = event.claims()
        if claims is None:
            self.last.append(Rejection(reason=Reason.UNSUPPORTED, detail=f"printed: {event.text[:100]}"))
            return
        part = event.panel if any(claim.code == "reset" for claim in claims) else event.part
        self._states(f"{self._address}-{part}", claims, at, event.text)

    def _system(self, body: bytes) -> str:
        return f"{self._address}-{body[0]}.{body[1]}"

    def _part(self, body: bytes) -> str:
        return f"{self._address}-{body[0]}.{body[1]}-{body[3:7].hex().upper()}"

    def _at(self, time: datetime) -> tuple[list[Decoded], list[Decoded]]:
        """Give where to tell what is true and what is false at `time`."""
        return self._by_time.setdefault(time, ([], []))

    def _operator(self, number: bytes) -> None:
        """Drop the number of the person at the panel: we keep what was done, not by whom."""
        if any(number):
            self.last.append(Dropped(fields=("operator",)))

    def _component(self, body: bytes, at: Stamp) -> None:
        """System type, system address, component type, address 4, state 2, description 31."""
        if self._is_card:
            claims, is_guessed = cards.component_claims(body[0], body[2], body[7:9]), False
        else:
            claims, is_guessed = states.component_claims(body[7:9])
        if is_guessed and at[1] is _GOOD:
            at = at[0], _UNCERTAIN
        self._states(self._part(body), claims, at, description(body[9:40]))

    def _component_2(self, body: bytes, at: Stamp) -> None:
        """System type, system address, component type, address 8 characters, status code, description 32."""
        claims = profile_2.status_claims(body[11])
        raw = body[3:11]
        address = raw.decode("ascii") if raw.isalnum() else raw.hex().upper()
        self._states(f"{self._system(body)}-{address}", claims, at, description(body[12:44]))
        if not claims:
            self.last.append(Rejection(reason=Reason.UNSUPPORTED, detail=f"status code {body[11]}"))

    def _analogue(self, body: bytes, at: Stamp) -> None:
        """System type, system address, component type, address 4, quantity, value 2."""
        time, quality = at
        known, value = quantity(body[7]), value_of(body[7], body[8:10])
        self._at(time)[0].append(
            Reading(
                device=DeviceId(self._part(body)),
                metric=known.metric,
                time=time,
                value=value,
                unit=known.unit,
                quality=_MISSING if value is None else quality,
                code=str(body[7]),
            )
        )

    def _states(self, device: str, claims: Iterable[Claim], at: Stamp, text: str = "") -> None:
        (time, quality), speaks = at, DeviceId(device)
        true, false = self._at(time)
        for claim in claims:
            state = DeviceState(
                device=speaks,
                fact=claim.fact,
                active=claim.active,
                time=time,
                quality=quality,
                code=claim.code,
                text=text,
            )
            (true if claim.active else false).append(state)
            if claim.is_momentary:
                over = time + _MOMENT
                self._at(over)[1].append(replace(state, active=False, time=over))


def description(raw: bytes) -> str:
    """Read a component's description: GB 18030, padded with zeros or blanks, at times rubbish. Never fails."""
    stripped = raw.strip(b"\x00")
    if not stripped:
        return ""
    text = stripped.split(b"\x00", 1)[0].decode("gb18030", "replace")
    if not text.isprintable() or "\ufffd" in text:
        text = "".join(character for character in text if character.isprintable() and character != "\ufffd")
    return text.strip()
