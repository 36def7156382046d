"""Opens and joins incidents for alarms, in the transaction that raises them. Judges no alarm and sends nobody.

That alarms of one kind at one place share one incident is promised by the unique index `incidents_open_once`, not by
a lock: whoever comes second joins what the first has opened.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.types.json import Jsonb

from alerts.ledger import Transition
from alerts.life_cycle import Cause, State, is_active
from alerts.overrides import COVERS_NOW
from database import Change, ChangeKind
from database.connection import Cursor
from incidents.dispatch import Dispatch, Note
from incidents.kinds import OPENING_PRIORITIES, Kind, kind_of, title_of

ENGINE = "engine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A raised alarm with all an incident wants to know of it. `place` is a grid code, or device:ID without a grid."""

    alarm: int
    incident: int | None  # the one it belonged to before
    kind: Kind
    place: str
    title: str
    priority: int
    grid: int | None
    lon: float | None
    lat: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """The open incident of one kind at one place, after alarms joined it."""

    id: int
    version: int
    is_new: bool
    was_done: bool


def join(cur: Cursor, transitions: Sequence[Transition], *, now: datetime) -> list[Change]:
    """Let each raised alarm of priority 1 or 2 open or join the incident of its kind at its place.

    The version of an incident that is joined stays, so that an officer's command is not stale for it; it goes up
    when the priority worsens, or when the response was done and is wanted again.
    """
    raised = [t.alarm for t in transitions if t.cause is Cause.RAISED and t.priority in OPENING_PRIORITIES]
    if not raised:
        return []
    return _take_in(cur, _read_reports(cur, raised, now), now)


def adopt(cur: Cursor, *, now: datetime) -> list[Change]:
    """Let alarms that an override kept from an incident open or join one, once nothing covers them any more."""
    cur.execute(
        """
        SELECT id FROM alarms
        WHERE state <> 'norm' AND priority = ANY(%s) AND incident IS NULL AND state = ANY(%s) ORDER BY id
        """,
        (sorted(OPENING_PRIORITIES), [state.value for state in State if is_active(state)]),
    )
    waiting = [alarm for (alarm,) in cur.fetchall()]
    return _take_in(cur, _read_reports(cur, waiting, now), now) if waiting else []


def _take_in(cur: Cursor, reports: Sequence[Report], now: datetime) -> list[Change]:
    worst: dict[tuple[str, str], Report] = {}
    for report in reports:
        key = (report.kind.value, report.place)
        if key not in worst or report.priority < worst[key].priority:
            worst[key] = report
    # Sorted, so that two workers who open the same incidents wait for each other and never in a circle.
    joined = {key: _open_or_join(cur, worst[key], now) for key in sorted(worst)}
    newcomers = [(r, joined[r.kind.value, r.place]) for r in reports if r.incident != joined[r.kind.value, r.place].id]
    _bind(cur, newcomers)
    _log(cur, newcomers, joined, now)
    return [Change(kind=ChangeKind.INCIDENT, id=str(j.id), version=j.version) for j in joined.values()]


def write_log(
    cur: Cursor, incident: int, *, version: int, at: datetime, action: Note, actor: str, detail: dict[str, object]
) -> None:
    """Write one line into an incident's log."""
    cur.execute(
        "INSERT INTO incident_log (incident, version, at, action, actor, detail) VALUES (%s, %s, %s, %s, %s, %s)",
        (incident, version, at, action.value, actor, Jsonb(detail)),
    )


