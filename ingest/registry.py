"""Which devices we know, what they measure and where they stand. Pure: a picture of the database, taken by its store."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ingest.units import UnknownUnitError, convert, is_linear

# A registered device may report a metric nobody declared; a hostile one must not be able to fill the table.
METRIC_NAME = re.compile(r"[a-z][a-z0-9_.]{0,39}")
METRICS_PER_DEVICE = 64
LONGEST_INTERVAL_S = (
    366 * 86_400.0
)  # the engine counts in microseconds, and whole numbers end; the table holds no longer one
UNIT = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{0,40}")  # the longest known one has 6 characters
DARKEST = 99.9999  # per cent of light lost: what is darker has no finite optical density, and no meter tells it apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A registered device. `grid` is the key of its grid or 0; `area` is its town's code or empty.

    `town` is the code of the town it stands in, or empty: another than `area` where it was placed over a boundary.
    `gateway` is the device it reports through, or empty. `codec` names how its payload is read where it comes in an
    envelope of a network, or is empty. `mounting_height_m` is how far above the station's zero a sensor hangs that measures
    down to the water.
    """

    key: int
    id: str
    kind: str
    area: str
    grid: int
    moving: bool = False
    gateway: str = ""
    codec: str = ""
    mounting_height_m: float | None = None
    town: str = ""

    def may_speak_under(self, area: str) -> bool:
        """Tell whether it may use a topic of an area: of the one it reports under, or of the town it stands in."""
        return not self.area or (area != "" and area in {self.area, self.town})


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One metric of one device: unit as stored, expected interval in seconds, limits for priorities 1 to 4."""

    device: int
    metric: int
    name: str
    unit: str
    interval_s: float | None = None
    datum_m: float = 0.0
    limits: tuple[float | None, float | None, float | None, float | None] = (None, None, None, None)


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a reading goes: the row of the registry's columns, and how the wire's unit becomes the stored one.

    `units` are both of them where a factor and an offset do not do.
    """

    index: int
    factor: float = 1.0
    offset: float = 0.0
    units: tuple[str, str] | None = None

    @property
    def is_same(self) -> bool:
        """Say whether the number on the wire is the stored one."""
        return self.factor == 1.0 and self.offset == 0.0 and self.units is None

    def stored(self, value: float) -> float:
        """Give a number of the wire in the stored unit; NaN stays NaN."""
        if self.units is None:
            return value * self.factor + self.offset
        if value != value:  # noqa: PLR0124 -- NaN is the value unequal to itself
            return value
        converted = convert(min(value, DARKEST) if self.units[0].startswith("%") else value, *self.units)
        assert converted is not None  # one that is None has no slot
        return converted


@dataclass(slots=True)
class Registry:
    """Devices by id and channels by slot. `device`, `metric` and `grid` give each slot's keys.

    `metrics_of` counts the metrics of a device, by its key.
    """

    devices: dict[str, Device]
    channels: tuple[Channel, ...]
    device: NDArray[np.int32]
    metric: NDArray[np.int16]
    grid: NDArray[np.int32]
    metrics_of: Counter[int]
    _slots: dict[tuple[str, str], int]
    _converted: dict[tuple[str, str, str, bool], Slot | None] = field(default_factory=dict)

    @classmethod
    def of(cls, devices: Iterable[Device], channels: Iterable[Channel]) -> "Registry":
        """Build the registry; a channel of a device that is not given is left out."""
        by_key = {device.key: device for device in devices}
        kept = tuple(channel for channel in channels if channel.device in by_key)
        return cls(
            devices={device.id: device for device in by_key.values()},
            channels=kept,
            device=np.array([c.device for c in kept], np.int32),
            metric=np.array([c.metric for c in kept], np.int16),
            grid=np.array([by_key[c.device].grid for c in kept], np.int32),
            metrics_of=Counter(c.device for c in kept),
            _slots={(by_key[c.device].id, c.name): i for i, c in enumerate(kept)},
        )

    def knows(self, device: str, metric: str) -> bool:
        """Tell whether the device has this metric."""
        return (device, metric) in self._slots

    def slot(self, device: str, metric: str, unit: str, *, relative: bool = False) -> Slot | None:
        """Find where a reading goes; None where the metric is unknown or the unit cannot be converted.

        An empty `unit` means the wire did not say one: the registered unit is taken. To a `relative` level the datum of
        its station is added.
        """
        key = (device, metric, unit, relative)
        if key not in self._converted:
            try:
                self._converted[key] = self._find(device, metric, unit, relative=relative)
            except UnknownUnitError:
                self._converted[key] = None
        return self._converted[key]

    def _find(self, device: str, metric: str, unit: str, *, relative: bool) -> Slot | None:
        index = self._slots.get((device, metric))
        if index is None:
            return None
        channel = self.channels[index]
        offset = channel.datum_m if relative else 0.0
        if not unit or unit == channel.unit:
            return Slot(index, 1.0, offset)
        zero, one = convert(0.0, unit, channel.unit), convert(1.0, unit, channel.unit)
        if zero is None or one is None:
            return None
        if not is_linear(unit, channel.unit):
            return Slot(index, units=(unit, channel.unit))
        return Slot(index, one - zero, zero + offset)


def is_learnable(metric: str, unit: str, known: int) -> bool:
    """Tell whether an undeclared metric in a unit may be added to a device that has `known` metrics already."""
    return known < METRICS_PER_DEVICE and METRIC_NAME.fullmatch(metric) is not None and UNIT.fullmatch(unit) is not None
