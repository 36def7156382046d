"""Alarms in the database: raised once whoever tells it and however often, and never lost."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

import alerts
from alerts import Detection, PointChange, load_state
from alerts.life_cycle import Cause
from alerts.projection import disagreements, rebuild
from tests.alarm_county import (
    FIRE,
    MINUTE,
    NOON,
    RAIN,
    STAGE,
    alarms,
    at,
    found_county,
    fresh_engine,
    restarted,
    session,
    store,
    write_readings,
)
from tests.engine_feed import T0, batch, series


@pytest.fixture
def county(database_url):
    """URL of a database with four devices."""
    found_county(database_url)
    return database_url


def change(device=1, *, active=True, minute=0, priority=1, condition="smoke", metric=FIRE, value=1.0):
    """Make a change of a point."""
    return PointChange(
        device=device,
        metric=metric,
        rule="fire",
        condition=condition,
        priority=priority,
        active=active,
        time=T0 + minute * MINUTE,
        value=value,
        cause=Cause.RAISED if active else Cause.RETURNED,
    )


def test_parallel_writers_raise_once(county):
    """Row 1 of lessons: eight writers with the same change at once make one alarm and one transition."""
    together = Barrier(8)

    def write(_):
        together.wait()
        return store(county, Detection(changes=(change(), change(2))))

    for _ in range(5):
        with ThreadPoolExecutor(8) as pool:
            written = [t for transitions in pool.map(write, range(8)) for t in transitions]
        assert sorted(t.device for t in written) == [1, 2]
        with session(county) as cur:
            assert cur.execute("SELECT count(*) FROM alarm_transitions").fetchone() == (2,)
            cur.execute("TRUNCATE alarms, alarm_transitions, incidents, incident_log CASCADE")


def test_writers_that_race_through_a_whole_life_end_alike(county):
    """Row 1 of lessons: writers that all tell raise, return and raise again leave one alarm with three steps."""
    told = [
        Detection(changes=(change(d, active=a, minute=m),)) for d in (1, 2) for m, a in enumerate((True, False, True))
    ]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: [store(county, detection) for detection in told], range(4)))
    assert alarms(county) == [(1, "smoke", 1, "unack", 3), (2, "smoke", 1, "unack", 3)]
    with session(county) as cur:
        assert disagreements(cur) == []


def test_a_change_told_again_changes_nothing(county):
    """Row 16 of lessons: redelivery of any earlier change is answered with nothing, and no error loses the rest."""
    life = [change(minute=0), change(active=False, minute=1), change(minute=2), change(active=False, minute=3)]
    for told in life:
        assert len(store(county, Detection(changes=(told,)))) == 1
    assert store(county, Detection(changes=tuple(life))) == []
    with session(county) as cur:
        alerts.acknowledge(cur, 1, version=4, actor="officer", now=NOON)
    assert store(county, Detection(changes=tuple(life))) == []
    assert [t.device for t in store(county, Detection(changes=(life[0], change(2))))] == [2]
    assert alarms(county) == [(1, "smoke", 1, "norm", 5), (2, "smoke", 1, "unack", 1)]


def test_several_changes_of_one_point_in_one_batch_are_all_told(county):
    """A point that chatters within a batch takes each step, in order, on one alarm."""
    changes = tuple(change(minute=n, active=n % 2 == 0) for n in range(5))
    assert [t.version for t in store(county, Detection(changes=changes))] == [1, 2, 3, 4, 5]
    assert alarms(county) == [(1, "smoke", 1, "unack", 5)]


def test_a_later_happening_is_another_alarm(county):
    """Raised again within a watch it is the same alarm; later it is a new one, and the old one waits for its officer."""
    watch = 12 * 60
    life = [change(), change(active=False, minute=1), change(minute=1 + watch), change(active=False, minute=2 + watch)]
    assert len(store(county, Detection(changes=tuple(life)))) == 4
    assert alarms(county) == [(1, "smoke", 1, "rtnun", 4)]
    later = [change(minute=3 + 2 * watch), change(active=False, minute=4 + 2 * watch)]
    assert len(store(county, Detection(changes=tuple(later)))) == 2
    assert alarms(county) == [(1, "smoke", 1, "rtnun", 4), (1, "smoke", 1, "rtnun", 2)]
    assert store(county, Detection(changes=(*life, *later))) == []
    with session(county) as cur:
        assert disagreements(cur) == []
        alerts.acknowledge(cur, 1, version=4, actor="officer", now=NOON)
    assert alarms(county, "state") == [("norm",), ("rtnun",)]


def test_parallel_writers_open_a_later_happening_once(county):
    """Eight writers that tell two happenings a week apart leave two alarms with two steps each."""
    week = 7 * 24 * 60
    told = tuple(change(active=n % 2 == 0, minute=n // 2 * week + n) for n in range(4))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: store(county, Detection(changes=told)), range(8)))
    assert alarms(county) == [(1, "smoke", 1, "rtnun", 2)] * 2


def test_an_alarm_knows_its_place_unit_and_times(county):
    """The row takes grid, place and unit from the device, and both clocks."""
    store(county, fresh_engine().detect(series([0.5, 2.5], metric=STAGE)))
    columns = "metric, rule, rule_set, value, unit, grid, lon, lat, raised_at, recorded_at"
    assert alarms(county, columns) == [(1, "stage", 1, 2.5, "m", 3, 121.0, 30.0, at(1), NOON)] * 2


def test_silence_is_an_alarm_of_the_device(county):
    """A no-data alarm has no metric, counts seconds, and is cleared by the next reading."""
    engine = fresh_engine()
    engine.detect(series([0.5]))
    store(county, engine.check_silence(T0 + 10 * MINUTE))
    assert alarms(county, "condition, metric, value, unit, state") == [("no-data", None, 600.0, "s", "unack")]
    store(county, engine.detect(series([0.5], start=T0 + 11 * MINUTE)))
    assert alarms(county, "condition, state") == [("no-data", "rtnun")]


def test_a_device_out_of_every_grid_still_has_alarms(county):
    """No grid and a metric nobody registered for the device are no reason to lose an alarm."""
    store(county, Detection(changes=(change(4),)))
    assert alarms(county, "device, grid, state") == [(4, None, "unack")]


def test_a_restart_changes_nothing(county):
    """Row 9 of lessons: an engine restored from the database tells nothing that was told, and goes on in a delay."""
    rows = [(1, STAGE, T0, 2.5, 0), (1, RAIN, T0, 30.0, 0), (1, RAIN, T0 + 2 * MINUTE, 30.0, 0), (2, FIRE, T0, 1.0, 0)]
    write_readings(county, rows)
    store(county, fresh_engine().detect(batch(rows)))
    before = alarms(county)
    engine = restarted(county)
    assert not engine.detect(batch(rows))
    write_readings(county, more := [(1, RAIN, T0 + n * MINUTE, 30.0, 0) for n in (4, 5)])
    assert store(county, engine.detect(batch(more)))
    assert alarms(county) == [*before, (1, "level-high", 4, "unack", 1)]
    with session(county) as cur:
        assert load_state(cur, now=NOON).delays == ()


def test_delays_are_rows(county):
    """Row 8 of lessons: a running delay is stored with its start, and gone when it has run out."""
    engine = fresh_engine()
    store(county, engine.detect(series([30.0, 30.0], metric=RAIN)))
    with session(county) as cur:
        assert cur.execute("SELECT rule, priority, wanted, since FROM pending_delays").fetchall() == [
            ("rain", 4, True, at(0))
        ]
    store(county, engine.detect(series([0.0], metric=RAIN, start=T0 + 2 * MINUTE)))
    with session(county) as cur:
        assert cur.execute("SELECT count(*) FROM pending_delays").fetchone() == (0,)


def test_five_thousand_at_once_are_a_handful_of_statements(county):
    """A storm of 5,000 alarms is written with as many statements as one alarm."""
    with session(county) as cur:
        cur.execute("INSERT INTO devices (id, kind, grid) SELECT 's-' || n, 'smoke', 2 FROM generate_series(1, 5000) n")
        (first,) = cur.execute("SELECT min(key) FROM devices WHERE id LIKE 's-%'").fetchone()
    counts = []
    for devices in (range(1, 2), range(first, first + 5000)):
        with session(county) as cur:
            counting = Counting(cur)
            told = Detection(changes=tuple(change(device) for device in devices))
            assert len(alerts.save(counting, told, now=NOON)) == len(devices)
            counts.append(counting.statements)
    assert counts[0] == counts[1] <= 8


def test_the_row_is_the_fold_of_its_history(county):
    """A row that was written wrongly is found and made again from the transitions."""
    store(county, Detection(changes=(change(), change(2), change(2, active=False, minute=1))))
    with session(county) as cur:
        assert disagreements(cur) == []
        cur.execute("UPDATE alarms SET state = 'norm', value = 7 WHERE device = 2")
    with session(county) as cur:
        assert disagreements(cur) == rebuild(cur)
        assert disagreements(cur) == []
    assert alarms(county) == [(1, "smoke", 1, "unack", 1), (2, "smoke", 1, "rtnun", 2)]


def test_an_alarm_names_the_rule_that_raised_it(county):
    """Limit, deadband and guidance of an alarm are those it was raised by, whatever the device's limits are later."""
    store(county, fresh_engine().detect(series([2.5], metric=STAGE)))
    with session(county) as cur:
        cur.execute("UPDATE device_metrics SET limit_2 = 2.2 WHERE device = 1")
        orange = alerts.rule_of(cur, next(i for i, p in cur.execute("SELECT id, priority FROM alarms") if p == 2))
        assert alerts.rule_of(cur, 999) is None
    assert orange is not None
    assert (orange.name, orange.version, orange.limit) == ("stage", 1, 2.0)
    assert orange.clear == pytest.approx(1.8)
    assert orange.guidance["zh"].do == "乙"


class Counting:
    """A cursor that counts its statements."""

    def __init__(self, cur):
        self._cur = cur
        self.statements = 0

    def execute(self, *arguments):
        """Count and pass on."""
        self.statements += 1
        return self._cur.execute(*arguments)

    def fetchall(self):
        """Pass on."""
        return self._cur.fetchall()
