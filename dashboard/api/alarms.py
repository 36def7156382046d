"""`/api/v1/alarms`: list them, look at one, and what an officer does with it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from psycopg import sql
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from alerts import commands
from alerts.errors import (
    IllegalTransitionError,
    ShelvingTooLongError,
    StaleVersionError,
    UnknownAlarmError,
)
from alerts.rule_store import rule_of
from dashboard import audit
from dashboard.api.filters import Several, Where, grid_keys, record_id
from dashboard.api.paging import Page, Paged, cut, read_cursor
from dashboard.auth.permissions import LONGEST_SHELVING, Account, Action
from dashboard.context import Reader, Web, WebParts, may
from dashboard.problem import ProblemError, invalid, not_found
from dashboard.queries.alarms import AlarmItem, TransitionItem, alarm_codes, alarms_by_id, read_alarms, transitions
from dashboard.queries.evidence import Evidence, evidence_of
from dashboard.queries.grids import GridTable
from database import Change, append_changes
from database.connection import Cursor

router = APIRouter(prefix="/alarms", tags=["alarms"])


class AlarmFilter(Paged):
    """Which alarms to list."""

    state: Several[Literal["active", "norm", "unack", "acked", "rtnun"]] | None = Field(
        default=None, description="One or more, separated by commas; active is everything but norm."
    )
    priority: Several[Annotated[int, Field(ge=1, le=4)]] | None = Field(
        default=None, description="One or more of 1 to 4, separated by commas."
    )
    grid: str | None = Field(default=None, description="Code of a grid: alarms in it and in every grid below it.")
    area: str | None = Field(default=None, description="Code of the town the device reports under.")
    device: str | None = Field(default=None, description="Id of a device.")
    kind: str | None = Field(default=None, description="Kind of the device.")
    condition: str | None = Field(default=None, description="For example level-high.")
    incident: str | None = Field(default=None, description="Id of an incident.")
    raised_from: AwareDatetime | None = Field(default=None, description="Raised at or after, RFC 3339.")
    raised_to: AwareDatetime | None = Field(default=None, description="Raised before, RFC 3339.")


class GuidanceItem(BaseModel):
    """What an officer is told."""

    model_config = ConfigDict(frozen=True)

    means: str = Field(description="What the alarm means.")
    do: str = Field(description="What to do.")


class AlarmDetail(AlarmItem):
    """An alarm with its life and what to do about it."""

    rule: str | None = Field(description="Name of the rule that raised it; null if it is not kept any more.")
    rule_title: str | None = Field(description="What the rule is called.")
    rule_version: int | None = Field(description="Version of the rules that raised it; see /rules/versions.")
    limit: float | None = Field(description="The limit that was crossed, in `unit`; null for a fact.")
    guidance: GuidanceItem | None = Field(description="What it means and what to do; null where the rule says nothing.")
    transitions: list[TransitionItem] = Field(description="Every step, oldest first.")
    evidence: Evidence | None = Field(description="What an alarm of a place, or an outage, rests on; null: readings.")


class Versioned(BaseModel):
    """What every command carries."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = Field(ge=1, le=2**31 - 1, description="The version the officer saw.")


class AcknowledgeBody(Versioned):
    """Take note of an alarm."""

    comment: str = Field(default="", max_length=2000, description="What to write down with it.")


