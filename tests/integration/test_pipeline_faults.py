"""A fault of ours in what hangs on alarms must not keep the alarms themselves from being written."""

import json
import logging
from datetime import UTC, datetime

import incidents
from alerts.rules import DEFAULT_RULES, load_rules
from database import connect
from gridwatch.pipeline import Pipeline
from gridwatch.take_apart import take_apart
from ingest.publish import Message
from ingest.registration import NewChannel, NewDevice, register
from ingest.sources import DEFAULT_SOURCES
from tests import sl651_frames

NOW = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)


def test_an_alarm_is_written_although_its_incident_fails(database_url, monkeypatch, caplog):
    """The reading and the alarm are there, the fault is counted and said, and the next look opens the incident."""
    with connect(database_url) as connection, connection.cursor() as cur:
        fact = NewChannel(metric="fire", unit="1")
        device = NewDevice(id="g1", kind="smoke", name="烟感", lon=120.0, lat=30.0, area="T1", channels=(fact,))
        register(cur, [device], now=NOW)
    pipeline = Pipeline(database_url, worker="w", rules=load_rules(DEFAULT_RULES), sources=DEFAULT_SOURCES)
    pipeline.open(now=NOW)
    body = json.dumps([{"n": "fire", "vb": True, "t": NOW.timestamp()}]).encode()
    message = Message("gridwatch/v1/T1/g1/senml", body, 1, retained=False)

    def breaks(*_, **__):
        raise KeyError("a fault of ours")

    with monkeypatch.context() as patched, caplog.at_level(logging.ERROR):
        patched.setattr(incidents, "join", breaks)
        pipeline.commit(pipeline.judge([message], received=NOW.timestamp(), now=NOW, tick=False, flush=False))
    assert pipeline.counters["faults"] == 1
    assert counts(database_url) == (1, 1, 0)
    pipeline.commit(pipeline.judge([], received=NOW.timestamp(), now=NOW, tick=True, flush=False))
    assert counts(database_url) == (1, 1, 1)
    pipeline.close()


def test_a_batch_that_takes_longer_than_a_statement_may_is_given_the_time(database_url):
    """170,000 alarms in one batch take longer than the usual limit: tried again as it was it would hold the county up for ever."""
    with connect(database_url) as connection, connection.cursor() as cur:
        fact = NewChannel(metric="fire", unit="1")
        register(
            cur, [NewDevice(id="g1", kind="smoke", name="", lon=None, lat=None, area="T1", channels=(fact,))], now=NOW
        )
        cur.execute(
            "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(3); RETURN NEW; END'"
        )
        cur.execute("CREATE TRIGGER slow BEFORE INSERT ON alarms EXECUTE FUNCTION slow()")
    pipeline = Pipeline(database_url, worker="w", rules=load_rules(DEFAULT_RULES), sources=DEFAULT_SOURCES)
    pipeline.open(now=NOW)
    pipeline.close()
    pipeline._statement_s = 1
    body = json.dumps([{"n": "fire", "vb": True, "t": NOW.timestamp()}]).encode()
    message = Message("gridwatch/v1/T1/g1/senml", body, 1, retained=False)
    pipeline.commit(pipeline.judge([message], received=NOW.timestamp(), now=NOW, tick=False, flush=False))
    assert counts(database_url)[:2] == (1, 1)
    pipeline.close()


def test_a_message_that_cannot_be_stored_takes_no_report_of_others_apart(database_url):
    """Half of a report that came before it is joined with the half that comes behind it: a poison a minute must not blind all stations."""
    with connect(database_url) as connection, connection.cursor() as cur:
        stage = NewChannel(metric="stage", unit="m")
        stations = [
            NewDevice(id=i, kind="gauge", name="", lon=None, lat=None, channels=(stage,)) for i in ("0012345678", "odd")
        ]
        register(cur, stations, now=NOW)
        cur.execute("ALTER TABLE readings ADD CONSTRAINT odd CHECK (value <> 3.25)")
    content = sl651_frames.body("3923 00028960 2619 003196 3812 1213")
    halves = [sl651_frames.frame(0x32, content[at : at + 27], packet=(2, n)) for n, at in ((1, 0), (2, 27))]
    poison = json.dumps([{"n": "stage", "u": "m", "v": 3.25, "t": NOW.timestamp()}]).encode()
    pipeline = Pipeline(database_url, worker="w", rules=load_rules(DEFAULT_RULES), sources=DEFAULT_SOURCES)
    pipeline.open(now=NOW)
    for topic, body in (("sl651/T/0012345678", halves[0]), ("gridwatch/v1/T/odd/senml", poison)):
        take_apart(pipeline, [Message(topic, body, 1, retained=False)], received=NOW.timestamp(), now=NOW)
    assert counts(database_url)[0] == 0
    last = [Message("sl651/T/0012345678", halves[1], 2, retained=False)]
    pipeline.commit(pipeline.judge(last, received=NOW.timestamp(), now=NOW, tick=False, flush=False))
    assert counts(database_url)[0] > 1
    pipeline.close()


def counts(url):
    """Count readings, alarms and incidents."""
    with connect(url) as connection, connection.cursor() as cur:
        return cur.execute(
            "SELECT (SELECT count(*) FROM readings), (SELECT count(*) FROM alarms), (SELECT count(*) FROM incidents)"
        ).fetchone()
