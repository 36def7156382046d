"""Opens and joins incidents for alarms, in the transaction that raises them. Judges no alarm and sends nobody.

That alarms of one kind at one place share one incident is promised by the unique index `incidents_open_once`, not by
a lock: whoever comes second joins what the first has opened.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime

from psycopg.types.json import Jsonb

from alerts.ledger import Transition
from alerts.life_cycle import Cause, State, is_active
from database import Change, ChangeKind
from database.connection import Cursor
from incidents.dispatch import Dispatch, Note
from incidents.gathering import GATHERS, Aim, Report, plan
from incidents.kinds import OPENING_PRIORITIES, Kind, gathered_title_of
from incidents.reports import lock_standing, read_reports

ENGINE = "engine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """The open incident of one kind at one place, after alarms joined it."""

    id: int
    version: int
    is_new: bool
    was_done: bool
    gathers: bool


def join(cur: Cursor, transitions: Sequence[Transition], *, now: datetime) -> list[Change]:
    """Let each raised alarm of priority 1 or 2 open or join the incident of its kind at its place.

    The version of an incident that is joined stays, so that an officer's command is not stale for it; it goes up
    when the priority worsens, or when the response was done and is wanted again.
    """
    # What is history as far as we know opens nothing; once it is known to stand, `adopt` takes it.
    raised = [
        t.alarm
        for t in transitions
        if t.cause is Cause.RAISED and t.priority in OPENING_PRIORITIES and not t.backfilled
    ]
    if not raised:
        return []
    return _take_in(cur, read_reports(cur, raised, now), now)


def adopt(cur: Cursor, *, now: datetime) -> list[Change]:
    """Let alarms that an override kept from an incident open or join one, once nothing covers them any more."""
    cur.execute(
        """
        SELECT id FROM alarms
        WHERE state <> 'norm' AND priority = ANY(%s) AND incident IS NULL AND state = ANY(%s) AND NOT backfilled ORDER BY id
        FOR UPDATE SKIP LOCKED
        """,  # an alarm somebody works on waits for the next look: whoever looks may wait for no other
        (sorted(OPENING_PRIORITIES), [state.value for state in State if is_active(state)]),
    )
    waiting = [alarm for (alarm,) in cur.fetchall()]
    return _take_in(cur, read_reports(cur, waiting, now), now) if waiting else []


def _take_in(cur: Cursor, reports: Sequence[Report], now: datetime) -> list[Change]:
    """Open and join, set by set: some ten statements, whether it is one alarm or five thousand."""
    if not reports:
        return []
    reports = _beside(cur, reports)
    standing = lock_standing(cur, reports, now)
    planned = plan(reports, standing)
    worst: dict[tuple[str, str], tuple[Aim, Report]] = {}
    for report in reports:
        aim = planned.aims[report.alarm]
        if aim.key not in worst or report.priority < worst[aim.key][1].priority:
            worst[aim.key] = (aim, report)
    joined = _open_or_join(cur, worst, {one.id for one in standing if one.is_done}, now)
    newcomers = [(r, joined[key]) for r in reports if r.incident != joined[key := planned.aims[r.alarm].key].id]
    _bind(cur, newcomers)
    _log(cur, newcomers, joined, now)
    absorbed = _absorb(cur, {one: joined[aim.key].id for one, aim in planned.absorbed.items()}, now)
    _count_places(cur, [one.id for one in joined.values() if one.gathers])
    return [*(Change(kind=ChangeKind.INCIDENT, id=str(j.id), version=j.version) for j in joined.values()), *absorbed]


def write_log(
    cur: Cursor, incident: int, *, version: int, at: datetime, action: Note, actor: str, detail: dict[str, object]
) -> None:
    """Write one line into an incident's log."""
    cur.execute(
        "INSERT INTO incident_log (incident, version, at, action, actor, detail) VALUES (%s, %s, %s, %s, %s, %s)",
        (incident, version, at, action.value, actor, Jsonb(detail)),
    )


def _beside(cur: Cursor, reports: Sequence[Report]) -> list[Report]:
    """Put what rests on alarms of an open incident to that incident's place: it tells of the same happening."""
    resting = {report.alarm: report for report in reports if report.rests_on}
    if not resting:
        return list(reports)
    cur.execute(
        """
        SELECT DISTINCT ON (e.alarm) e.alarm, i.kind, i.place, i.title, i.grid
        FROM alarm_evidence e JOIN alarms a ON a.id = e.evidence JOIN incidents i ON i.id = a.incident
        WHERE e.alarm = ANY(%s) AND i.state = 'open' ORDER BY e.alarm, i.id
        """,
        (list(resting),),
    )
    moved = {
        alarm: replace(resting[alarm], where=replace(resting[alarm].where, place=place, grid=grid), title=title)
        for alarm, kind, place, title, grid in cur.fetchall()
        if resting[alarm].kind.value == kind
    }
    return [moved.get(report.alarm, report) for report in reports]


