"""Holds the rows of alarms against their histories: the row is a projection and can be made again. No clock."""

from itertools import groupby

from alerts.ledger import COLUMNS, read_row
from alerts.life_cycle import Cause, Projection, State, Step, fold
from database.connection import Cursor


def histories(cur: Cursor) -> dict[int, Projection]:
    """Fold the steps of every alarm.

    Raises:
        IllegalTransitionError: a history has a step that does not follow from the one before.
    """
    cur.execute(
        "SELECT alarm, version, at, cause, from_state, to_state, value, actor FROM alarm_transitions ORDER BY 1, 2"
    )
    return {
        alarm: fold(
            Step(
                version=version,
                at=at,
                cause=Cause(cause),
                from_state=State(before),
                to_state=State(after),
                value=value,
                actor=actor,
            )
            for _, version, at, cause, before, after, value, actor in steps
        )
        for alarm, steps in groupby(cur.fetchall(), key=lambda row: row[0])
    }


def disagreements(cur: Cursor) -> list[int]:
    """List the alarms whose row does not say what their history says; empty when all is well."""
    folded = histories(cur)
    cur.execute(f"SELECT {COLUMNS} FROM alarms a ORDER BY a.id")  # noqa: S608 - COLUMNS is ours
    rows = [read_row(row) for row in cur.fetchall()]
    return [row.id for row in rows if folded.get(row.id) != row.now]


def rebuild(cur: Cursor) -> list[int]:
    """Write the rows that disagree anew from their histories; gives their ids."""
    folded = histories(cur)
    wrong = [alarm for alarm in disagreements(cur) if alarm in folded]
    cur.executemany(
        """
        UPDATE alarms SET state = %s, version = %s, value = %s, raised_at = %s, acked_at = %s, acked_by = %s,
                          cleared_at = %s
        WHERE id = %s
        """,
        [
            (p.state.value, p.version, p.value, p.raised_at, p.acked_at, p.acked_by, p.cleared_at, alarm)
            for alarm in wrong
            for p in (folded[alarm],)
        ],
    )
    return wrong
