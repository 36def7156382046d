"""How the alarm system itself performs: the figures of ISA-18.2 and EEMUA 191, and the bounds they recommend."""

from alerts.performance.bounds import BOUNDS, Bound
from alerts.performance.figures import Answer, Figures, Now, Rate, Tag, rate_of
from alerts.performance.floods import Flood, find_floods
from alerts.performance.measure import measure, measure_now

__all__ = [
    "BOUNDS",
    "Answer",
    "Bound",
    "Figures",
    "Flood",
    "Now",
    "Rate",
    "Tag",
    "find_floods",
    "measure",
    "measure_now",
    "rate_of",
]
