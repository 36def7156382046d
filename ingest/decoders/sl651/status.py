"""Turn the status word of a station (element 45, table 58) into facts, each with its own polarity. Pure."""

from collections.abc import Iterator
from datetime import datetime

from ingest.readings import DeviceId, DeviceState, Fact, Quality

_DOOR = 7  # 0 = open, 1 = closed: the only bit of ours whose 0 is the alarm
# fact: the bits that make it true. Bit 10 (1 = pump stopped) and bits 9, 12-31 are no alarm, and set in healthy stations.
_BITS = {
    Fact.MAINS_LOST: {0: "mains"},
    Fact.BATTERY_LOW: {1: "battery"},
    Fact.LEVEL_HIGH: {2: "level"},
    Fact.FAULT: {5: "flow meter", 6: "level meter", 8: "memory"},
    Fact.OTHER: {3: "flow limit", 4: "quality limit", 11: "water quota"},
}


def facts(word: int, *, device: DeviceId, time: datetime, quality: Quality) -> Iterator[DeviceState]:
    """State every fact of the word true or false: the word is complete, so a 0 is evidence of recovery."""
    for fact, bits in _BITS.items():
        names = [name for bit, name in bits.items() if word >> bit & 1]
        yield DeviceState(
            device=device,
            fact=fact,
            active=bool(names),
            time=time,
            quality=quality,
            code="45",
            text=", ".join(names),
        )
    is_open = not word >> _DOOR & 1
    yield DeviceState(device=device, fact=Fact.TAMPER, active=is_open, time=time, quality=quality, code="45")
