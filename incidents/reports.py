"""Reads raised alarms and open incidents as the gathering wants to know them, with the villages and towns round them."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from alerts.overrides import COVERS_NOW
from database.connection import Cursor
from geo import Level
from incidents.dispatch import Dispatch
from incidents.gathering import WITHIN, Area, Report, Standing, Where, nowhere
from incidents.kinds import Kind, kind_of, title_of

# A grid and the three above it: from a micro-grid that reaches the town.
_ABOVE = """
    LEFT JOIN grids g ON g.key = {grid}
    LEFT JOIN grids p1 ON p1.version = g.version AND p1.code = g.parent
    LEFT JOIN grids p2 ON p2.version = g.version AND p2.code = p1.parent
    LEFT JOIN grids p3 ON p3.version = g.version AND p3.code = p2.parent
"""
_PATH = ", ".join(f"{grid}.{column}" for grid in ("g", "p1", "p2", "p3") for column in ("key", "code", "name", "level"))
_GRID_COLUMNS = 4
_AREAS = (Level.VILLAGE, Level.TOWN)


def read_reports(cur: Cursor, alarms: Sequence[int], now: datetime) -> list[Report]:
    """Read alarms for their incidents, but those that an override covers: a device under repair sends nobody."""
    cur.execute(
        f"""
        SELECT a.id, a.incident, a.condition, m.name, a.priority, d.id, coalesce(nullif(d.name, ''), d.id), d.area,
               a.lon, a.lat, array(SELECT e.evidence FROM alarm_evidence e WHERE e.alarm = a.id), {_PATH}
        FROM alarms a
        JOIN devices d ON d.key = a.device
        LEFT JOIN metrics m ON m.key = a.metric
        {_ABOVE.format(grid="a.grid")}
        WHERE a.id = ANY(%(alarms)s) AND NOT EXISTS (SELECT FROM overrides o WHERE {COVERS_NOW})
        ORDER BY a.id
        """,  # noqa: S608 -- all of it is ours
        {"alarms": list(alarms), "now": now},
    )
    return [_report(row) for row in cur.fetchall()]


def _report(row: Sequence[object]) -> Report:
    alarm, incident, condition, metric, priority, device, called, area, lon, lat, rests_on, *path = row
    kind = kind_of(str(condition), None if metric is None else str(metric))
    grids = list(_grids(path))
    where = _where(grids, fallback=f"device:{device}", area=str(area))
    names = [str(grid[2]) for grid in reversed(grids[:2])]
    return Report(
        alarm=int(str(alarm)),
        incident=None if incident is None else int(str(incident)),
        kind=kind,
        where=where,
        title=title_of(kind, *names) if grids else title_of(kind, str(called)),
        priority=int(str(priority)),
        lon=lon if isinstance(lon, float) else None,
        lat=lat if isinstance(lat, float) else None,
        rests_on=tuple(sorted(rests_on)) if isinstance(rests_on, list) else (),
    )


def lock_standing(cur: Cursor, reports: Sequence[Report], now: datetime) -> list[Standing]:
    """Lock the open incidents that reports could join: at their places, gathering, or opened within the minute.

    Locked in the order of their ids, before anything is opened: two workers wait for each other and never in a circle.
    """
    wanted = {(report.kind.value, place) for report in reports for place in _places(report.where)}
    cur.execute(
        f"""
        SELECT i.id, i.kind, i.place, i.dispatch, i.gathers_until > %(now)s AS gathers,
               i.opened_at > %(minute)s AND i.dispatch = %(awaiting)s
                   AND NOT EXISTS (SELECT FROM incident_log l WHERE l.incident = i.id AND l.actor <> 'engine') AS is_new,
               {_PATH}
        FROM incidents i {_ABOVE.format(grid="i.grid")}
        WHERE i.state = 'open' AND (
            (i.kind, i.place) IN (SELECT * FROM unnest(%(kinds)s::text[], %(places)s::text[]))
            OR i.opened_at > %(minute)s AND i.kind = ANY(%(kinds)s)
        )
        ORDER BY i.id FOR UPDATE OF i
        """,  # noqa: S608 -- all of it is ours
        {
            "now": now,
            "minute": now - WITHIN,
            "awaiting": Dispatch.AWAITING.value,
            "kinds": [kind for kind, _ in sorted(wanted)],
            "places": [place for _, place in sorted(wanted)],
        },
    )
    return [_standing(row) for row in cur.fetchall()]


def _standing(row: Sequence[object]) -> Standing:
    incident, kind, place, dispatch, gathers, is_new, *path = row
    return Standing(
        id=int(str(incident)),
        kind=Kind(str(kind)),
        where=_where(list(_grids(path)), fallback=str(place), area=""),
        is_done=dispatch == Dispatch.DONE.value,
        gathers=gathers is True,
        is_new=is_new is True,
    )


def _places(where: Where) -> Iterable[str]:
    return (where.place, *(area.place for area in where.areas))


def _grids(path: Sequence[object]) -> Iterable[Sequence[object]]:
    """Cut key, code, name and level of a grid and those above it out of a row, the finest first."""
    for start in range(0, len(path), _GRID_COLUMNS):
        if path[start] is not None:
            yield path[start : start + _GRID_COLUMNS]


def _where(grids: Sequence[Sequence[object]], *, fallback: str, area: str) -> Where:
    if not grids:
        return Where(place=fallback, grid=None, areas=(nowhere(area),))
    known = [(int(str(key)), str(code), str(name), Level(str(level))) for key, code, name, level in grids]
    areas = [Area(place=code, name=name, grid=key) for key, code, name, level in known if level in _AREAS]
    if not areas:  # a county of its own making, without villages and towns
        key, code, name, _ = known[-1]
        areas = [Area(place=code, name=name, grid=key)]
    return Where(place=known[0][1], grid=known[0][0], areas=tuple(areas))