class CommentBody(BaseModel):
    """Write something down."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int | None = Field(
        default=None, ge=1, le=2**31 - 1, description="The version the officer saw; none: whatever it is now."
    )
    comment: str = Field(min_length=1, max_length=2000, description="What to write down.")


class ShelveBody(Versioned):
    """Take an alarm off the list for a time."""

    until: AwareDatetime = Field(description="When it comes back, RFC 3339; how late depends on role and priority.")
    reason: str = Field(min_length=1, max_length=2000, description="Why; it is shown to everybody.")


class UnshelveBody(Versioned):
    """Put a shelved alarm back."""


@router.get("")
def list_alarms(web: WebParts, _: Reader, asked: Annotated[AlarmFilter, Query()]) -> Page[AlarmItem]:
    """List alarms, newest first."""
    after = read_cursor(asked.cursor, tuple[datetime, int])
    with web.transaction() as cur:
        grids = web.grids.table(cur)
        where = _conditions(asked, grids)
        if after is not None:
            where.add("(a.raised_at, a.id) < (%(after_time)s, %(after_id)s)", after_time=after[0], after_id=after[1])
        items = read_alarms(
            cur,
            grids,
            now=web.clock(),
            where=where.compose(),
            parameters=where.parameters,
            order=sql.SQL("a.raised_at DESC, a.id DESC"),
            limit=asked.limit + 1,
        )
    page, following = cut(items, asked.limit, lambda alarm: (alarm.raised_at, int(alarm.id)))
    return Page(items=page, next=following)


_SIMPLE = {
    "priority": "a.priority = ANY(%(priority)s)",
    "area": "d.area = %(area)s",
    "device": "d.id = %(device)s",
    "kind": "d.kind = %(kind)s",
    "condition": "a.condition = %(condition)s",
    "raised_from": "a.raised_at >= %(raised_from)s",
    "raised_to": "a.raised_at < %(raised_to)s",
}


def _conditions(asked: AlarmFilter, grids: GridTable) -> Where:
    where = Where()
    for name, condition in _SIMPLE.items():
        if (value := getattr(asked, name)) is not None:
            where.add(condition, **{name: value})
    states = set(asked.state or [])
    if "active" in states and "norm" not in states:
        where.add("a.state <> 'norm'")
    elif states and "active" not in states:
        where.add("a.state = ANY(%(state)s)", state=sorted(states))
    if asked.grid is not None:
        where.add("a.grid = ANY(%(grid)s)", grid=grid_keys(grids, asked.grid))
    if asked.incident is not None:
        incident = record_id(asked.incident, lambda: invalid("query.incident", "not the id of an incident"))
        where.add("a.incident = %(incident)s", incident=incident)
    return where


@router.get("/{alarm_id}")
def get_alarm(
    web: WebParts,
    _: Reader,
    alarm_id: str,
    lang: Annotated[
        Literal["zh", "en"] | None, Query(description="Language of the guidance; the centre's own.")
    ] = None,
) -> AlarmDetail:
    """Give one alarm with its life and what to do about it."""
    number = _id(alarm_id)
    with web.transaction() as cur:
        found = alarms_by_id(cur, web.grids.table(cur), [number], now=web.clock())
        if not found:
            raise not_found(f"alarm {alarm_id}")
        rule = rule_of(cur, number)
        guidance = None if rule is None else rule.guidance.get(lang or web.settings.language)
        return AlarmDetail(
            **found[0].model_dump(),
            rule=None if rule is None else rule.name,
            rule_title=None if guidance is None else guidance.title or None,
            rule_version=None if rule is None else rule.version,
            limit=None if rule is None else rule.limit,
            guidance=None if guidance is None else GuidanceItem(means=guidance.means, do=guidance.do),
            transitions=transitions(cur, number),
            evidence=evidence_of(cur, number),
        )


@router.post("/{alarm_id}/acknowledge")
def acknowledge(
    web: WebParts, account: Annotated[Account, Depends(may(Action.ACKNOWLEDGE))], alarm_id: str, body: AcknowledgeBody
) -> AlarmItem:
    """Take note of an alarm. 409 with the alarm as it is now if it has changed since `version`."""

    def command(cur: Cursor, number: int, now: datetime) -> Sequence[Change]:
        return commands.acknowledge(
            cur, number, version=body.version, actor=account.name, comment=body.comment, now=now
        )

    detail: audit.Detail = {"version": body.version, "comment": body.comment}
    return _act(web, account, alarm_id, "acknowledge", detail, command)


@router.post("/{alarm_id}/comment")
def comment(
    web: WebParts, account: Annotated[Account, Depends(may(Action.COMMENT))], alarm_id: str, body: CommentBody
) -> AlarmItem:
    """Write something down with an alarm."""

    def command(cur: Cursor, number: int, now: datetime) -> Sequence[Change]:
        return commands.comment(cur, number, version=body.version, actor=account.name, text=body.comment, now=now)

    detail: audit.Detail = {"version": body.version, "comment": body.comment}
    return _act(web, account, alarm_id, "comment", detail, command)


@router.post("/{alarm_id}/shelve")
def shelve(
    web: WebParts, account: Annotated[Account, Depends(may(Action.SHELVE))], alarm_id: str, body: ShelveBody
) -> AlarmItem:
    """Take an alarm off the list until a time. 403 if that is longer than the role may at the alarm's priority."""
    if body.until <= web.clock():
        raise invalid("body.until", "must be in the future")

    def command(cur: Cursor, number: int, now: datetime) -> Sequence[Change]:
        return commands.shelve(
            cur,
            number,
            version=body.version,
            until=body.until,
            reason=body.reason,
            actor=account.name,
            now=now,
            longest=LONGEST_SHELVING[account.role],
        )

    detail: audit.Detail = {"version": body.version, "until": body.until.isoformat(), "reason": body.reason}
    return _act(web, account, alarm_id, "shelve", detail, command)


