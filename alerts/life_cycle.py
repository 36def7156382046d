"""The life of an alarm after ISA-18.2 / IEC 62682: one enum, one table. Pure: reads no clock, knows no database."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from alerts.errors import IllegalTransitionError


class State(StrEnum):
    """Where an alarm is in its life (ISA-18.2 §5.4)."""

    NORM = "norm"  # normal, nothing to do
    UNACK = "unack"  # the condition holds, nobody has taken note
    ACKED = "acked"  # the condition holds, an officer has taken note
    RTNUN = "rtnun"  # the condition has passed, nobody has taken note


class Cause(StrEnum):
    """Why an alarm took a step, in the past tense, as it is stored and shown."""

    RAISED = "raised"
    RETURNED = "returned"  # a normal reading was seen; silence never is one
    ACKNOWLEDGED = "acknowledged"
    REALARMED = "realarmed"  # an acknowledgement or an override ran out while the condition held
    RULE_REMOVED = "rule-removed"  # nobody judges the condition any more
    COMMENTED = "commented"
    SHELVED = "shelved"
    UNSHELVED = "unshelved"


_TABLE: dict[tuple[State, Cause], State] = {
    (State.NORM, Cause.RAISED): State.UNACK,
    (State.UNACK, Cause.RETURNED): State.RTNUN,
    (State.UNACK, Cause.RULE_REMOVED): State.RTNUN,
    (State.UNACK, Cause.ACKNOWLEDGED): State.ACKED,
    (State.UNACK, Cause.REALARMED): State.UNACK,  # shelving ended: it sounds again
    (State.ACKED, Cause.RETURNED): State.NORM,
    (State.ACKED, Cause.RULE_REMOVED): State.NORM,
    (State.ACKED, Cause.REALARMED): State.UNACK,
    (State.RTNUN, Cause.RAISED): State.UNACK,  # the same alarm goes on: nobody had seen it yet
    (State.RTNUN, Cause.ACKNOWLEDGED): State.NORM,
    # What officers note beside the life leaves the state alone.
    **{(state, Cause.COMMENTED): state for state in State},
    **{(state, Cause.SHELVED): state for state in State if state is not State.NORM},
    **{(state, Cause.UNSHELVED): state for state in State},
}


def next_state(state: State, cause: Cause) -> State:
    """Look the step up in the table.

    Raises:
        IllegalTransitionError: the pair is not in the table.
    """
    try:
        return _TABLE[state, cause]
    except KeyError:
        raise IllegalTransitionError(state, cause) from None


def is_legal(state: State, cause: Cause) -> bool:
    """Say whether the table has the pair."""
    return (state, cause) in _TABLE


def is_active(state: State) -> bool:
    """Say whether the condition holds: RTNUN still wants an officer, but its condition has passed."""
    return state in (State.UNACK, State.ACKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One recorded transition. `at` is device time for the engine's steps, our time for an officer's; aware UTC."""

    version: int
    at: datetime
    cause: Cause
    from_state: State
    to_state: State
    value: float | None = None
    actor: str = "engine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """What the row of an alarm must say after its transitions."""

    state: State = State.NORM
    version: int = 0
    value: float | None = None
    raised_at: datetime | None = None
    acked_at: datetime | None = None
    acked_by: str | None = None
    cleared_at: datetime | None = None


def project(before: Projection, step: Step) -> Projection:
    """Apply one step; `before` is the empty projection for the first.

    Raises:
        IllegalTransitionError: the step does not follow from `before`.
    """
    if step.from_state is not before.state or step.version != before.version + 1:
        raise IllegalTransitionError(before.state, step.cause)
    state = next_state(before.state, step.cause)
    raised_at, acked_at, acked_by = before.raised_at, before.acked_at, before.acked_by
    cleared_at, value = before.cleared_at, before.value
    match step.cause:
        case Cause.RAISED:
            raised_at, cleared_at, acked_at, acked_by, value = step.at, None, None, None, step.value
        case Cause.RETURNED | Cause.RULE_REMOVED:
            cleared_at = step.at
        case Cause.ACKNOWLEDGED:
            acked_at, acked_by = step.at, step.actor
        case Cause.REALARMED:
            acked_at, acked_by = None, None
        case Cause.COMMENTED | Cause.SHELVED | Cause.UNSHELVED:
            pass
    return Projection(
        state=state,
        version=step.version,
        value=value,
        raised_at=raised_at,
        acked_at=acked_at,
        acked_by=acked_by,
        cleared_at=cleared_at,
    )


def fold(steps: Iterable[Step]) -> Projection:
    """Rebuild the row from all its steps, oldest first."""
    projection = Projection()
    for step in steps:
        projection = project(projection, step)
    return projection
