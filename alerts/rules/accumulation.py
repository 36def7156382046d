"""Accumulation rules: sums over rolling windows against the thresholds of the place. Pure: reads no clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from alerts.limits import Direction, converted_step, read_limits, read_unit
from alerts.measures import Total
from alerts.points import Tag, ValuePoint
from alerts.rule import Common, Rule
from alerts.rule_file import Entry, Fields
from alerts.warned import Warned, read_warned

Windows = Mapping[int, Mapping[int, float]]
"""By window in microseconds: by priority, the sum that is too much."""

HOUR_US = 3_600_000_000


class Source(StrEnum):
    """What the readings are."""

    AMOUNTS = "amounts"  # each what came since the one before
    COUNTER = "counter"  # an ever growing count, which may start anew
    AUTO = "auto"  # the one or the other: the readings of the longest window tell


@dataclass(frozen=True, slots=True, kw_only=True)
class AccumulationRule:
    """Sums in `unit` over rolling windows; a grid may have thresholds of its own, and a device those of one hour."""

    common: Common
    condition: str
    unit: str
    source: Source
    windows: Windows
    grids: Mapping[str, Windows]
    clear: float
    off_delay_us: int
    warned: Warned | None = None

    @property
    def priorities(self) -> frozenset[int]:
        """List all four: any device may bring limits of its own."""
        return frozenset({1, 2, 3, 4})

    def points(self, tag: Tag) -> tuple[ValuePoint, ...]:
        """Give a point for each priority, which looks at all windows that have a threshold for it."""
        if not self.common.scope.covers(tag):
            return ()
        windows = self._lowered(tag, self._windows_of(tag))
        priorities = sorted({priority for limits in windows.values() for priority in limits})
        return tuple(self._point(tag, priority, windows) for priority in priorities)

    def _windows_of(self, tag: Tag) -> Windows:
        """Find the thresholds of the finest grid that has any; the device's own replace those of one hour."""
        place = next((self.grids[code] for code in tag.grids if code in self.grids), self.windows)
        if not tag.has_own_limits:
            return place
        own = {priority: limit for priority, limit in enumerate(tag.limits, start=1) if limit is not None}
        unit = converted_step(self.common, tag, 1.0, self.unit)
        return {**place, HOUR_US: {priority: limit / unit for priority, limit in own.items()}}

    def _lowered(self, tag: Tag, windows: Windows) -> Windows:
        """Lower every sum while a warning holds over the tag."""
        if self.warned is None or not self.warned.holds(tag):
            return windows
        lowered = self.warned.lowered
        return {window: {p: lowered(limit) for p, limit in limits.items()} for window, limits in windows.items()}

    def _point(self, tag: Tag, priority: int, windows: Windows) -> ValuePoint:
        unit = converted_step(self.common, tag, 1.0, self.unit)
        measure = Total(
            windows=tuple((w, limits[priority] * unit) for w, limits in sorted(windows.items()) if priority in limits),
            gap_us=self.common.gap_of(tag),
            gap_policy=self.common.gap_policy,
            counter=None if self.source is Source.AUTO else self.source is Source.COUNTER,
        )
        return self.common.dressed(
            tag,
            ValuePoint(
                rule=self.common.name,
                condition=self.condition,
                priority=priority,
                is_high=True,
                limit=1.0,  # the largest share of a window's threshold
                clear=self.clear,
                off_delay_us=self.off_delay_us,
                measure=measure,
            ),
        )


@dataclass(frozen=True, slots=True)
class AccumulationKind:
    """Reads `kind: accumulation`."""

    name: str = "accumulation"

    def read(self, common: Common, fields: Fields) -> Rule:
        """Read unit, source, windows with their limits, and the grids that have their own."""
        if common.scope.metrics is None:
            fields.entry.refuse("an accumulation rule needs a metric under 'for': the amounts it adds up")
        clear = fields.find("clear")
        if clear is not None and not 0 < clear.number() <= 1:
            clear.refuse("'clear' is a share of the limit: more than 0 and at most 1")
        grids = fields.find("grids")
        return AccumulationRule(
            common=common,
            condition=fields.read("condition", Entry.name, "accumulation"),
            unit=read_unit(fields),
            source=fields.read("source", lambda entry: entry.choice(Source), Source.AMOUNTS),
            windows=_read_windows(fields.need("windows")),
            grids={} if grids is None else {code.text(): _read_windows(value) for code, value in grids.pairs()},
            clear=0.8 if clear is None else clear.number(),
            off_delay_us=fields.read("off_delay", Entry.duration_us, 0),
            warned=fields.read("warned", _read_warned, None),
        )


def _read_warned(entry: Entry) -> Warned | None:
    warned = read_warned(entry)
    if warned.factor == 1.0:
        entry.refuse("sums of several windows are lowered by a 'factor'")
    return warned


def _read_windows(entry: Entry) -> Windows:
    """Read `{1h: {2: 40, 1: 60}, …}`."""
    windows: dict[int, Mapping[int, float]] = {}
    for key, value in entry.pairs():
        window = key.duration_us()
        if window <= 0 or window in windows:
            key.refuse("a window lasts for some time, and stands here once")
        limits = read_limits(value, Direction.HIGH, 0)
        if any(limit.at <= 0 or limit.on_delay_us for limit in limits.values()):
            value.refuse("a sum has a limit above 0 and waits for nothing")
        windows[window] = {priority: limit.at for priority, limit in limits.items()}
    if not windows:
        entry.refuse("no window stands here")
    return windows


KIND = AccumulationKind()
