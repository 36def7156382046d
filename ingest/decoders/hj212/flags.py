"""What a factor's Flag says of its value and of its instrument (HJ 212-2017 table 5, HJ/T 212-2005 table 7). Pure."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from ingest.readings import DeviceId, DeviceState, Fact, Quality

NORMAL: Final = frozenset("N")
_DOUBTED: Final = frozenset("ST")  # set by hand; above the range: the real value is even higher, and still has to alarm
_FAULTS: Final = frozenset("DBP")  # fault, no communication, power
_TESTS: Final = frozenset("CM")  # calibration, maintenance
QUALITIES: Final = (
    dict.fromkeys(NORMAL, Quality.GOOD)
    | dict.fromkeys(_DOUBTED, Quality.UNCERTAIN)
    | dict.fromkeys(_FAULTS | _TESTS | frozenset("F"), Quality.IMPLAUSIBLE)  # F: the source does not run
)


def quality(flag: str, otherwise: Quality) -> Quality:
    """Say how far a value with this flag can be trusted; `otherwise` where the flag does not say."""
    if flag == "N":
        return otherwise
    known = QUALITIES.get(flag.upper(), Quality.GOOD if not flag else Quality.UNCERTAIN)
    return otherwise if known is Quality.GOOD else known


def facts(
    flags: dict[str, str], *, is_whole: bool, device: DeviceId, time: datetime, trust: Quality
) -> Iterator[DeviceState]:
    """State fault and test of a station from the flags of its factors.

    False only where every factor is flagged and none so: one packet of several (`is_whole` False) does not know of the others.
    """
    if not flags:
        return
    is_normal = set(flags.values()) == {"N"}
    for fact, letters in ((Fact.FAULT, _FAULTS), (Fact.TEST, _TESTS)):
        named = [] if is_normal else [f"{code}={flag}" for code, flag in flags.items() if flag.upper() in letters]
        if named or is_whole:
            yield DeviceState(
                device=device,
                fact=fact,
                active=bool(named),
                time=time,
                quality=trust,
                code="+".join(named)[:200] or "N",
            )
