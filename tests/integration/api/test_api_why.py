"""What made an alarm, and why there was none, over HTTP: judged by the real pipeline, asked of the real database."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from alerts.rules import load_rules
from gridwatch.pipeline import Pipeline
from ingest.publish import Message
from ingest.sources import DEFAULT_SOURCES
from tests.engine_feed import GUIDANCE
from tests.integration.api.conftest import START, County

Client = Callable[[str | None], httpx.AsyncClient]
RULES = f"""
rules:
  - {{name: stage, kind: level, for: {{metric: stage}}, unit: m, deadband: 0.5, on_delay: 4min, {GUIDANCE}}}
  - {{name: rise, kind: rate, for: {{metric: stage}}, unit: m, window: 5min, limits: {{3: 2}}, {GUIDANCE}}}
  - {{name: silent, kind: no-data, for: {{}}, priority: 4, {GUIDANCE}}}
  - {{name: impossible, kind: out-of-range, for: {{metric: stage}}, priority: 4, sentinels: [-9999],
     ranges: [{{metric: stage, unit: m, from: -5, to: 30}}], {GUIDANCE}}}
"""
T0 = START - timedelta(hours=1)


@pytest.fixture
def pipeline(county: County, database_url: str) -> Iterator[Pipeline]:
    """A pipeline over one gauge, w1, that reports every minute and has limits of 5 m (orange) and 8 m (red)."""
    county.device("w1")
    county.connection.execute("UPDATE device_metrics SET interval_s = 60, limit_1 = 8")
    # The station was like this from the beginning: the clock of these alarms is behind the database's.
    county.connection.execute("DELETE FROM limit_history")
    county.connection.commit()
    opened = Pipeline(database_url, worker="test", rules=load_rules(RULES, source="test"), sources=DEFAULT_SOURCES)
    opened.open(now=T0)
    yield opened
    opened.close()


def _measure(pipeline: Pipeline, *values: float, minute: int = 0) -> None:
    for nth, value in enumerate(values, minute):
        at = T0 + timedelta(minutes=nth)
        payload = json.dumps([{"n": "stage", "u": "m", "v": value, "t": at.timestamp()}]).encode()
        message = Message("gridwatch/v1/T1/w1/senml", payload, 1, retained=False)
        pipeline.commit(pipeline.judge([message], received=at.timestamp(), now=at, tick=False, flush=True))


def _at(minute: float) -> str:
    return (T0 + timedelta(minutes=minute)).isoformat().replace("+00:00", "Z")


async def _why(client: Client, condition: str) -> dict[str, Any]:
    (alarm,) = (await client("officer").get(f"/api/v1/alarms?condition={condition}")).json()["items"]
    answer = await client("screen").get(f"/api/v1/alarms/{alarm['id']}/why?lang=en")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_level_tells_its_limits_delay_and_beginning(client: Client, county: County, pipeline: Pipeline) -> None:
    """The limits are those it was raised by, also after somebody changed them; the sentinel is a mark and no value."""
    _measure(pipeline, 4.0, 4.5, 5.5, -9999, 5.6, 6.0, 6.0, 6.0)
    county.connection.execute("UPDATE device_metrics SET limit_2 = 7, limit_1 = 9")
    county.connection.commit()
    told = await _why(client, "level-high")
    assert (told["rule"]["name"], told["rule"]["version"]) == ("stage", 1)
    assert {"key": "deadband", "label": "Deadband", "value": "0.5 m"} in told["rule"]["words"]
    assert [(t["priority"], t["limit"], t["clear"], t["is_own"]) for t in told["thresholds"]] == [
        (1, 8.0, 7.5, False),
        (2, 5.0, 4.5, True),
    ]
    assert (told["point"]["what"], told["point"]["on_delay_s"], told["point"]["gap_policy"]) == (
        "value",
        240.0,
        "reset",
    )
    assert [(mark["cause"], mark["at"]) for mark in told["marks"]] == [("first-seen", _at(2)), ("raised", _at(6))]
    readings = {reading["time"]: reading for reading in told["readings"]}
    sentinel = readings[_at(3)]
    assert (sentinel["value"], sentinel["quality_word"], sentinel["raw"]) == (None, "implausible", -9999.0)
    assert readings[_at(2)]["value"] == 5.5
    assert told["span"]["from"] < _at(0) < told["span"]["to"]
    detail = (await client("officer").get(f"/api/v1/alarms/{told['alarm']}")).json()
    assert (detail["rule"], detail["rule_version"], detail["limit"]) == ("stage", 1, 5.0)


async def test_a_rate_tells_the_rise_and_the_readings(client: Client, pipeline: Pipeline) -> None:
    """What was judged is the rise over the window; the readings stand beside it."""
    _measure(pipeline, 1.0, 1.0, 1.5, 3.25)
    told = await _why(client, "rate-high")
    assert (told["point"]["what"], told["point"]["unit"], told["point"]["window_s"]) == ("rise", "m", 300.0)
    assert [item["value"] for item in told["judged"]] == [None, 0.0, 0.5, 2.25]
    assert [t["limit"] for t in told["thresholds"]] == [2.0]
    assert [reading["value"] for reading in told["readings"]] == [1.0, 1.0, 1.5, 3.25]


async def test_what_cannot_be_tells_the_range(client: Client, pipeline: Pipeline) -> None:
    """Its own alarm says what could have been; no figure, newest value or step has the number in it."""
    _measure(pipeline, 1.0, 45.0)
    told = await _why(client, "out-of-range")
    assert (told["point"]["low"], told["point"]["high"], told["thresholds"]) == (-5.0, 30.0, [])
    steps = (await client("officer").get("/api/v1/devices/w1/readings?metric=stage&step=1h")).json()["items"]
    assert [(step["max"], step["count"], step["implausible"]) for step in steps] == [(1.0, 1, 1)]
    (device,) = (await client("officer").get("/api/v1/devices")).json()["items"]
    (metric,) = [each for each in device["metrics"] if each["metric"] == "stage"]
    assert (metric["value"], metric["quality_word"], metric["raw"]) == (1.0, "good", None)


async def test_silence_tells_when_it_was_heard_and_what_was_expected(client: Client, pipeline: Pipeline) -> None:
    """Last heard, how often it should be, and after how long the alarm was raised."""
    _measure(pipeline, 1.0)
    late = T0 + timedelta(minutes=10)
    ping = Message("gridwatch/v1/T1/w0/senml", b"[]", 2, retained=False)
    for at in (T0 + timedelta(seconds=second) for second in range(1, 601, 3)):
        pipeline.commit(
            pipeline.judge([ping], received=at.timestamp(), now=at, tick=at > late - timedelta(seconds=9), flush=False)
        )
    told = await _why(client, "no-data")
    assert told["silence"] == {"heard_at": _at(0), "interval_s": 60.0, "after_s": 180.0}
    assert told["point"] is None


async def test_an_unknown_alarm_has_no_why(client: Client, county: County) -> None:
    """404, like the alarm itself; an alarm whose rules were never kept still tells its life."""
    assert (await client("officer").get("/api/v1/alarms/77/why")).status_code == 404
    county.device("w9")
    alarm = county.alarm("w9")
    told = (await client("officer").get(f"/api/v1/alarms/{alarm}/why")).json()
    assert (told["rule"], told["thresholds"], [mark["cause"] for mark in told["marks"]]) == (None, [], ["raised"])


async def test_an_absence_is_explained_at_any_time(client: Client, pipeline: Pipeline) -> None:
    """Beyond the limit and waiting for its delay; before any reading; and never of the future."""
    _measure(pipeline, 4.0, 5.5, 5.6)

    async def verdicts(at: datetime) -> dict[tuple[str, int | None], dict[str, Any]]:
        answer = await client("screen").get("/api/v1/devices/w1/explain", params={"at": at.isoformat()})
        assert answer.status_code == 200, answer.text
        assert answer.json()["rules_version"] == 1
        return {(point["rule"], point["priority"]): point for point in answer.json()["points"]}

    waiting = await verdicts(T0 + timedelta(minutes=2))
    assert (waiting["stage", 2]["reason"], waiting["stage", 2]["since"]) == ("on-delay", _at(1))
    assert (waiting["stage", 1]["reason"], waiting["stage", 1]["measured"]) == ("within-limit", 5.6)
    assert waiting["rise", 3]["measured"] == pytest.approx(1.6)
    before = await verdicts(T0 - timedelta(minutes=1))
    assert before["stage", 2]["reason"] == "no-reading"
    future = (START + timedelta(hours=1)).isoformat()
    answer = await client("screen").get("/api/v1/devices/w1/explain", params={"at": future})
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:gridwatch:invalid")
    assert (await client("screen").get("/api/v1/devices/nobody/explain")).status_code == 404
