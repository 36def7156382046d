"""Two workers, an officer and somebody who only looks, each on a session of its own: alone, overlapping, or at once."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from alerts import Detection, Transition, save
from database import append_changes, connect
from database.connection import Connection, Cursor
from incidents import join
from tests.alarm_county import NOON
from tests.engine_feed import Row

Result = TypeVar("Result")
Act = Callable[[Cursor], Result]
_LOOK_S = 0.0005


class Hands:
    """Keeps sessions open, because opening one takes longer than most of what is done in it."""

    def __init__(self, url: str, *, at_once: int = 3) -> None:
        self._sessions = [connect(url) for _ in range(at_once)]
        self._eye = connect(url)
        self._eye.autocommit = True
        self._threads = ThreadPoolExecutor(at_once)

    @contextmanager
    def look(self) -> Iterator[Cursor]:
        """Lend a cursor that sees what is committed."""
        with self._eye.cursor() as cur:
            yield cur

    def alone(self, act: Act[Result]) -> Result:
        """Do one thing and commit."""
        return _do(self._sessions[0], act)

    def at_once(self, *acts: Act[Result]) -> list[Result | Exception]:
        """Do several things from one moment on; gives what each gave, or the error that ended it."""
        gate = threading.Barrier(len(acts))

        def go(session: Connection, act: Act[Result]) -> Result:
            gate.wait()
            return _do(session, act)

        pairs = zip(self._sessions, acts, strict=False)
        return [_outcome(future) for future in [self._threads.submit(go, *pair) for pair in pairs]]

    def overlapping(self, first: Act[Result], second: Act[Result]) -> list[Result | Exception]:
        """Let the second begin when the first has done all but its commit, and the first commit when the second waits."""
        session, other = self._sessions[:2]
        began = session.cursor()
        try:
            done: Result | Exception = first(began)
        except Exception as error:  # noqa: BLE001 -- the test judges it
            session.rollback()
            done = error
        future = self._threads.submit(_do, other, second)
        while not future.done() and not self._waits(other):
            threading.Event().wait(_LOOK_S)
        session.commit()
        return [done, _outcome(future)]

    def close(self) -> None:
        """End the sessions."""
        self._threads.shutdown()
        for session in (*self._sessions, self._eye):
            session.close()

    def _waits(self, session: Connection) -> bool:
        pid = session.info.backend_pid
        return self._eye.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", (pid,)).fetchone() == (True,)


def _do(session: Connection, act: Act[Result]) -> Result:
    try:
        with session.cursor() as cur:
            result = act(cur)
        session.commit()
    except BaseException:
        session.rollback()
        raise
    return result


def _outcome(future: Future[Result]) -> Result | Exception:
    error = future.exception()
    if error is None:
        return future.result()
    assert isinstance(error, Exception)
    return error


def work(detection: Detection, rows: Sequence[Row], *, rule_set: int, now: object = NOON) -> Act[list[Transition]]:
    """Make a worker's transaction: readings, alarms, incidents and changes, as the pipeline writes them."""

    def act(cur: Cursor) -> list[Transition]:
        put_readings(cur, rows)
        transitions = save(cur, detection, now=now, rule_set=rule_set)
        changes = [transition.change for transition in transitions]
        append_changes(cur, changes + join(cur, transitions, now=now))
        return transitions

    return act


def put_readings(cur: Cursor, rows: Sequence[Row]) -> None:
    """Store readings, those that are there already once. Their weeks must have been made."""
    columns = list(zip(*rows, strict=True)) or [[], [], [], [], []]
    cur.execute(
        """
        INSERT INTO readings (device, metric, time, value, quality, grid, received)
        SELECT d, m, to_timestamp(us / 1e6), v, q, 0, to_timestamp(us / 1e6)
        FROM unnest(%s::int[], %s::smallint[], %s::bigint[], %s::float8[], %s::smallint[]) AS r (d, m, us, v, q)
        ON CONFLICT DO NOTHING
        """,
        [list(column) for column in columns],
    )
