"""Takes the county's picture from the database: grids without shapes, the flow, and shapes when a rule asks for them."""

from collections import defaultdict
from itertools import pairwise

from alerts.correlation.county import County, Flow, GridRow
from database import connect
from database.connection import Cursor
from geo import GridSet, Level, version_in_force
from geo.store import load_version


def load_county(cur: Cursor, url: str) -> tuple[int, County]:
    """Read the grids in force and the flow, with the version of the grids; shapes are read over `url` if ever asked."""
    version, valid_from = version_in_force(cur)

    def shapes() -> GridSet:
        with connect(url, name="gridwatch polygons") as connection:
            return load_version(connection.cursor(), version, valid_from)

    cur.execute("SELECT key, code, name, level, parent FROM grids WHERE version = %s", (version,))
    rows = [GridRow(key=k, code=c, name=n, level=Level(v), parent=p) for k, c, n, v, p in cur.fetchall()]
    return version, County(rows, load_flow(cur), shapes)


def load_flow(cur: Cursor) -> Flow:
    """Read how the water runs from the attributes of the gauges.

    `downstream` names the next gauge by its id; without it the one with the next higher `order` on the same `river` is
    taken. `travel_min` is how many minutes a flood takes to the next gauge.
    """
    cur.execute(
        """
        SELECT key, id, attributes ->> 'river', attributes ->> 'order', attributes ->> 'downstream',
               attributes ->> 'travel_min'
        FROM devices
        WHERE retired_at IS NULL AND NOT is_carrier AND (attributes ? 'downstream' OR attributes ? 'order')
        ORDER BY key
        """
    )
    rows = cur.fetchall()
    keys = {device: key for key, device, *_ in rows}
    missing = sorted({down for _, _, _, _, down, _ in rows if down and down not in keys})
    cur.execute("SELECT id, key FROM devices WHERE id = ANY(%s) AND retired_at IS NULL", (missing,))
    keys |= dict(cur.fetchall())
    after = _next_on_river([(key, river, _number(order)) for key, _, river, order, _, _ in rows])
    to: dict[int, tuple[int, float | None]] = {}
    for key, _, _, _, down, travel in rows:
        following = keys.get(down) if down else after.get(key)
        if following is not None and following != key:
            to[key] = (following, _number(travel))
    return Flow(to=to)


def _next_on_river(gauges: list[tuple[int, str | None, float | None]]) -> dict[int, int]:
    rivers: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for key, river, order in gauges:
        if river and order is not None:
            rivers[river].append((order, key))
    following: dict[int, int] = {}
    for along in rivers.values():
        along.sort()
        following |= {up: down for (_, up), (_, down) in pairwise(along)}
    return following


def _number(text: str | None) -> float | None:
    """Read a number that people wrote into an attribute; what is none says nothing."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if value - value == 0.0 else None