def _open_or_join(
    cur: Cursor, worst: Mapping[tuple[str, str], tuple[Aim, Report]], done: AbstractSet[int], now: datetime
) -> dict[tuple[str, str], Joined]:
    # Sorted, so that two workers who open the same incidents wait for each other and never in a circle.
    wanted = [worst[key] for key in sorted(worst)]
    cur.execute(
        """
        INSERT INTO incidents AS i (kind, title, priority, place, grid, lon, lat, opened_at, gathers_until)
        SELECT kind, title, priority, place, grid, lon, lat, %(now)s, gathers_until
        FROM unnest(%(kinds)s::text[], %(titles)s::text[], %(priorities)s::int[], %(places)s::text[], %(grids)s::int[],
                    %(lons)s::float8[], %(lats)s::float8[], %(gathers)s::timestamptz[])
             WITH ORDINALITY AS n (kind, title, priority, place, grid, lon, lat, gathers_until, nth)
        ORDER BY nth
        ON CONFLICT (kind, place) WHERE state = 'open' DO UPDATE
        SET priority = least(i.priority, excluded.priority),
            dispatch = CASE i.dispatch WHEN %(done)s THEN %(awaiting)s ELSE i.dispatch END,
            version = i.version + (excluded.priority < i.priority OR i.dispatch = %(done)s)::int,
            gathers_until = coalesce(excluded.gathers_until, i.gathers_until)
        RETURNING kind, place, id, version, xmax = 0, gathers_until IS NOT NULL
        """,
        {
            "kinds": [aim.kind.value for aim, _ in wanted],
            "titles": [aim.title for aim, _ in wanted],
            "priorities": [report.priority for _, report in wanted],
            "places": [aim.place for aim, _ in wanted],
            "grids": [aim.grid for aim, _ in wanted],
            "lons": [report.lon for _, report in wanted],
            "lats": [report.lat for _, report in wanted],
            "gathers": [now + GATHERS if aim.gathers else None for aim, _ in wanted],
            "now": now,
            "done": Dispatch.DONE.value,
            "awaiting": Dispatch.AWAITING.value,
        },
    )
    return {
        (kind, place): Joined(id=id_, version=version, is_new=is_new, was_done=id_ in done, gathers=gathers)
        for kind, place, id_, version, is_new, gathers in cur.fetchall()
    }


def _absorb(cur: Cursor, into: Mapping[int, int], now: datetime) -> list[Change]:
    """Take incidents of the last minute, that nobody has touched, into the one of their town, and close them."""
    if not into:
        return []
    columns = (list(into), list(into.values()))
    cur.execute(
        "UPDATE alarms a SET incident = n.gathered FROM unnest(%s::bigint[], %s::bigint[]) AS n (incident, gathered)"
        " WHERE a.incident = n.incident",
        columns,
    )
    cur.execute(
        """
        UPDATE incidents SET state = 'closed', closed_at = %s, version = version + 1 WHERE id = ANY(%s)
        RETURNING id, version
        """,
        (now, list(into)),
    )
    closed: dict[int, int] = dict(cur.fetchall())
    lines = [_Line(incident=i, version=v, note=Note.GATHERED, detail={"into": str(into[i])}) for i, v in closed.items()]
    _write_lines(cur, lines, now)
    return [Change(kind=ChangeKind.INCIDENT, id=str(i), version=v) for i, v in closed.items()]


def _count_places(cur: Cursor, incidents: Sequence[int]) -> None:
    """Say in the titles of gathering incidents how many places they have come to hold."""
    if not incidents:
        return
    cur.execute(
        """
        SELECT i.id, i.kind, coalesce(g.name, ''), count(DISTINCT coalesce(a.grid, -a.device))
        FROM incidents i LEFT JOIN grids g ON g.key = i.grid JOIN alarms a ON a.incident = i.id
        WHERE i.id = ANY(%s) GROUP BY i.id, g.name
        """,
        (list(incidents),),
    )
    titles = {i: gathered_title_of(Kind(kind), name, count) for i, kind, name, count in cur.fetchall()}
    cur.execute(
        "UPDATE incidents i SET title = n.title FROM unnest(%s::bigint[], %s::text[]) AS n (id, title)"
        " WHERE i.id = n.id AND i.title <> n.title",
        (list(titles), list(titles.values())),
    )


def _bind(cur: Cursor, newcomers: Sequence[tuple[Report, Joined]]) -> None:
    if newcomers:
        cur.execute(
            "UPDATE alarms a SET incident = n.incident FROM unnest(%s::bigint[], %s::bigint[]) AS n (alarm, incident)"
            " WHERE a.id = n.alarm",
            ([report.alarm for report, _ in newcomers], [joined.id for _, joined in newcomers]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    incident: int
    version: int
    note: Note
    detail: dict[str, object]


def _log(
    cur: Cursor,
    newcomers: Sequence[tuple[Report, Joined]],
    joined: Mapping[tuple[str, str], Joined],
    now: datetime,
) -> None:
    """Write who opened, who joined, and what had to be opened again; of a storm a line a batch, not one an alarm."""
    lines = [
        _Line(incident=one.id, version=one.version, note=Note.REOPENED, detail={})
        for one in joined.values()
        if one.was_done
    ]
    opened: set[int] = set()
    together: dict[int, list[Report]] = {}
    for report, incident in newcomers:
        if incident.gathers:
            together.setdefault(incident.id, []).append(report)
            continue
        is_first = incident.is_new and incident.id not in opened
        opened.add(incident.id)
        detail: dict[str, object] = {"alarm": str(report.alarm), "priority": report.priority}
        note = Note.OPENED if is_first else Note.JOINED
        lines.append(_Line(incident=incident.id, version=incident.version, note=note, detail=detail))
    for incident in joined.values():
        if reports := together.get(incident.id):
            detail = {"alarms": len(reports), "priority": min(report.priority for report in reports)}
            note = Note.OPENED if incident.is_new else Note.JOINED
            lines.append(_Line(incident=incident.id, version=incident.version, note=note, detail=detail))
    _write_lines(cur, lines, now)


def _write_lines(cur: Cursor, lines: Sequence[_Line], now: datetime) -> None:
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
                [line.incident for line in lines],
                [line.version for line in lines],
                [line.note.value for line in lines],
                [Jsonb(line.detail) for line in lines],
            ),
        )
