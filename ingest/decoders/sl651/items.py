"""What the body of a report says, before any time is judged: small nouns shared by the HEX and the ASCII reading."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ingest.decoders.sl651.elements import Element
from ingest.readings import Rejection


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """F1F1: the following groups are of this station (10 hex characters, upper case)."""

    station: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """F0F0: the following groups were observed then (aware UTC); None where the time is not one."""

    time: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One value of one element; None where the station has none."""

    element: Element
    value: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Values of one element at equal steps, oldest first. `is_hour` marks the fixed hour blocks F4 to FC."""

    element: Element
    values: tuple[float | None, ...]
    step: timedelta
    is_hour: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusWord:
    """Element 45: the 32 bits of table 58."""

    word: int


Item = Station | Observed | Value | Series | StatusWord | Rejection
