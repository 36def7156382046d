"""Decide which incident an alarm belongs to: its own place's, or in a storm that of the whole town. Pure: no clock.

More than five incidents of one kind within a minute in one town nobody reads one by one (EEMUA 191 calls ten alarms in
ten minutes a flood): they become one, of the village where all lie in one, otherwise of the town.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from incidents.kinds import Kind, gathered_title_of

MOST = 5  # incidents of one kind in one town within WITHIN
WITHIN = timedelta(minutes=1)
# What comes later than this after the last is another happening: tomorrow's kitchen fire is not last night's storm.
GATHERS = timedelta(minutes=10)
_NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A village or town, or what holds devices that no grid does. `grid` is its key or None."""

    place: str
    name: str
    grid: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Where something is: its own place, and the areas round it from the finer to the coarser, at least one."""

    place: str
    grid: int | None
    areas: tuple[Area, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A raised alarm with all an incident wants to know of it. `rests_on` are the alarms it was made of, if any."""

    alarm: int
    incident: int | None  # the one it belonged to before
    kind: Kind
    where: Where
    title: str
    priority: int
    lon: float | None
    lat: float | None
    rests_on: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An open incident. `gathers`: it takes in its whole area. `is_new`: of the last minute, and nobody touched it."""

    id: int
    kind: Kind
    where: Where
    is_done: bool
    gathers: bool
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """The incident that some reports open or join."""

    kind: Kind
    place: str
    title: str
    grid: int | None
    gathers: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """Name it as the unique index of open incidents does."""
        return self.kind.value, self.place


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What becomes of some reports: the aim of each, and which incidents are taken into which aim."""

    aims: Mapping[int, Aim]  # by alarm
    absorbed: Mapping[int, Aim]  # by incident


def plan(reports: Sequence[Report], standing: Sequence[Standing]) -> Plan:
    """Give each report its incident; what stands keeps its alarms, unless a storm of the last minute takes it in."""
    open_ = {(one.kind, one.where.place): one for one in standing}
    storms = _storms(reports, standing, open_)
    aims: dict[int, Aim] = {}
    for report in reports:  # what rests on other alarms goes where they go; they come first, being older
        with_ = next((aims[alarm] for alarm in report.rests_on if alarm in aims), None)
        aims[report.alarm] = with_ if with_ is not None and with_.kind is report.kind else _aim(report, open_, storms)
    aimed = {aim.key for aim in aims.values()}
    absorbed = {
        one.id: storm
        for one in standing
        if one.is_new
        and (storm := _storm_over(one.kind, one.where, storms)) is not None
        and storm.place != one.where.place
        and storm.key in aimed  # it is there only if one of the reports opens or joins it
    }
    return Plan(aims=aims, absorbed=absorbed)


def _aim(report: Report, open_: Mapping[tuple[Kind, str], Standing], storms: Mapping[tuple[Kind, str], Aim]) -> Aim:
    own = open_.get((report.kind, report.where.place))
    storm = _storm_over(report.kind, report.where, storms)
    # An incident somebody works on keeps what happens at its place, storm or not.
    if storm is not None and (own is None or own.is_new):
        return storm
    area = _gathering(report, open_)
    if own is None and area is not None:
        return _of_area(report.kind, area)
    return Aim(kind=report.kind, place=report.where.place, title=report.title, grid=report.where.grid)


def _gathering(report: Report, open_: Mapping[tuple[Kind, str], Standing]) -> Area | None:
    """Find the storm that still takes in what happens where a report is."""
    return next((a for a in report.where.areas if (one := open_.get((report.kind, a.place))) and one.gathers), None)


def _storm_over(kind: Kind, where: Where, storms: Mapping[tuple[Kind, str], Aim]) -> Aim | None:
    return next((storms[kind, area.place] for area in where.areas if (kind, area.place) in storms), None)


def _storms(
    reports: Sequence[Report], standing: Sequence[Standing], open_: Mapping[tuple[Kind, str], Standing]
) -> dict[tuple[Kind, str], Aim]:
    """Find the areas where too many places speak at once, by the coarsest area of each."""
    places: dict[tuple[Kind, str], dict[str, Where]] = {}
    new = [(r.kind, r.where) for r in reports if (r.kind, r.where.place) not in open_ and _gathering(r, open_) is None]
    new += [(one.kind, one.where) for one in standing if one.is_new]
    for kind, where in new:
        places.setdefault((kind, where.areas[-1].place), {})[where.place] = where
    storms = {}
    for (kind, _), found in places.items():
        if len(found) > MOST:
            area = _common(list(found.values()))
            storms[kind, area.place] = _of_area(kind, area)
    return storms


def _common(found: Sequence[Where]) -> Area:
    """Give the finest area that holds all of some places."""
    return next(area for area in found[0].areas if all(area.place in {a.place for a in where.areas} for where in found))


def _of_area(kind: Kind, area: Area) -> Aim:
    return Aim(kind=kind, place=area.place, title=gathered_title_of(kind, area.name, 0), grid=area.grid, gathers=True)


def nowhere(area: str) -> Area:
    """Give what holds the devices of a town's code that no grid holds."""
    return Area(place=f"{_NOWHERE}:{area}", name="未划入网格")
