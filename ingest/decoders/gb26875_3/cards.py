"""Protocol version 2.3: cards that read a fire panel's printer or display port and tell what it prints. Pure.

Types 9 (printer) and 10 (display) hold texts in GBK and a byte of what the card made of them, type 141 the stream as it comes. Of
the card's own systems (types 128 and above) some components have words of their own.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from msgspec import Struct

from ingest.decoders.gb26875_3.states import COMPONENT, Bits, Claim, facts_of, word_claims
from ingest.decoders.gb26875_3.times import SIZE as TIME
from ingest.decoders.gst9000_printer import address_of
from ingest.decoders.gst9000_printer import claims as printed_claims
from ingest.readings import Fact

VERSION = b"\x02\x03"
SAME = {204: 2, 206: 2}  # component states: of those that burn, of others
PRINTER, DISPLAY, STREAM = 9, 10, 141
PRINTED = frozenset({PRINTER, DISPLAY, STREAM})
_TEXTS = 3  # name, place, message; a display tells them before others
_HEAD = 5  # channel, number of the panel, two bytes that differ, what the card made of it
_TEXT, _NUMBER, _NUMBER_SIZE = 1, 2, 4  # marks before fields of type 10; 0 is an empty one
_FIRE, _FAULT = 0b10, 0b100  # what the card made of the words

_OWN_SYSTEMS = 128
_DOOR, _PRESSURE, _LEVEL, _HYDRANT = 102, 128, 129, 130
_LIMITS: Bits = {Fact.VALUE_LOW: {0: "low"}, Fact.VALUE_HIGH: {1: "high"}, Fact.BATTERY_LOW: {7: "battery"}}
_OWN: Mapping[int, Bits] = {
    _DOOR: {Fact.OPEN: {0: "open"}, Fact.FAULT: {1: "fault"}, Fact.BATTERY_LOW: {7: "battery"}},
    _PRESSURE: _LIMITS,
    _LEVEL: _LIMITS,
    _HYDRANT: {
        Fact.OPEN: {0: "open"},
        Fact.OTHER: {1: "flow", 2: "moved", 3: "turned"},
        Fact.BATTERY_LOW: {7: "battery"},
    },
}
_OTHERS: Bits = {**COMPONENT, Fact.OTHER: {**COMPONENT[Fact.OTHER], 9: "pre-alarm"}}


class Printout(Struct, frozen=True, kw_only=True, gc=False):
    """One event. `panel` is channel and number of the panel, `texts` are name, place and message, `time` the bytes of its stamp."""

    panel: str
    status: int
    texts: Sequence[str]
    time: bytes

    def claims(self) -> list[Claim] | None:
        """State what the words say, and a fire the card made of them: an alarm is not lost over a word. None: nobody knows them."""
        said = printed_claims(self.texts[2])
        if said is None:  # not the place: rooms have telling names
            said = printed_claims(self.texts[0])
        claims = [
            Claim(fact=it.fact, active=it.active, code=it.code, is_momentary=it.is_momentary) for it in said or ()
        ]
        facts = {claim.fact for claim in claims}
        if self.status & _FIRE and facts.isdisjoint((Fact.FIRE, Fact.TEST)):
            claims.insert(0, Claim(fact=Fact.FIRE, active=True, code="card"))
        elif self.status & _FAULT and said is None:
            claims.append(Claim(fact=Fact.FAULT, active=True, code="card"))
        return None if said is None and not claims else claims

    @property
    def part(self) -> str:
        """The panel and its part's address; the panel alone where none is told."""
        address = address_of(self.texts[2]) or address_of(self.texts[0]) or address_of(self.texts[1])
        return f"{self.panel}-{address}" if address else self.panel

    @property
    def text(self) -> str:
        """What was printed, in one line."""
        return " ".join(" ".join(self.texts).split())


def printouts(kind: int, count: int, data: bytes) -> tuple[list[Printout], int]:
    """Cut data of type 9 or 10 into events; how many bytes are no whole event comes with them."""
    found: list[Printout] = []
    at = 0
    for _ in range(count):
        if len(data) - at < _HEAD + TIME:
            break
        fields = _TEXTS if kind == PRINTER else data[at + 3]
        texts, stop = _texts(data, at + _HEAD, fields, is_marked=kind == DISPLAY)
        if len(data) - stop < TIME:
            break
        panel = f"{data[at]}.{data[at + 1]}"
        found.append(Printout(panel=panel, status=data[at + 4], texts=texts, time=data[stop : stop + TIME]))
        at = stop + TIME
    return found, len(data) - at


def _texts(data: bytes, at: int, fields: int, *, is_marked: bool) -> tuple[list[str], int]:
    """Read name, place and message, and pass over further fields; a mark before each tells what it holds."""
    texts: list[str] = []
    for _ in range(fields):
        mark = _TEXT
        if is_marked:
            mark, at = _byte(data, at), at + 1
        size = _byte(data, at) if mark == _TEXT else 0
        texts.append(data[at + 1 : at + 1 + size].decode("gb18030", "ignore").replace("\x00", ""))
        at += 1 + size if mark == _TEXT else _NUMBER_SIZE if mark == _NUMBER else 0
    return [*texts, "", "", ""][:_TEXTS], at


def _byte(data: bytes, at: int) -> int:
    return data[at] if at < len(data) else 0


@lru_cache(maxsize=1024)
def component_claims(system: int, kind: int, raw: bytes) -> tuple[Claim, ...]:
    """Read a component's state word."""
    word = int.from_bytes(raw, "little")
    own = _OWN.get(kind) if system >= _OWN_SYSTEMS else None
    return tuple(word_claims(word, _OTHERS) if own is None else facts_of(word, own))


def stream(data: bytes) -> bytes:
    """Give the printer's bytes of type 141: behind system type and length."""
    return data[3 : 3 + int.from_bytes(data[1:3], "little")]
