"""What officers do with incidents, each in the caller's transaction, with the version the officer saw.

Every command gives the changes it made; the caller appends them last. Nothing here reads the clock or judges a right.
"""

from dataclasses import dataclass
from datetime import datetime

from database import Change, ChangeKind
from database.connection import Cursor
from incidents.dispatch import Action, Dispatch, Note, after
from incidents.errors import AlreadyOpenError, IllegalActionError, StaleIncidentError, UnknownIncidentError
from incidents.kinds import Kind, title_of
from incidents.store import write_log


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What an officer reports by hand. `grid` is a code of the grids in force; coordinates are WGS 84 degrees."""

    kind: Kind
    priority: int
    grid: str
    title: str = ""  # empty: called by place and kind
    lon: float | None = None
    lat: float | None = None


def move(
    cur: Cursor,
    incident_id: int,
    action: Action | str,
    *,
    version: int,
    actor: str,
    now: datetime,
    comment: str = "",
) -> list[Change]:
    """Take an incident one step on: send, arrive, finish, close, or comment.

    Raises:
        UnknownIncidentError, StaleIncidentError: there is no such incident, or it has changed since the officer saw it.
        IllegalActionError: its dispatch does not allow the step, it is closed, or there is no such action.
    """
    state, dispatch, current = _lock(cur, incident_id)
    if version != current:
        raise StaleIncidentError(current)
    try:
        asked = Action(action)
    except ValueError:
        raise IllegalActionError(dispatch, str(action), "there is no such action") from None
    if state == "closed" and asked is not Action.COMMENT:
        raise IllegalActionError("closed", asked)
    if asked is Action.COMMENT and not comment.strip():
        raise IllegalActionError(dispatch, asked, "it says nothing")
    reached, note = after(dispatch, asked)
    is_closing = note is Note.CLOSED
    cur.execute(
        """
        UPDATE incidents SET dispatch = %s, version = version + 1, state = CASE WHEN %s THEN 'closed' ELSE state END,
                             closed_at = CASE WHEN %s THEN %s ELSE closed_at END
        WHERE id = %s
        """,
        (reached.value, is_closing, is_closing, now, incident_id),
    )
    detail: dict[str, object] = {"comment": comment} if comment else {}
    write_log(cur, incident_id, version=current + 1, at=now, action=note, actor=actor, detail=detail)
    return [Change(kind=ChangeKind.INCIDENT, id=str(incident_id), version=current + 1)]


def open_by_hand(cur: Cursor, opening: Opening, *, actor: str, now: datetime) -> tuple[int, list[Change]]:
    """Open an incident that no device reported (a call, a patrol); gives its id and the changes.

    Raises:
        UnknownIncidentError: there is no such grid.
        AlreadyOpenError: an incident of the kind is open in the grid; the officer writes into that one.
    """
    row = cur.execute(
        """
        SELECT g.key, g.name, p.name FROM grids g
        LEFT JOIN grids p ON p.version = g.version AND p.code = g.parent
        WHERE g.code = %s ORDER BY (SELECT valid_from <= %s FROM grid_versions v WHERE v.version = g.version) DESC,
                                   g.version DESC LIMIT 1
        """,
        (opening.grid, now),
    ).fetchone()
    if row is None:
        raise UnknownIncidentError(f"no grid {opening.grid}")
    grid, name, parent = row
    title = opening.title.strip() or title_of(opening.kind, parent, name)
    opened = cur.execute(
        """
        INSERT INTO incidents (kind, title, priority, place, grid, lon, lat, opened_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (kind, place) WHERE state = 'open' DO NOTHING RETURNING id
        """,
        (opening.kind.value, title, opening.priority, opening.grid, grid, opening.lon, opening.lat, now),
    ).fetchone()
    if opened is None:
        standing = cur.execute(
            "SELECT id FROM incidents WHERE kind = %s AND place = %s AND state = 'open'",
            (opening.kind.value, opening.grid),
        ).fetchone()
        raise AlreadyOpenError(standing[0] if standing else 0)
    incident = int(opened[0])
    write_log(cur, incident, version=1, at=now, action=Note.OPENED, actor=actor, detail={})
    return incident, [Change(kind=ChangeKind.INCIDENT, id=str(incident), version=1)]


def _lock(cur: Cursor, incident_id: int) -> tuple[str, Dispatch, int]:
    row = cur.execute(
        "SELECT state, dispatch, version FROM incidents WHERE id = %s FOR UPDATE", (incident_id,)
    ).fetchone()
    if row is None:
        raise UnknownIncidentError(f"no incident {incident_id}")
    return str(row[0]), Dispatch(row[1]), int(row[2])
