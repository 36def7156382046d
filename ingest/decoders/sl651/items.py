"""What the body of a report says, before any time is judged: small nouns shared by the HEX and the ASCII reading."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from ingest.decoders.sl651.elements import Element
from ingest.readings import Rejection


class Station(Struct, frozen=True, kw_only=True, gc=False):
    """F1F1: the following groups are of this station (10 hex characters, upper case)."""

    station: str


class Observed(Struct, frozen=True, kw_only=True, gc=False):
    """F0F0: the following groups were observed then (aware UTC); None where the time is not one."""

    time: datetime | None


class Value(Struct, frozen=True, kw_only=True, gc=False):
    """One value of one element; None where the station has none."""

    element: Element
    value: float | None


class Series(Struct, frozen=True, kw_only=True, gc=False):
    """Values of one element at equal steps, oldest first. `is_hour` marks the fixed hour blocks F4 to FC."""

    element: Element
    values: Sequence[float | None]
    step: timedelta
    is_hour: bool


class StatusWord(Struct, frozen=True, kw_only=True, gc=False):
    """Element 45: the 32 bits of table 58."""

    word: int


Item = Station | Observed | Value | Series | StatusWord | Rejection