def _read_reports(cur: Cursor, alarms: Sequence[int], now: datetime) -> list[Report]:
    """Read alarms for their incidents, but those that an override covers: a device under repair sends nobody."""
    cur.execute(
        f"""
        SELECT a.id, a.incident, a.condition, m.name, a.priority, g.key, g.code, g.name, p.name, d.id,
               coalesce(nullif(d.name, ''), d.id), a.lon, a.lat
        FROM alarms a
        JOIN devices d ON d.key = a.device
        LEFT JOIN metrics m ON m.key = a.metric
        LEFT JOIN grids g ON g.key = a.grid
        LEFT JOIN grids p ON p.version = g.version AND p.code = g.parent
        WHERE a.id = ANY(%(alarms)s) AND NOT EXISTS (
            SELECT FROM overrides o WHERE {COVERS_NOW}
        )
        ORDER BY a.id
        """,  # noqa: S608 - COVERS_NOW is ours
        {"alarms": list(alarms), "now": now},
    )
    reports = []
    for alarm, incident, condition, metric, priority, grid, code, name, parent, device, called, lon, lat in cur:
        kind = kind_of(condition, metric)
        reports.append(
            Report(
                alarm=alarm,
                incident=incident,
                kind=kind,
                place=code if code is not None else f"device:{device}",
                title=title_of(kind, parent, name) if code is not None else title_of(kind, called),
                priority=priority,
                grid=grid,
                lon=lon,
                lat=lat,
            )
        )
    return reports


def _open_or_join(cur: Cursor, report: Report, now: datetime) -> Joined:
    before = cur.execute(
        "SELECT dispatch FROM incidents WHERE kind = %s AND place = %s AND state = 'open' FOR UPDATE",
        (report.kind.value, report.place),
    ).fetchone()
    row = cur.execute(
        """
        INSERT INTO incidents AS i (kind, title, priority, place, grid, lon, lat, opened_at)
        VALUES (%(kind)s, %(title)s, %(priority)s, %(place)s, %(grid)s, %(lon)s, %(lat)s, %(now)s)
        ON CONFLICT (kind, place) WHERE state = 'open' DO UPDATE
        SET priority = least(i.priority, excluded.priority),
            dispatch = CASE i.dispatch WHEN %(done)s THEN %(awaiting)s ELSE i.dispatch END,
            version = i.version + (excluded.priority < i.priority OR i.dispatch = %(done)s)::int
        RETURNING id, version, xmax = 0
        """,
        {
            "kind": report.kind.value,
            "place": report.place,
            "title": report.title,
            "priority": report.priority,
            "grid": report.grid,
            "lon": report.lon,
            "lat": report.lat,
            "now": now,
            "done": Dispatch.DONE.value,
            "awaiting": Dispatch.AWAITING.value,
        },
    ).fetchone()
    assert row is not None
    return Joined(id=row[0], version=row[1], is_new=row[2], was_done=before == (Dispatch.DONE.value,))


def _bind(cur: Cursor, newcomers: Sequence[tuple[Report, Joined]]) -> None:
    if newcomers:
        cur.execute(
            "UPDATE alarms a SET incident = n.incident FROM unnest(%s::bigint[], %s::bigint[]) AS n (alarm, incident)"
            " WHERE a.id = n.alarm",
            ([report.alarm for report, _ in newcomers], [joined.id for _, joined in newcomers]),
        )


def _log(
    cur: Cursor,
    newcomers: Sequence[tuple[Report, Joined]],
    joined: dict[tuple[str, str], Joined],
    now: datetime,
) -> None:
    """Write who opened, who joined, and what had to be opened again."""
    lines: list[tuple[Joined, Note, dict[str, object]]] = [
        (incident, Note.REOPENED, {}) for incident in joined.values() if incident.was_done
    ]
    opened: set[int] = set()
    for report, incident in newcomers:
        is_first = incident.is_new and incident.id not in opened
        opened.add(incident.id)
        detail: dict[str, object] = {"alarm": str(report.alarm), "priority": report.priority}
        lines.append((incident, Note.OPENED if is_first else Note.JOINED, detail))
    if lines:
        cur.execute(
            """
            INSERT INTO incident_log (incident, version, at, action, actor, detail)
            SELECT incident, version, %s, action, %s, detail
            FROM unnest(%s::bigint[], %s::int[], %s::text[], %s::jsonb[]) AS l (incident, version, action, detail)
            """,
            (
                now,
                ENGINE,
                [incident.id for incident, _, _ in lines],
                [incident.version for incident, _, _ in lines],
                [note.value for _, note, _ in lines],
                [Jsonb(detail) for _, _, detail in lines],
            ),
        )
