"""Reads the alarms that correlation looks at, and writes what its own rest on. Set by set; decides nothing, no clock.

A few statements a rule and batch, however many alarms there are.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.answer import instant, microseconds
from alerts.correlation.decide import Evidence
from alerts.correlation.nouns import Net, PlaceRule, Role, Spoken
from alerts.life_cycle import State, is_active
from alerts.overrides import COVERS_NOW
from database.connection import Cursor

LAPSE = "lapse"  # kind of the deadlines at which an alarm of correlation returns
_LOCK = 0x636F7272  # "corr": who correlates waits for who did, so that neither misses what the other has just raised
_ACTIVE = [state.value for state in State if is_active(state)]
# Every span in which the alarm's condition held, by its history: the row itself knows only the newest.
_SPANS = """
    CROSS JOIN LATERAL (
        SELECT s.at AS raised, s.ended FROM (
            SELECT t.at, t.to_state = ANY(%(active)s) AS holds, lead(t.at) OVER (ORDER BY t.version) AS ended
            FROM alarm_transitions t
            WHERE t.alarm = a.id AND (t.from_state = ANY(%(active)s)) <> (t.to_state = ANY(%(active)s))
        ) s WHERE s.holds
    ) s
"""
_SPOKEN = f"""
    SELECT a.id, d.key, d.kind, a.condition, m.name, a.priority, coalesce(d.grid, 0), d.area, d.building, d.lon, d.lat,
           s.raised, s.ended
    FROM alarms a
    JOIN devices d ON d.key = a.device AND NOT d.is_carrier
    LEFT JOIN metrics m ON m.key = a.metric
    {_SPANS}
"""  # noqa: S608 -- all of it is ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One target under one rule. `device` is the key of the device or carrier."""

    device: int
    rule: str
    condition: str
    priority: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Newest(Point):
    """The newest alarm of a point. `since` is None while it does not hold."""

    alarm: int
    since: int | None
    seen: int  # the newest time it has seen

    @property
    def key(self) -> tuple[int, str, int]:
        """Name its point."""
        return self.device, self.condition, self.priority


def lead(cur: Cursor) -> None:
    """Become the one who correlates, until the transaction ends."""
    cur.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))


def read_spoken(cur: Cursor, alarms: Sequence[int], now: datetime) -> list[Spoken]:
    """Read alarms as evidence, a row for each span of each; carriers' and those under an override are left out."""
    cur.execute(
        f"{_SPOKEN} WHERE a.id = ANY(%(alarms)s) AND NOT EXISTS (SELECT FROM overrides o WHERE {COVERS_NOW})",
        {"alarms": list(alarms), "active": _ACTIVE, "now": now},
    )
    return [_spoken(row) for row in cur.fetchall()]


def read_near(cur: Cursor, rule: PlaceRule, net: Net, *, since: int, now: datetime) -> list[Spoken]:
    """Read what else there is in a net: alarms that hold, or were raised since a time, less those under an override."""
    cur.execute(
        f"""
        {_SPOKEN}
        WHERE (a.state <> 'norm' OR a.raised_at >= %(since)s) AND a.condition = ANY(%(conditions)s)
          AND (d.grid = ANY(%(grids)s) OR d.building = ANY(%(buildings)s) OR d.key = ANY(%(devices)s))
          AND (s.ended IS NULL OR s.raised >= %(since)s)
          AND NOT EXISTS (SELECT FROM overrides o WHERE {COVERS_NOW})
        """,
        {
            "active": _ACTIVE,
            "since": instant(since),
            "conditions": sorted(rule.conditions),
            "grids": sorted(net.grids),
            "buildings": sorted(net.buildings),
            "devices": sorted(net.devices),
            "now": now,
        },
    )
    return [_spoken(row) for row in cur.fetchall()]


def read_newest(cur: Cursor, rule: PlaceRule, devices: Sequence[int]) -> list[Newest]:
    """Read the newest alarm of a rule's condition at each of some devices (registry keys)."""
    cur.execute(
        """
        SELECT DISTINCT ON (device) id, device, rule, condition, priority, state, raised_at, cleared_at FROM alarms
        WHERE device = ANY(%s) AND condition = %s AND priority = %s AND metric IS NULL ORDER BY device, id DESC
        """,
        (list(devices), rule.condition, rule.priority),
    )
    return [_newest(row) for row in cur.fetchall()]


