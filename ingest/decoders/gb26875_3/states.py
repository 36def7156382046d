"""The state words, device states and operations of GB/T 26875.3 as facts. Pure tables and their reading.

A state word is complete: every fact it can tell is stated true or false, so a 0 is evidence of recovery. One bit is not
believed at 0: bit 0 is "1 normal, 0 test" on paper, but most devices in the field leave it 0 in real fires. Taken at its word
it would mark those as tests. So its 1 is evidence that no test runs, its 0 says nothing.
"""

from collections.abc import Mapping
from functools import cache, lru_cache

from msgspec import Struct

from ingest.readings import Fact


class Claim(Struct, frozen=True, kw_only=True, gc=False):
    """A fact an object states. A momentary one is true, and over a second later: nothing will ever say that it ended."""

    fact: Fact
    active: bool
    code: str
    is_momentary: bool = False


Bits = Mapping[Fact, Mapping[int, str]]
_COMMON = {
    Fact.FIRE: {1: "fire"},
    Fact.SHIELDED: {3: "shielded"},
    Fact.MAINS_LOST: {8: "power"},
}
_RUNNING = {4: "supervised", 5: "started", 6: "feedback", 7: "delay"}

COMPONENT: Bits = _COMMON | {Fact.FAULT: {2: "fault", 8: "power"}, Fact.OTHER: _RUNNING}
SYSTEM: Bits = _COMMON | {
    Fact.FAULT: {2: "fault", 8: "power", 9: "backup power", 10: "bus"},
    Fact.OTHER: _RUNNING | {11: "manual", 12: "configuration changed"},
}
DEVICE: Bits = {
    Fact.FIRE: {1: "fire"},
    Fact.FAULT: {2: "fault", 3: "power", 4: "backup power", 5: "link to centre", 6: "line"},
    Fact.MAINS_LOST: {3: "power"},
}
_RECOVERED = {134: SYSTEM, 135: COMPONENT, 136: DEVICE}
_RESET_BIT = 13  # of a system: the word beside it already says what is left
_COMPONENT_BITS = 0x01FF  # bits 9-15 of a component are reserved


def facts_of(word: int, bits: Bits) -> list[Claim]:
    """State every fact of `bits` true or false; `code` names the bits that made it true."""
    claims = []
    for fact, meanings in bits.items():
        names = [name for bit, name in meanings.items() if word >> bit & 1]
        claims.append(Claim(fact=fact, active=bool(names), code="+".join(names) or "normal"))
    return claims


def word_claims(word: int, bits: Bits) -> list[Claim]:
    """State every fact of `bits` true or false, and what normal operation and reset tell beside them."""
    claims = facts_of(word, bits)
    if word & 1:
        claims.append(Claim(fact=Fact.TEST, active=False, code="normal"))
    if bits is SYSTEM and word >> _RESET_BIT & 1:
        claims.append(Claim(fact=Fact.SILENCED, active=False, code="reset"))
    return claims


@lru_cache(maxsize=1024)  # of 65,536 words the same few come
def component_claims(raw: bytes) -> tuple[tuple[Claim, ...], bool]:
    """Read a component's state word and say whether its byte order is guessed.

    Little-endian by the standard. A word of reserved bits only comes from gateways that send it big-endian: an alarm must
    not be lost over that.
    """
    word = int.from_bytes(raw, "little")
    is_guessed = word & ~_COMPONENT_BITS != 0 and not word & _COMPONENT_BITS
    if is_guessed:
        word = int.from_bytes(raw, "big")
    return tuple(word_claims(word, COMPONENT)), is_guessed


@lru_cache(maxsize=1024)
def recovered_claims(kind: int, word: int) -> tuple[Claim, ...]:
    """Read the word of a recovery (types 134 to 136): the facts of its bits are over; where it holds none, all are."""
    claims = facts_of(word, _RECOVERED[kind])
    over = [claim for claim in claims if claim.active] or claims
    return tuple(Claim(fact=claim.fact, active=False, code="recovered") for claim in over)


@lru_cache(maxsize=1024)
def system_claims(word: int) -> tuple[Claim, ...]:
    """Read a system's state word."""
    return tuple(word_claims(word, SYSTEM))


@cache
def device_claims(byte: int) -> tuple[Claim, ...]:
    """Read a transmission device's state byte."""
    return tuple(word_claims(byte, DEVICE))


@cache
def operation_claims(operation: int) -> tuple[Claim, ...]:
    """Read the operation byte (types 4 and 24): what was done at the panel or the transmission device.

    Reset and "alarm cleared" are evidence that the panel holds no fire any more: a detector that still sees one reports it
    anew. Bit 5 (confirmation, or the answer of the watch) changes nothing.
    """
    claims: list[Claim] = []
    is_reset = operation & 0b1
    if operation & 0b100:
        claims.append(Claim(fact=Fact.FIRE, active=True, code="manual alarm"))
    elif is_reset or operation & 0b1000:
        claims.append(Claim(fact=Fact.FIRE, active=False, code="reset" if is_reset else "alarm cleared"))
    if is_reset:
        claims.append(Claim(fact=Fact.FAULT, active=False, code="reset"))
    if operation & 0b10 or is_reset:
        claims.append(Claim(fact=Fact.SILENCED, active=not is_reset, code="reset" if is_reset else "silenced"))
    if operation & 0b101_0000:
        claims.append(Claim(fact=Fact.TEST, active=True, code="test", is_momentary=True))
    return tuple(claims)
