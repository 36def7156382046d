"""What the standards recommend for an alarm system, each number with where it comes from. Pure: one table.

ISA-18.2 is ANSI/ISA-18.2-2016 (IEC 62682 says the same), clause 16, monitoring and assessment, and its technical report
TR18.2.5; EEMUA 191 is the third edition. They speak of one operator and of thirty days; shorter ranges are a look, no verdict.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

PERIOD = timedelta(minutes=10)
FLOOD_BEGINS_ABOVE = 10  # alarms in ten minutes, an officer
FLOOD_ENDS_BELOW = 5
CHATTERS_WITH = 3  # raises of one alarm …
CHATTERS_WITHIN = timedelta(minutes=1)  # … in a minute
STALE_AFTER = timedelta(hours=24)
WORST_TAGS = 10


@dataclass(frozen=True, slots=True)
class Bound:
    """A number not to be passed, or to be near; shares are of 1."""

    value: float
    source: str


_ISA, _EEMUA = "ISA-18.2", "EEMUA 191"
BOUNDS: Mapping[str, Bound] = {
    "rate_acceptable": Bound(1, _ISA),  # per officer and ten minutes, over the long run
    "rate_manageable": Bound(2, _ISA),
    "rate_flood": Bound(FLOOD_BEGINS_ABOVE, _ISA),
    "flood_share": Bound(0.01, _ISA),  # of the time
    "top_ten_share": Bound(0.05, _ISA),  # of all alarms; under 1 % is better still
    "chattering": Bound(0, _ISA),
    "stale": Bound(5, _ISA),  # fewer than five on any day
    "standing": Bound(10, _EEMUA),
    "shelved": Bound(30, _EEMUA),
    # Four priorities: about 80, 15 and 5 %, and less than one in a hundred of the highest.
    "priority_4": Bound(0.80, _ISA),
    "priority_3": Bound(0.15, _ISA),
    "priority_2": Bound(0.05, _ISA),
    "priority_1": Bound(0.01, _ISA),
}
