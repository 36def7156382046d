"""A worker with a real broker, a real folder and a real feed: warnings come in by each way, and limits are lower by it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiomqtt

from database import connect
from gridwatch.weather_sources import WeatherSources
from ingest.registration import NewChannel, NewDevice, register
from tests.conftest import Broker
from tests.feed_server import feed_server
from tests.warning_messages import cap, cap_info, cited
from tests.weather_hands import make_grids
from tests.working import rows, until, working

AREA = "<areaDesc>x</areaDesc><polygon>30.00,120.00 30.00,120.09 30.09,120.09 30.09,120.00 30.00,120.00</polygon>"
RULES = """
rules:
  - name: rain
    kind: level
    for: {metric: rain_1h}
    unit: mm
    limits: {3: 30}
    warned: {events: [rainstorm], factor: 0.8}
    guidance: {zh: {means: 下雨, do: 看}, en: {means: rain, do: look}}
"""


def _info() -> str:
    return cap_info(area=AREA, expires=datetime.now(UTC) + timedelta(hours=3))


def _message(identifier: str, **words: str) -> bytes:
    return cap(identifier, sent=datetime.now(UTC).replace(microsecond=0), infos=_info(), **words)


async def _found(url: str, query: str) -> bool:
    return bool(await rows(url, query))


async def _publish(broker: Broker, topic: str, payload: bytes) -> None:
    async with aiomqtt.Client(
        broker.host, broker.port, username=broker.user or None, password=broker.password
    ) as client:
        await client.publish(topic, payload, qos=1)


def _gauge(url: str) -> None:
    make_grids(url)
    with connect(url) as connection, connection.cursor() as cur:
        rain = (NewChannel(metric="rain_1h", unit="mm", interval_s=300),)
        register(
            cur,
            [NewDevice(id="r1", kind="rain", name="雨量", lon=120.05, lat=30.05, area="T", channels=rain)],
            now=datetime.now(UTC) - timedelta(days=1),
        )


async def test_warnings_come_in_by_every_way(database_url: str, broker: Broker, tmp_path: Path) -> None:
    """MQTT, folder and feed; 25 mm is an alarm while a warning holds; its cancellation by another way ends it."""
    _gauge(database_url)
    (tmp_path / "rules.yaml").write_text(RULES)
    folder = tmp_path / "warnings"
    folder.mkdir()
    with feed_server() as server:
        server.give("/", _message("by-feed"))
        weather = WeatherSources(folder=folder, feeds=(f"{server.url}/",), interval_s=0.5)
        async with working(
            *(database_url, broker.host, broker.port, broker.user, broker.password),
            rules=tmp_path / "rules.yaml",
            weather=weather,
        ):
            await _publish(broker, "cap/met", _message("by-mqtt"))
            (folder / "a.xml").write_bytes(_message("by-folder"))
            await until(
                lambda: _found(
                    database_url,
                    "SELECT FROM weather_warnings WHERE ended_at IS NULL AND grids = '{A}' HAVING count(*) = 3",
                )
            )
            await until(lambda: _rains(database_url, broker))
            lifted = " ".join(cited(one) for one in ("by-mqtt", "by-folder", "by-feed"))
            await _publish(broker, "cap/met", _message("end", kind="Cancel", references=lifted))
            await until(
                lambda: _found(
                    database_url,
                    "SELECT FROM weather_warnings WHERE end_reason LIKE 'cancelled by%' HAVING count(*) = 3",
                )
            )
            assert (folder / "done").is_dir()


async def _rains(url: str, broker: Broker) -> bool:
    """Report 25 mm again: the worker hears of the warning from the feed of changes, a moment after it is written."""
    pack = [{"n": "rain_1h", "u": "mm", "v": 25, "t": datetime.now(UTC).timestamp()}]
    await _publish(broker, "gridwatch/v1/T/r1/senml", json.dumps(pack).encode())
    return await _found(url, "SELECT FROM alarms WHERE rule = 'rain'")
