"""Put a new physical device into the place and role of an old one: both keep their alarms and readings, the chain is kept.

The old one is retired; what hung on it (devices behind it, gauges upstream) hangs on the new one.
"""

from datetime import datetime

from psycopg.types.json import Jsonb

from database import Change, ChangeKind
from database.connection import Cursor
from ingest.registration import NewChannel, NewDevice, Way, retire, write

LONGEST_CHAIN = 100


class TakenIdError(Exception):
    """The id of the new device belongs to one that is registered."""


def swap(cur: Cursor, old: str, new: str, *, now: datetime, actor: str, note: str) -> list[Change]:
    """Let device `new` take over from the registered device `old`; gives the changes, which the caller appends last.

    The caller ends the alarms of the old one.

    Raises:
        TakenIdError: `new` is registered already, or is no device.
        LookupError: there is no registered device `old`.
    """
    device = _copy(cur, old, new)
    taken = cur.execute("SELECT retired_at IS NULL OR is_carrier FROM devices WHERE id = %s", (new,)).fetchone()
    if old == new or (taken is not None and taken[0]):
        raise TakenIdError(f"{new} is registered already")
    changes = write(cur, [device], now=now, actor=actor, note=note, way=Way.HAND)
    changes.append(retire(cur, old, now=now, actor=actor, note=note))
    cur.execute("UPDATE devices SET replaced_by = %s WHERE id = %s", (new, old))
    cur.execute(_MARK, {"old": old, "new": new})
    return changes + _rehang(cur, old, new, now=now, actor=actor)


def _copy(cur: Cursor, old: str, new: str) -> NewDevice:
    row = cur.execute(
        "SELECT key, kind, name, lon, lat, area, building, gateway, moving, attributes FROM devices"
        " WHERE id = %s AND retired_at IS NULL AND NOT is_carrier FOR UPDATE",
        (old,),
    ).fetchone()
    if row is None:
        raise LookupError(old)
    key, kind, name, lon, lat, area, building, gateway, moving, attributes = row
    cur.execute(
        """
        SELECT m.name, c.unit, c.interval_s, c.datum_m, limit_1, limit_2, limit_3, limit_4
        FROM device_metrics c JOIN metrics m ON m.key = c.metric WHERE c.device = %s ORDER BY m.name
        """,
        (key,),
    )
    channels = tuple(
        NewChannel(metric=metric, unit=unit, interval_s=interval, datum_m=datum, limits=tuple(limits))
        for metric, unit, interval, datum, *limits in cur.fetchall()
    )
    return NewDevice(
        id=new,
        kind=kind,
        name=name,
        lon=lon,
        lat=lat,
        area=area,
        building=building,
        gateway=None if gateway == new else gateway,
        moving=moving,
        attributes=attributes,
        channels=channels,
    )


# The newest line of both says what it was: one act, not a registration and a retirement.
_MARK = """
    UPDATE device_history h SET what = 'swapped',
        after = h.after || CASE WHEN d.id = %(old)s THEN jsonb_build_object('replaced_by', %(new)s::text)
                                ELSE jsonb_build_object('replaces', %(old)s::text) END
    FROM devices d
    WHERE d.id IN (%(old)s, %(new)s) AND h.device = d.key AND h.id = (SELECT max(id) FROM device_history
                                                                     WHERE device = d.key)
"""


def _rehang(cur: Cursor, old: str, new: str, *, now: datetime, actor: str) -> list[Change]:
    """Hang what reported through the old device, or flowed down to it, on the new one."""
    cur.execute(
        """
        SELECT key, device_record(key) FROM devices
        WHERE (gateway = %(old)s OR attributes ->> 'downstream' = %(old)s) AND retired_at IS NULL ORDER BY id FOR UPDATE
        """,
        {"old": old},
    )
    before: dict[int, object] = dict(cur.fetchall())
    rows = cur.execute(
        """
        UPDATE devices SET version = version + 1, gateway = CASE WHEN gateway = %(old)s THEN %(new)s ELSE gateway END,
            attributes = CASE WHEN attributes ->> 'downstream' = %(old)s
                              THEN attributes || jsonb_build_object('downstream', %(new)s::text) ELSE attributes END
        WHERE key = ANY(%(keys)s) RETURNING key, id, version
        """,
        {"old": old, "new": new, "keys": list(before)},
    ).fetchall()
    cur.executemany(
        "INSERT INTO device_history (device, version, at, what, way, before, after, actor, note)"
        " VALUES (%s, %s, %s, 'changed', 'system', %s, device_record(%s), %s, %s)",
        [(key, version, now, Jsonb(before[key]), key, actor, f"{old} → {new}") for key, _, version in rows],
    )
    return [Change(kind=ChangeKind.DEVICE, id=device, version=version) for _, device, version in rows]


def chain(cur: Cursor, device: str) -> list[str]:
    """List the devices that followed one another in the place of this one, oldest first; itself alone where none did."""
    cur.execute(
        """
        WITH RECURSIVE
        before AS (SELECT %(id)s::text AS id, 0 AS n
                   UNION SELECT d.id, before.n - 1 FROM before JOIN devices d ON d.replaced_by = before.id
                   WHERE before.n > -%(most)s),
        after AS (SELECT %(id)s::text AS id, 0 AS n
                  UNION SELECT d.replaced_by, after.n + 1 FROM after JOIN devices d ON d.id = after.id
                  WHERE d.replaced_by IS NOT NULL AND after.n < %(most)s)
        SELECT id FROM (SELECT * FROM before UNION SELECT * FROM after) c ORDER BY n
        """,
        {"id": device, "most": LONGEST_CHAIN},
    )
    return list(dict.fromkeys(found for (found,) in cur.fetchall()))
