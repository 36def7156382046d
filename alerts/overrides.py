"""Overrides: records of their own, each with an end, laid over alarms without changing what is true. No clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from alerts.errors import OverrideRefusedError
from database import Change, ChangeKind
from database.connection import Cursor

# Longer than a day is not putting aside but forgetting; maintenance has its own override.
LONGEST_SHELVING = timedelta(hours=24)

_STARTED, _ENDED = 1, 2  # an override has two versions in the feed


class OverrideKind(StrEnum):
    """Why an alarm does not count for a while (ISA-18.2 §5.4.5)."""

    SHELVED = "shelved"  # an officer put it aside
    SUPPRESSED = "suppressed"  # by design: a rule or a plan says it means nothing now
    OUT_OF_SERVICE = "out_of_service"  # the device is being worked on


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """One override of a device (by registry key); `condition` None is all of its conditions. Instants aware UTC."""

    kind: OverrideKind
    device: int
    condition: str | None
    starts_at: datetime
    ends_at: datetime
    reason: str
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """An override that was just ended."""

    id: int
    device: int
    condition: str | None

    @property
    def change(self) -> Change:
        """Give what the live feed is told."""
        return Change(kind=ChangeKind.OVERRIDE, id=str(self.id), version=_ENDED)


def check_span(*, until: datetime, reason: str, now: datetime, longest: timedelta | None) -> None:
    """Refuse an override without a reason, one that is over already, and one that is too long.

    Raises:
        OverrideRefusedError: one of them.
    """
    if not reason.strip():
        raise OverrideRefusedError("an override needs a reason")
    if until <= now:
        raise OverrideRefusedError("an override ends in the future")
    if longest is not None and until - now > longest:
        raise OverrideRefusedError(f"an alarm is shelved for at most {longest / timedelta(hours=1):g} h")


def start_override(cur: Cursor, override: Override) -> Change:
    """Write an override down; the change names its id."""
    row = cur.execute(
        """
        INSERT INTO overrides (kind, device, condition, starts_at, ends_at, reason, actor)
        VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING id
        """,
        (
            override.kind.value,
            override.device,
            override.condition,
            override.starts_at,
            override.ends_at,
            override.reason,
            override.actor,
        ),
    ).fetchone()
    assert row is not None
    return Change(kind=ChangeKind.OVERRIDE, id=str(row[0]), version=_STARTED)


def end_overrides(
    cur: Cursor,
    *,
    now: datetime,
    ids: Sequence[int] | None = None,
    kind: OverrideKind | None = None,
    device: int | None = None,
    condition: str | None = None,
) -> list[Ended]:
    """End the overrides in force with these ids, or of this kind on this device and condition."""
    cur.execute(
        """
        UPDATE overrides SET ended_at = %(now)s
        WHERE ended_at IS NULL
          AND (id = ANY(%(ids)s::bigint[])
               OR (kind = %(kind)s AND device = %(device)s AND condition IS NOT DISTINCT FROM %(condition)s))
        RETURNING id, device, condition
        """,
        {
            "now": now,
            "ids": list(ids) if ids is not None else None,
            "kind": kind.value if kind else None,
            "device": device,
            "condition": condition,
        },
    )
    return [Ended(id=i, device=d, condition=c) for i, d, c in cur.fetchall()]


def covers_still(cur: Cursor, device: int, condition: str, now: datetime) -> bool:
    """Say whether some override is in force over a condition of a device."""
    row = cur.execute(
        """
        SELECT FROM overrides
        WHERE device = %s AND (condition IS NULL OR condition = %s) AND ended_at IS NULL AND starts_at <= %s
          AND ends_at > %s
        LIMIT 1
        """,
        (device, condition, now, now),
    ).fetchone()
    return row is not None
