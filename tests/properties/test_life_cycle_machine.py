"""Hypothesis lives the life of alarms on the real database: redeliveries, restarts, reloads, races, officers."""

from datetime import timedelta

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

import alerts
import incidents
from alerts.life_cycle import Cause, State, is_legal
from alerts.projection import disagreements
from database import connect
from tests.alarm_county import (
    FIRE,
    MINUTE,
    NOON,
    RAIN,
    STAGE,
    county_rules,
    county_tags,
    found_county,
    fresh_engine,
    restarted,
    session,
    store,
    write_readings,
)
from tests.engine_feed import T0, batch
from tests.plain_engine import PlainEngine

VALUES = {STAGE: [0.0, 0.9, 1.0, 1.9, 2.5, 3.0], FIRE: [0.0, 1.0], RAIN: [0.0, 19.0, 20.0]}
READINGS = st.lists(
    st.integers(1, 2).flatmap(
        lambda device: st.sampled_from([STAGE, FIRE, RAIN]).flatmap(
            lambda metric: st.tuples(
                st.just(device), st.just(metric), st.integers(-1, 3), st.sampled_from(VALUES[metric])
            )
        )
    ),
    min_size=1,
    max_size=12,
)


class AlarmLife(RuleBasedStateMachine):
    """Two workers, officers and a broker that delivers again, against the plain engine and the history."""

    def __init__(self, url):
        super().__init__()
        self.url = url
        self.plain = PlainEngine(county_rules(), county_tags())
        self.engine = fresh_engine()
        self.clock = T0  # device time, µs
        self.now = NOON  # ours
        self.batches = []

    @initialize()
    def forget(self):
        """Begin with an empty history."""
        with session(self.url) as cur:
            cur.execute(
                "TRUNCATE alarms, alarm_transitions, incidents, incident_log, pending_delays, deadlines, overrides,"
                " readings, changes"
            )

    @rule(drawn=READINGS)
    def hear(self, drawn):
        """One worker takes a batch in."""
        rows = self._stamp(drawn)
        self.plain.judge(rows)
        write_readings(self.url, rows)
        store(self.url, self.engine.detect(batch(rows)), now=self.now)

    @rule(drawn=READINGS)
    def hear_twice(self, drawn):
        """Two workers judge the same batch, and both write what they found."""
        rows = self._stamp(drawn)
        self.plain.judge(rows)
        other = restarted(self.url)
        write_readings(self.url, rows)
        told = self.engine.detect(batch(rows))
        first = store(self.url, told, now=self.now)
        assert store(self.url, other.detect(batch(rows)), now=self.now) == []
        assert store(self.url, told, now=self.now) == []
        assert len(first) <= len(told.changes)

    @precondition(lambda self: self.batches)
    @rule(data=st.data())
    def deliver_again(self, data):
        """The broker delivers an earlier batch again."""
        rows = data.draw(st.sampled_from(self.batches))
        write_readings(self.url, rows)
        assert store(self.url, self.engine.detect(batch(rows)), now=self.now) == []

    @rule()
    def restart(self):
        """The worker is killed and started again; the batches it had not acknowledged come again."""
        self.engine = restarted(self.url)
        for rows in self.batches[-2:]:
            assert store(self.url, self.engine.detect(batch(rows)), now=self.now) == []

    @rule()
    def reload(self):
        """The same rules are loaded again."""
        self.engine = self.engine.with_rules(county_rules(), county_tags())
        assert not self.engine.detect(batch([]))

    @rule(data=st.data())
    def acknowledge(self, data):
        """An officer acknowledges some alarm, sometimes on an older picture."""
        self._command(data, Cause.ACKNOWLEDGED, alerts.acknowledge, actor="officer")

    @rule(data=st.data())
    def shelve(self, data):
        """An officer shelves some alarm for a while."""
        until = self.now + timedelta(minutes=data.draw(st.integers(1, 60)))
        self._command(data, Cause.SHELVED, alerts.shelve, until=until, reason="检修", actor="officer")

    @rule(minutes=st.integers(1, 45))
    def wait(self, minutes):
        """Time goes on, and what is due is done."""
        self.now += timedelta(minutes=minutes)
        with session(self.url) as cur:
            alerts.fire_deadlines(cur, self.now)
            incidents.adopt(cur, now=self.now)

    @invariant()
    def the_rows_are_the_folds_of_their_histories(self):
        """Whatever happened, each row says what its history says."""
        with session(self.url) as cur:
            assert disagreements(cur) == []

    @invariant()
    def the_active_alarms_are_the_active_points(self):
        """No alarm is lost, doubled, or kept: the active ones are those the plain engine has active."""
        with session(self.url) as cur:
            cur.execute("SELECT device, metric, condition, priority FROM alarms WHERE state IN ('unack', 'acked')")
            active = cur.fetchall()
        assert sorted(active) == sorted(self.plain.active())

    @invariant()
    def nothing_red_or_orange_is_without_an_incident(self):
        """Every active alarm of priority 1 or 2 that nothing covers is in an incident of its own kind."""
        with session(self.url) as cur:
            cur.execute(
                """
                SELECT a.id FROM alarms a
                WHERE a.state IN ('unack', 'acked') AND a.priority <= 2 AND a.incident IS NULL
                  AND NOT EXISTS (SELECT FROM overrides o WHERE o.device = a.device AND o.condition = a.condition)
                """
            )
            assert cur.fetchall() == []
            assert cur.execute(
                "SELECT count(*) FROM deadlines WHERE done_at IS NULL AND due_at < %s", (self.now,)
            ).fetchone() == (0,)

    def _stamp(self, drawn):
        rows = []
        for device, metric, step, value in drawn:
            self.clock += step * MINUTE
            rows.append((device, metric, self.clock, value, 0))
        self.batches.append(rows)
        return rows

    def _command(self, data, cause, do, **words):
        with connect(self.url) as connection:
            cur = connection.cursor()
            found = cur.execute("SELECT id, state, version FROM alarms ORDER BY id").fetchall()
            if not found:
                return
            alarm, state, version = data.draw(st.sampled_from(found))
            is_stale = data.draw(st.integers(0, 3)) == 0
            try:
                do(cur, alarm, version=version - is_stale, now=self.now, **words)
            except alerts.StaleVersionError as error:
                connection.rollback()
                assert (is_stale, error.current_version) == (True, version)  # noqa: PT017 - either may come
            except alerts.IllegalTransitionError:
                connection.rollback()
                assert not is_legal(State(state), cause)
            else:
                assert not is_stale
                assert is_legal(State(state), cause)


def test_the_life_of_alarms_holds_together(database_url):
    """Redelivery, restart, reload, two workers, acknowledgement and shelving in any order break no promise."""
    found_county(database_url)
    run_state_machine_as_test(
        lambda: AlarmLife(database_url),
        settings=settings(
            max_examples=15,
            stateful_step_count=30,
            deadline=None,
            # explaining traces every line from the first example on, which takes most of the time
            phases=set(Phase) - {Phase.explain},
            suppress_health_check=list(HealthCheck),
        ),
    )
