"""Overrides: records of their own, each with an end, laid over alarms without changing what is true. No clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from alerts.errors import OverrideRefusedError
from alerts.ledger import AlarmRow
from database import Change, ChangeKind
from database.connection import Cursor

# Longer than a day is not putting aside but forgetting; maintenance has its own override.
LONGEST_SHELVING: Mapping[int, timedelta] = dict.fromkeys((1, 2, 3, 4), timedelta(hours=24))
# A device that is away for a season is retired, not out of service.
LONGEST_PLAN = timedelta(days=90)

# Which alarms `a` an override `o` covers: what is worse than what was put aside is not covered, it sounds.
COVERS = """o.device = a.device AND (o.condition IS NULL OR o.condition = a.condition)
    AND (o.metric IS NULL OR o.metric = coalesce(a.metric, 0)) AND (o.priority IS NULL OR o.priority <= a.priority)"""
# The same, and it is in force at %(now)s.
COVERS_NOW = f"{COVERS} AND o.ended_at IS NULL AND o.starts_at <= %(now)s AND o.ends_at > %(now)s"


class OverrideKind(StrEnum):
    """Why an alarm does not count for a while (ISA-18.2 §5.4.5)."""

    SHELVED = "shelved"  # an officer put it aside
    SUPPRESSED = "suppressed"  # by design: a rule or a plan says it means nothing now
    OUT_OF_SERVICE = "out_of_service"  # the device is being worked on


class Scope(StrEnum):
    """What one act took out beside a single device."""

    GRID = "grid"
    GATEWAY = "gateway"


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """One override of a device (by registry key). Instants aware UTC.

    None is all: all conditions, all metrics (0 is the device as a whole), all priorities; else `priority` and lesser ones.
    """

    kind: OverrideKind
    device: int
    condition: str | None
    starts_at: datetime
    ends_at: datetime
    reason: str
    actor: str
    metric: int | None = None
    priority: int | None = None
    rule: str | None = None  # suppressed by design: by which rule
    scope: Scope | None = None
    target: str | None = None  # code of the grid or id of the gateway


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An override as it is written down now."""

    id: int
    version: int
    kind: OverrideKind
    device: int
    condition: str | None
    metric: int | None
    priority: int | None

    @property
    def change(self) -> Change:
        """Give what the live feed is told."""
        return Change(kind=ChangeKind.OVERRIDE, id=str(self.id), version=self.version)

    def covers(self, alarm: AlarmRow) -> bool:
        """Say whether it is about an alarm, as COVERS does."""
        return (
            self.device == alarm.device
            and self.condition in (None, alarm.condition)
            and self.metric in (None, alarm.metric)
            and (self.priority is None or self.priority <= alarm.priority)
        )


_STORED = "id, version, kind, device, condition, metric, priority"


def check_span(
    *, until: datetime, reason: str, now: datetime, longest: timedelta | None, starts_at: datetime | None = None
) -> None:
    """Refuse an override without a reason, one that is over already, and one that is too long.

    Raises:
        OverrideRefusedError: one of them.
    """
    begins = now if starts_at is None else starts_at
    if not reason.strip():
        raise OverrideRefusedError("an override needs a reason")
    if until <= now or until <= begins:
        raise OverrideRefusedError("an override ends in the future, and after its start")
    if longest is not None and until - begins > longest:
        raise OverrideRefusedError(f"this may last for at most {longest / timedelta(hours=1):g} h")


def start_overrides(cur: Cursor, overrides: Sequence[Override]) -> list[Stored]:
    """Write overrides down, in one statement however many. What a rule suppresses already is left as it is."""
    if not overrides:
        return []
    cur.execute(
        f"""
        INSERT INTO overrides (kind, device, condition, starts_at, ends_at, reason, actor, metric, priority, rule,
                               scope, target)
        SELECT * FROM unnest(%s::text[], %s::int[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::text[],
                             %s::text[], %s::smallint[], %s::smallint[], %s::text[], %s::text[], %s::text[])
        ON CONFLICT (device, condition, rule, coalesce(metric, 0)) WHERE rule IS NOT NULL AND ended_at IS NULL DO NOTHING
        RETURNING {_STORED}
        """,  # noqa: S608 - _STORED is ours
        (
            [o.kind.value for o in overrides],
            [o.device for o in overrides],
            [o.condition for o in overrides],
            [o.starts_at for o in overrides],
            [o.ends_at for o in overrides],
            [o.reason for o in overrides],
            [o.actor for o in overrides],
            [o.metric for o in overrides],
            [o.priority for o in overrides],
            [o.rule for o in overrides],
            [o.scope and o.scope.value for o in overrides],
            [o.target for o in overrides],
        ),
    )
    return _read(cur)


def end_overrides(cur: Cursor, ids: Sequence[int], *, now: datetime, by: str) -> list[Stored]:
    """End those of some overrides that have not ended yet. `by` is an account, or the engine."""
    cur.execute(
        f"""
        UPDATE overrides SET ended_at = %s, ended_by = %s, version = version + 1
        WHERE ended_at IS NULL AND id = ANY(%s) RETURNING {_STORED}
        """,  # noqa: S608 - _STORED is ours
        (now, by, list(ids)),
    )
    return _read(cur)


def begin_overrides(cur: Cursor, ids: Sequence[int]) -> list[Stored]:
    """Give planned overrides that begin now a new version, so that the screens hear of it."""
    cur.execute(
        f"UPDATE overrides SET version = version + 1 WHERE ended_at IS NULL AND id = ANY(%s) RETURNING {_STORED}",  # noqa: S608
        (list(ids),),
    )
    return _read(cur)


def shelvings_over(cur: Cursor, alarm: AlarmRow, *, exactly: bool) -> list[int]:
    """List the shelvings over an alarm; `exactly`: those of its very priority, which a new one would replace."""
    cur.execute(
        """
        SELECT id FROM overrides o
        WHERE ended_at IS NULL AND kind = %s AND device = %s AND (condition IS NULL OR condition = %s)
          AND (metric IS NULL OR metric = %s) AND (priority IS NULL OR priority = %s OR (priority < %s AND NOT %s))
        ORDER BY id
        """,
        (
            OverrideKind.SHELVED.value,
            alarm.device,
            alarm.condition,
            alarm.metric,
            alarm.priority,
            alarm.priority,
            exactly,
        ),
    )
    return [override for (override,) in cur.fetchall()]


def covered(cur: Cursor, alarms: Sequence[int], now: datetime) -> set[int]:
    """Tell which of some alarms an override covers now."""
    cur.execute(
        f"""
        SELECT a.id FROM alarms a
        WHERE a.id = ANY(%(alarms)s) AND EXISTS (SELECT FROM overrides o WHERE {COVERS_NOW})
        """,  # noqa: S608 - COVERS_NOW is ours
        {"alarms": list(alarms), "now": now},
    )
    return {alarm for (alarm,) in cur.fetchall()}


def _read(cur: Cursor) -> list[Stored]:
    return [
        Stored(id=i, version=v, kind=OverrideKind(k), device=d, condition=c, metric=m, priority=p)
        for i, v, k, d, c, m, p in cur.fetchall()
    ]
