"""What a factor's Flag says of its value and of its instrument (HJ 212-2017 table 5, HJ/T 212-2005 table 7). Pure."""

from datetime import datetime
from typing import Final

from ingest.readings import DeviceId, DeviceState, Fact, Quality

_NORMAL: Final = {"N"}
_DOUBTED: Final = frozenset("ST")  # set by hand; above the range: the real value is even higher, and still has to alarm
_FAULTS: Final = frozenset("DBP")  # fault, no communication, power
_TESTS: Final = frozenset("CM")  # calibration, maintenance
_CLAIMS: Final = ((Fact.FAULT, _FAULTS), (Fact.TEST, _TESTS))
_GOOD, _UNCERTAIN = Quality.GOOD, Quality.UNCERTAIN
_QUALITIES: Final = (
    dict.fromkeys(("N", ""), _GOOD)
    | dict.fromkeys(_DOUBTED, _UNCERTAIN)
    | dict.fromkeys(_FAULTS | _TESTS | frozenset("F"), Quality.IMPLAUSIBLE)  # F: the source does not run
)


def quality_of(flag: str, otherwise: Quality) -> Quality:
    """Say how far a value with this flag can be trusted; `otherwise` where the flag does not say."""
    known = _QUALITIES.get(flag.upper(), _UNCERTAIN)
    return otherwise if known is _GOOD else known


def facts(
    flags: dict[str, str], *, is_whole: bool, device: DeviceId, time: datetime, trust: Quality
) -> list[DeviceState]:
    """State fault and test of a station from the flags of its factors.

    False only where every factor is flagged and none so: one packet of several (`is_whole` False) does not know of the others.
    """
    states: list[DeviceState] = []
    is_normal = set(flags.values()) == _NORMAL
    for fact, letters in _CLAIMS:
        named = [] if is_normal else [f"{code}={flag}" for code, flag in flags.items() if flag.upper() in letters]
        if named or is_whole:
            code = "+".join(named)[:200] or "N"
            states.append(
                DeviceState(device=device, fact=fact, active=bool(named), time=time, quality=trust, code=code)
            )
    return states
