"""What a device says at one moment, before it is put on the wire. Pure nouns; instants are aware UTC."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from simulators.county import DeviceSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One value of one metric; None is the device's own "no value". A fact is 1.0 or 0.0 in the unit "1"."""

    metric: str
    value: float | None
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What a device measured at `time`, by its own clock. `is_extra`: because something happened, not because it was due.

    No values is a heartbeat.
    """

    spec: DeviceSpec
    time: datetime
    values: tuple[Value, ...] = ()
    is_extra: bool = False

    def value(self, metric: str) -> float | None:
        """Return the value of `metric`, or None where there is none."""
        return next((value.value for value in self.values if value.metric == metric), None)


class Phase(StrEnum):
    """Where a sighting is in its life; the words of Frigate."""

    NEW = "new"
    UPDATE = "update"
    END = "end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """Something a camera sees: a thing or smoke, never a person. `key` is the same through the sighting's life."""

    spec: DeviceSpec
    time: datetime
    key: str
    phase: Phase
    label: str
    severity: str  # "detection" or "alert"
    started: datetime
    score: float


Report = Observation | Sighting


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """A report, the true instant `at` which the device sends it, and what the device's own `clock` shows then."""

    at: datetime
    clock: datetime
    report: Report
