"""Overrides with a plan: devices out of service or suppressed by hand, now or later, one or many in one act.

In the caller's transaction; every command gives the changes it made. Nothing here reads the clock or judges a right.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.deadlines import Due, set_deadlines
from alerts.due import end
from alerts.errors import StaleVersionError, UnknownAlarmError
from alerts.overrides import LONGEST_PLAN, Override, OverrideKind, Scope, check_span, start_overrides
from database import Change
from database.connection import Cursor


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be taken out: devices by registry key; `condition` None is all of theirs. Instants aware UTC.

    `starts_at` None is at once. `scope` and `target` say what the act named where that was not a single device.
    """

    kind: OverrideKind
    devices: Sequence[int]
    until: datetime
    reason: str
    actor: str
    condition: str | None = None
    starts_at: datetime | None = None
    scope: Scope | None = None
    target: str | None = None


def begin_plan(cur: Cursor, plan: Plan, *, now: datetime) -> tuple[int, list[Change]]:
    """Write a plan down, one override a device; gives the id of the first, which stands for the act, and the changes.

    Raises:
        OverrideRefusedError: no reason, an end that is past or before the start, or more than 90 days.
        UnknownAlarmError: one of the devices does not exist, or there is none.
    """
    begins = now if plan.starts_at is None else max(plan.starts_at, now)
    check_span(until=plan.until, reason=plan.reason, now=now, longest=LONGEST_PLAN, starts_at=begins)
    _need_devices(cur, plan.devices)
    stored = start_overrides(
        cur,
        [
            Override(
                kind=plan.kind,
                device=device,
                condition=plan.condition,
                starts_at=begins,
                ends_at=plan.until,
                reason=plan.reason,
                actor=plan.actor,
                scope=plan.scope,
                target=plan.target,
            )
            for device in plan.devices
        ],
    )
    ids = [override.id for override in stored]
    if plan.scope is not None:
        cur.execute("UPDATE overrides SET plan = %s WHERE id = ANY(%s)", (ids[0], ids))
    set_deadlines(cur, Due.OVERRIDE_ENDS, ids, plan.until)
    if begins > now:
        set_deadlines(cur, Due.OVERRIDE_BEGINS, ids, begins)
    return ids[0], [override.change for override in stored]


def end_by_hand(cur: Cursor, override: int, *, version: int | None, actor: str, now: datetime) -> list[Change]:
    """End an override before its time; one that stands for an act ends the whole act. What holds sounds again.

    Raises:
        UnknownAlarmError: there is no such override in force or planned.
        StaleVersionError: it has changed since the officer saw it.
    """
    row = cur.execute("SELECT version, ended_at FROM overrides WHERE id = %s FOR UPDATE", (override,)).fetchone()
    if row is None or (row[1] is not None and version is None):
        raise UnknownAlarmError(f"no override {override} is in force")
    if version is not None and (row[0] != version or row[1] is not None):
        raise StaleVersionError(int(row[0]))
    cur.execute("SELECT id FROM overrides WHERE (id = %s OR plan = %s) AND ended_at IS NULL", (override, override))
    return end(cur, [found for (found,) in cur.fetchall()], now=now, by=actor)


def _need_devices(cur: Cursor, devices: Sequence[int]) -> None:
    known = cur.execute("SELECT count(*) FROM devices WHERE key = ANY(%s)", (list(devices),)).fetchone()
    if not devices or known != (len(set(devices)),):
        raise UnknownAlarmError(f"no such device among {', '.join(str(device) for device in devices[:5]) or 'none'}")