def read_resting(cur: Cursor, *, evidence: Sequence[int] | None = None) -> list[Newest]:
    """Read the alarms of correlation that hold: those that rest on some alarms, or all."""
    cur.execute(
        """
        SELECT id, device, rule, condition, priority, state, raised_at, cleared_at FROM alarms a
        WHERE state = ANY(%(active)s) AND EXISTS (
            SELECT FROM alarm_evidence e
            WHERE e.alarm = a.id AND (%(evidence)s::bigint[] IS NULL OR e.evidence = ANY(%(evidence)s::bigint[]))
        )
        """,
        {"active": _ACTIVE, "evidence": None if evidence is None else list(evidence)},
    )
    return [_newest(row) for row in cur.fetchall()]


def read_evidence(cur: Cursor, alarms: Sequence[int]) -> dict[int, list[Evidence]]:
    """Read what alarms of correlation rest on, each span of it."""
    found: dict[int, list[Evidence]] = defaultdict(list)
    cur.execute(
        f"""
        SELECT e.alarm, a.id, a.device, e.role, s.raised, s.ended
        FROM alarm_evidence e JOIN alarms a ON a.id = e.evidence {_SPANS} WHERE e.alarm = ANY(%(alarms)s)
        """,  # noqa: S608 -- all of it is ours
        {"alarms": list(alarms), "active": _ACTIVE},
    )
    for resting, alarm, device, role, raised, ended in cur.fetchall():
        span = Evidence(alarm=alarm, device=device, role=Role(role), raised=microseconds(raised), ended=_when(ended))
        found[resting].append(span)
    return found


def write_evidence(cur: Cursor, links: Iterable[tuple[int, int, Role]]) -> None:
    """Write what alarms rest on; what is written already stays."""
    rows = sorted({(alarm, evidence, role.value) for alarm, evidence, role in links})
    if rows:
        alarms, evidence, roles = (list(column) for column in zip(*rows, strict=True))
        cur.execute(
            "INSERT INTO alarm_evidence SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::smallint[])"
            " ON CONFLICT DO NOTHING",
            (alarms, evidence, roles),
        )


def set_lapses(cur: Cursor, delays_us: Mapping[int, int], now: datetime) -> None:
    """Let alarms return when their off-delay has run out, if nothing happens; a delay that runs is left running."""
    if delays_us:
        cur.execute(
            "INSERT INTO deadlines (kind, subject, due_at) SELECT %s, * FROM unnest(%s::bigint[], %s::timestamptz[])"
            " ON CONFLICT (kind, subject) WHERE done_at IS NULL DO NOTHING",
            (LAPSE, list(delays_us), [now + timedelta(microseconds=us) for us in delays_us.values()]),
        )


def drop_lapses(cur: Cursor, alarms: Sequence[int], now: datetime) -> None:
    """Let alarms not return after all, or no more."""
    if alarms:
        cur.execute(
            "UPDATE deadlines SET done_at = %s WHERE kind = %s AND subject = ANY(%s) AND done_at IS NULL",
            (now, LAPSE, list(alarms)),
        )


def read_lapsed(cur: Cursor, now: datetime) -> list[int]:
    """Read whose off-delay has run out."""
    cur.execute("SELECT subject FROM deadlines WHERE kind = %s AND done_at IS NULL AND due_at <= %s", (LAPSE, now))
    return [subject for (subject,) in cur.fetchall()]


def keys_of(cur: Cursor, ids: Sequence[str]) -> dict[str, int]:
    """Find the keys of carriers by id; those that were never made are left out."""
    cur.execute("SELECT id, key FROM devices WHERE id = ANY(%s)", (list(ids),))
    return dict(cur.fetchall())


def _spoken(row: Sequence[object]) -> Spoken:
    alarm, device, kind, condition, metric, priority, grid, area, building, lon, lat, raised, ended = row
    assert isinstance(raised, datetime)
    return Spoken(
        alarm=int(str(alarm)),
        device=int(str(device)),
        kind=str(kind),
        condition=str(condition),
        metric=None if metric is None else str(metric),
        priority=int(str(priority)),
        grid=int(str(grid)),
        area=str(area),
        building=None if building is None else str(building),
        lon=lon if isinstance(lon, float) else None,
        lat=lat if isinstance(lat, float) else None,
        raised=microseconds(raised),
        ended=_when(ended),
    )


def _newest(row: Sequence[object]) -> Newest:
    alarm, device, rule, condition, priority, state, raised, cleared = row
    times = [at for at in (_when(raised), _when(cleared)) if at is not None]
    return Newest(
        alarm=int(str(alarm)),
        device=int(str(device)),
        rule=str(rule),
        condition=str(condition),
        priority=int(str(priority)),
        since=_when(raised) if is_active(State(str(state))) else None,
        seen=max(times),
    )


def _when(at: object) -> int | None:
    return microseconds(at) if isinstance(at, datetime) else None
