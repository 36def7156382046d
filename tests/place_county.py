"""Four grids in a row, a house, cameras and a river in a database of the test's own; and a worker's way to tell alarms.

Nothing here judges: alarms are told as the engine tells them, and go the way they go in the worker.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache

import shapely
from psycopg.types.json import Jsonb

from alerts import Cause, Detection, PointChange, Transition, load_rules, save, save_rule_set
from alerts.correlation.correlator import Correlator
from alerts.rule import RuleSet
from database import append_changes, connect
from database.connection import Cursor
from incidents import join
from tests.alarm_county import session
from tests.engine_feed import SECOND, T0

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
MINUTE = 60 * SECOND
DETECTORS = (1, 2, 3)  # of the house in V-1
NEXT_DOOR = 4  # a detector in V-2, in no building
FAR = 5  # a detector in V-4
CAMERA, FAR_CAMERA = 6, 7  # in V-2 and V-4
GAUGES = (8, 9, 10)  # down the river
_GUIDANCE = "guidance: {zh: {means: 是, do: 做}, en: {means: is, do: do}}"
_TEXT = f"""
rules:
  - {{name: several, kind: count, for: {{kinds: [smoke]}}, conditions: [smoke], devices: 2, within: 5min, in: building,
     off_delay: 1min, condition: several-detectors, priority: 1, {_GUIDANCE}}}
  - {{name: seen, kind: together, for: {{kinds: [smoke]}}, conditions: [smoke], within: 10min, condition: fire-corroborated,
     with: {{kinds: [camera], conditions: [smoke-seen, fire-seen]}}, priority: 1, {_GUIDANCE}}}
  - {{name: flood, kind: downstream, for: {{kinds: [gauge]}}, conditions: [level-high], from_priority: 3, priority: 3,
     condition: flood-coming, {_GUIDANCE}}}
"""


@cache
def place_rules() -> RuleSet:
    """Load the three rules of stage 2 that this county has."""
    return load_rules(_TEXT)


def found_places(url: str) -> None:
    """Make the grids, the devices and the river."""
    with connect(url) as connection, connection.cursor() as cur:
        cur.execute("INSERT INTO grid_versions (valid_from, source) VALUES ('2020-01-01Z', 'test')")
        rows = [("T", "青石镇", "town", None, (0, 4)), ("V", "东河村", "village", "T", (0, 4))]
        rows += [(f"V-{n}", f"第{n}网格", "grid", "V", (n - 1, n)) for n in (1, 2, 3, 4)]
        for code, name, level, parent, (west, east) in rows:
            shape = shapely.to_wkb(shapely.box(120 + west / 100, 30, 120 + east / 100, 30.01))
            cur.execute(
                "INSERT INTO grids (version, code, name, level, parent, shape) VALUES (1, %s, %s, %s, %s, %s)",
                (code, name, level, parent, shape),
            )
        for n in (*DETECTORS, NEXT_DOOR, FAR):
            _device(cur, f"s-{n}", "smoke", {NEXT_DOOR: 2, FAR: 4}.get(n, 1), "东河小区3栋" if n in DETECTORS else None)
        _device(cur, "c-1", "camera", 2, None)
        _device(cur, "c-2", "camera", 4, None)
        _device(cur, "g-1", "gauge", 1, None, {"downstream": "g-2", "travel_min": 30})
        _device(cur, "g-2", "gauge", 3, None, {"river": "东河", "order": 2, "travel_min": 45})
        _device(cur, "g-3", "gauge", 4, None, {"river": "东河", "order": 5})
        cur.execute("INSERT INTO metrics (name, unit) VALUES ('fire', '1'), ('smoke_seen', '1'), ('stage', 'm')")


def _device(
    cur: Cursor, id_: str, kind: str, column: int, building: str | None, attributes: dict[str, object] | None = None
) -> None:
    cur.execute(
        """
        INSERT INTO devices (id, kind, area, name, lon, lat, grid, building, attributes)
        VALUES (%s, %s, 'T', %s, %s, 30.005, (SELECT key FROM grids WHERE code = %s), %s, %s)
        """,
        (id_, kind, id_, 120 + column / 100 - 0.005, f"V-{column}", building, Jsonb(attributes or {})),
    )


def alarm(device: int, minute: float, *, active: bool = True, priority: int = 1, condition: str = "") -> PointChange:
    """Say what a detector, camera or gauge says, a number of minutes after the first device time."""
    usual = "smoke" if device <= FAR else "smoke-seen" if device <= FAR_CAMERA else "level-high"
    metric = {"smoke": 1, "smoke-seen": 2}.get(usual, 3)
    return PointChange(
        device=device,
        metric=metric,
        rule="r",
        condition=condition or usual,
        priority=priority,
        active=active,
        time=T0 + round(minute * MINUTE),
        value=1.0,
        cause=Cause.RAISED if active else Cause.RETURNED,
    )


def tell(
    url: str, *changes: PointChange, now: datetime = NOON, correlator: Correlator | None = None, tick: bool = False
) -> list[Transition]:
    """Write what the engine said as the worker writes it; gives the steps of correlation's own alarms."""
    with session(url) as cur:
        return write(cur, changes, now=now, correlator=correlator or Correlator(place_rules(), url), tick=tick)


def write(
    cur: Cursor, changes: Sequence[PointChange], *, now: datetime, correlator: Correlator, tick: bool = False
) -> list[Transition]:
    """Do what one batch of the worker does to alarms and incidents."""
    version = save_rule_set(cur, place_rules())
    transitions = save(cur, Detection(changes=tuple(changes)), now=now, rule_set=version)
    own = correlator.correlate(cur, transitions, now=now, rule_set=version)
    if tick:
        own += correlator.due(cur, now=now, rule_set=version)
    append_changes(cur, [t.change for t in transitions + own] + join(cur, transitions + own, now=now))
    return own