@router.post("/{alarm_id}/unshelve")
def unshelve(
    web: WebParts, account: Annotated[Account, Depends(may(Action.SHELVE))], alarm_id: str, body: UnshelveBody
) -> AlarmItem:
    """Put a shelved alarm back on the list before its time."""

    def command(cur: Cursor, number: int, now: datetime) -> Sequence[Change]:
        return commands.unshelve(cur, number, version=body.version, actor=account.name, now=now)

    return _act(web, account, alarm_id, "unshelve", {"version": body.version}, command)


def _act(
    web: Web,
    account: Account,
    alarm_id: str,
    name: str,
    detail: audit.Detail,
    command: Callable[[Cursor, int, datetime], Sequence[Change]],
) -> AlarmItem:
    """Run a command in one transaction with its audit row; the changes come last."""
    number, now = _id(alarm_id), web.clock()
    try:
        with web.transaction() as cur:
            codes = alarm_codes(cur, web.grids.table(cur), number)
            if codes is None:
                raise not_found(f"alarm {alarm_id}")
            if not account.reaches(codes):
                raise ProblemError(403, "area", "This alarm is outside the areas of your account.")
            changes = command(cur, number, now)
            audit.append(
                cur, actor=account.name, action=f"alarm.{name}", target=f"alarm {number}", detail=detail, now=now
            )
            append_changes(cur, changes)
    except UnknownAlarmError:
        raise not_found(f"alarm {alarm_id}") from None
    except ShelvingTooLongError as error:
        raise ProblemError(403, "shelving-too-long", f"By the role {account.role} {error}.") from error
    except StaleVersionError as error:
        raise _conflict(web, number, "stale-version", str(error)) from error
    except IllegalTransitionError as error:
        raise _conflict(web, number, "illegal-transition", str(error)) from error
    return _current(web, number)


def _current(web: Web, number: int) -> AlarmItem:
    with web.transaction() as cur:
        return alarms_by_id(cur, web.grids.table(cur), [number], now=web.clock())[0]


def _conflict(web: Web, number: int, kind: str, detail: str) -> ProblemError:
    """Refuse with the alarm as it is now, and who changed it last."""
    with web.transaction() as cur:
        current = alarms_by_id(cur, web.grids.table(cur), [number], now=web.clock())[0]
        steps = transitions(cur, number)
    more = {"current": current.model_dump(mode="json"), "actor": steps[-1].actor if steps else ""}
    return ProblemError(409, kind, detail, more=more)


def _id(text: str) -> int:
    return record_id(text, lambda: not_found(f"alarm {text}"))
