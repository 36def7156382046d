"""Turn the status word of a station (element 45, table 58) into facts, each with its own polarity. Pure."""

from datetime import datetime
from functools import cache

from ingest.readings import Decoded, DeviceId, DeviceState, Fact, Quality

_DOOR = 7  # 0 = open, 1 = closed: the only bit of ours whose 0 is the alarm
# fact: the bits that make it true. Bit 10 (1 = pump stopped) and bits 9, 12-31 are no alarm, and set in healthy stations.
_BITS = {
    Fact.MAINS_LOST: {0: "mains"},
    Fact.BATTERY_LOW: {1: "battery"},
    Fact.LEVEL_HIGH: {2: "level"},
    Fact.FAULT: {5: "flow meter", 6: "level meter", 8: "memory"},
    Fact.OTHER: {3: "flow limit", 4: "quality limit", 11: "water quota"},
}
_READ = 0b1001_1111_1111  # the bits above: what the others say changes nothing here


def facts(word: int, *, device: DeviceId, time: datetime, quality: Quality) -> list[Decoded]:
    """State every fact of the word true or false: the word is complete, so a 0 is evidence of recovery."""
    return [
        DeviceState(device=device, fact=fact, active=active, time=time, quality=quality, code="45", text=text)
        for fact, active, text in _claims(word & _READ)
    ]


@cache
def _claims(word: int) -> tuple[tuple[Fact, bool, str], ...]:
    """Give (fact, whether it is true, what makes it true) of each fact; at most 1,024 words differ."""
    found = [(fact, [name for bit, name in bits.items() if word >> bit & 1]) for fact, bits in _BITS.items()]
    claims = [(fact, bool(names), ", ".join(names)) for fact, names in found]
    return (*claims, (Fact.TAMPER, not word >> _DOOR & 1, ""))
