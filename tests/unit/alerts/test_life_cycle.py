"""The life of an alarm: every pair of the table, and every pair that is not in it."""

from datetime import UTC, datetime, timedelta

import pytest

from alerts.errors import IllegalTransitionError
from alerts.life_cycle import Cause, Projection, State, Step, fold, is_active, is_legal, next_state, project

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
LIFE = {
    (State.NORM, Cause.RAISED): State.UNACK,
    (State.UNACK, Cause.RETURNED): State.RTNUN,
    (State.UNACK, Cause.RULE_REMOVED): State.RTNUN,
    (State.UNACK, Cause.ACKNOWLEDGED): State.ACKED,
    (State.UNACK, Cause.REALARMED): State.UNACK,
    (State.ACKED, Cause.RETURNED): State.NORM,
    (State.ACKED, Cause.RULE_REMOVED): State.NORM,
    (State.ACKED, Cause.REALARMED): State.UNACK,
    (State.RTNUN, Cause.RAISED): State.UNACK,
    (State.RTNUN, Cause.ACKNOWLEDGED): State.NORM,
}
REMARKS = {Cause.COMMENTED, Cause.SHELVED, Cause.UNSHELVED}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("cause", [cause for cause in Cause if cause not in REMARKS])
def test_every_pair_is_a_step_or_a_named_error(state, cause):
    """A pair of the table leads where ISA-18.2 says, any other is an illegal transition."""
    if (state, cause) in LIFE:
        assert next_state(state, cause) is LIFE[state, cause]
        assert is_legal(state, cause)
    else:
        assert not is_legal(state, cause)
        with pytest.raises(IllegalTransitionError, match=f"{state}.*{cause}"):
            next_state(state, cause)


@pytest.mark.parametrize("state", State)
def test_remarks_leave_the_state_alone(state):
    """A comment never moves an alarm."""
    assert next_state(state, Cause.COMMENTED) is state


def test_only_a_holding_condition_is_active():
    """An alarm that has passed but waits for its officer is not active."""
    assert [state for state in State if is_active(state)] == [State.UNACK, State.ACKED]


def test_a_raise_before_anybody_noticed_goes_on_as_the_same_alarm():
    """Raise, return, raise again: one alarm, unacknowledged, with the newest times and value."""
    row = fold(
        [
            _step(1, Cause.RAISED, State.NORM, State.UNACK, value=5.2),
            _step(2, Cause.RETURNED, State.UNACK, State.RTNUN),
            _step(3, Cause.RAISED, State.RTNUN, State.UNACK, value=6.1),
        ]
    )
    assert row == Projection(state=State.UNACK, version=3, value=6.1, raised_at=NOON + timedelta(minutes=3))


def test_a_step_that_does_not_follow_is_refused():
    """A transition whose version or origin does not continue the row is not folded in."""
    with pytest.raises(IllegalTransitionError):
        project(Projection(), _step(2, Cause.RAISED, State.NORM, State.UNACK))
    with pytest.raises(IllegalTransitionError):
        project(Projection(), _step(1, Cause.RETURNED, State.UNACK, State.RTNUN))


def test_a_realarm_forgets_who_acknowledged():
    """After a re-alarm the row no longer says that somebody has taken note."""
    row = fold(
        [
            _step(1, Cause.RAISED, State.NORM, State.UNACK, value=5.2),
            _step(2, Cause.ACKNOWLEDGED, State.UNACK, State.ACKED, actor="officer"),
            _step(3, Cause.REALARMED, State.ACKED, State.UNACK),
        ]
    )
    assert (row.state, row.acked_at, row.acked_by) == (State.UNACK, None, None)


def _step(version, cause, from_state, to_state, *, value=None, actor="engine"):
    return Step(
        version=version,
        at=NOON + timedelta(minutes=version),
        cause=cause,
        from_state=from_state,
        to_state=to_state,
        value=value,
        actor=actor,
    )
