"""The status and operation codes of protocol version 2 (transmission devices of the TX3016A family). Pure tables.

There a component object holds one code instead of a word of bits: it states one change and nothing else. A recovery of one
kind of fault is taken as the end of the fault; the code cannot say whether another kind is left.
"""

from ingest.decoders.gb26875_3.states import Claim
from ingest.readings import Fact

_TRUE = True
_FALSE = False

_POWER_LOST, _POWER_BACK = 22, 42
_FACTS: dict[int, tuple[Fact, bool]] = (
    # 1 fire (of gas and electrical detectors too), 2-4 gas limits, 5-7 electrical limits, 8-11 fire by kind of detector
    dict.fromkeys(range(1, 12), (Fact.FIRE, _TRUE))
    | {12: (Fact.OTHER, _TRUE)}  # pre-alarm
    | dict.fromkeys([*range(20, 31), 32, 33, 128, 130, 132, 135, 137], (Fact.FAULT, _TRUE))
    | dict.fromkeys([*range(40, 51), 129, 131, 133, 136, 138], (Fact.FAULT, _FALSE))
    | dict.fromkeys([*range(60, 65), 80, 81, 85, 139], (Fact.OTHER, _TRUE))  # started, feedback, supervised, delay
    | dict.fromkeys([*range(70, 74), 82, 86], (Fact.OTHER, _FALSE))  # the end of those
    | {83: (Fact.SHIELDED, _TRUE), 84: (Fact.SHIELDED, _FALSE)}
)
_SELF_CHECKS = frozenset({31, 92, 93})  # self-check, monthly and yearly check


def status_claims(code: int) -> list[Claim]:
    """Read a component's status code; nothing for codes that state no fact of ours (134 newly registered, 100 call, ...)."""
    name = str(code)
    if code in _SELF_CHECKS:
        return [Claim(fact=Fact.TEST, active=True, code=name, is_momentary=True)]
    if code not in _FACTS:
        return []
    fact, active = _FACTS[code]
    claims = [Claim(fact=fact, active=active, code=name)]
    if code in (_POWER_LOST, _POWER_BACK):
        claims.append(Claim(fact=Fact.MAINS_LOST, active=active, code=name))
    return claims


_OPERATIONS: dict[int, list[Claim]] = {
    1: [Claim(fact=fact, active=False, code="reset") for fact in (Fact.FIRE, Fact.FAULT, Fact.SILENCED)],
    2: [Claim(fact=Fact.SILENCED, active=True, code="silenced")],
    3: [Claim(fact=Fact.FIRE, active=True, code="manual alarm")],
    4: [Claim(fact=Fact.SHIELDED, active=True, code="shielded")],
    5: [Claim(fact=Fact.SHIELDED, active=False, code="shield lifted")],
    6: [Claim(fact=Fact.SHIELDED, active=True, code="isolated")],
    7: [Claim(fact=Fact.SHIELDED, active=False, code="isolation lifted")],
    8: [Claim(fact=Fact.TEST, active=True, code="test", is_momentary=True)],
    11: [Claim(fact=Fact.TEST, active=True, code="self-check", is_momentary=True)],
}


def operation_claims(code: int) -> list[Claim]:
    """Read an operation code (type 4): a number here, not bits. Nothing for confirmations and inspections."""
    return _OPERATIONS.get(code, [])
