"""What Home Assistant is told, over a real broker and a real database."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import aiomqtt
import pytest

from database import Change, ChangeKind, append_changes, connect
from gridwatch.home_assistant import HomeAssistant
from ingest.collector import BrokerAddress
from ingest.registration import NewChannel, NewDevice, register
from tests.conftest import Broker
from tests.working import working

T0 = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
PREFIX = "homeassistant"


class _Listener:
    """A Home Assistant: keeps the newest retained payload of each topic."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self._client = client
        self.kept: dict[str, Any] = {}

    async def until(self, topic: str, **wanted: object) -> dict[str, Any]:
        """Wait until a topic holds an object with these values; without any, until it holds nothing."""
        async with asyncio.timeout(30):
            while not self._holds(topic, wanted):
                message = await anext(self._client.messages)
                assert isinstance(message.payload, bytes)
                name = message.topic.value
                if not message.payload:
                    self.kept.pop(name, None)
                elif message.payload[:1] == b"{":
                    self.kept[name] = json.loads(message.payload)
                else:
                    self.kept[name] = {"word": message.payload.decode()}
        return self.kept.get(topic, {})

    def _holds(self, topic: str, wanted: dict[str, object]) -> bool:
        held = self.kept.get(topic)
        if not wanted:
            return held is None
        return held is not None and all(held.get(key) == value for key, value in wanted.items())


@asynccontextmanager
async def _told(url: str, broker: Broker) -> AsyncIterator[None]:
    address = BrokerAddress(host=broker.host, port=broker.port, user=broker.user, password=broker.password)
    task = asyncio.create_task(HomeAssistant(url, address, prefix=PREFIX, centre="县中心").run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def _listening(broker: Broker) -> AsyncIterator[_Listener]:
    async with aiomqtt.Client(
        broker.host, broker.port, username=broker.user or None, password=broker.password or None
    ) as client:
        await client.subscribe(f"{PREFIX}/#", qos=1)
        await client.subscribe("gridwatch/ha/#", qos=1)
        yield _Listener(client)


@pytest.fixture(params=["broker", "mosquitto"])
def any_broker(request: pytest.FixtureRequest) -> Broker:
    """Each broker in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def site(database_url: str) -> str:
    """URL of a database with one smoke detector."""
    with connect(database_url) as connection, connection.cursor() as cur:
        channel = NewChannel(metric="fire", unit="1", interval_s=None, limits=(None, None, None, None))
        device = NewDevice(
            id="s/1", kind="smoke", name="一楼烟感", lon=120.0, lat=30.0, area="3301", channels=(channel,)
        )
        register(cur, [device], now=T0)
    return database_url


def _config(listener: _Listener, of: str) -> tuple[str, dict[str, Any]]:
    return next(
        (topic, told)
        for topic, told in listener.kept.items()
        if topic.startswith(f"{PREFIX}/binary_sensor/gridwatch/") and told["device_class"] == of
    )


async def test_alarm_reaches_home_assistant_and_goes(site: str, any_broker: Broker) -> None:
    """A detector is discovered, turns on with its alarm and off with its end; nothing we told is taken in as rubbish."""
    async with (
        _listening(any_broker) as home,
        working(site, any_broker.host, any_broker.port, any_broker.user, any_broker.password),
        _told(site, any_broker),
        aiomqtt.Client(
            any_broker.host, any_broker.port, username=any_broker.user or None, password=any_broker.password or None
        ) as detector,
    ):
        await home.until("gridwatch/ha/status", word="online")
        await home.until("gridwatch/ha/county/alarms", state=0)
        topic, told = _config(home, "smoke")
        assert told["device"]["name"] == "一楼烟感"
        assert told["origin"] == {"name": "Gridwatch"}
        assert told["availability_topic"] == "gridwatch/ha/status"
        assert "/" not in topic.removeprefix(f"{PREFIX}/binary_sensor/gridwatch/").removesuffix("/config")
        await home.until(told["state_topic"], state="OFF")
        await detector.publish("zigbee2mqtt/s/1", b'{"smoke":true}', qos=1)
        state = await home.until(told["state_topic"], state="ON")
        assert (state["condition"], state["alarms"]) == ("smoke", 1)
        await home.until("gridwatch/ha/county/alarms", state=1)
        await detector.publish("zigbee2mqtt/s/1", b'{"smoke":false}', qos=1)
        await home.until(told["state_topic"], state="OFF")
        with connect(site) as connection:
            assert connection.execute("SELECT topic FROM rejected_messages").fetchall() == []


async def test_retired_device_is_taken_away(site: str, broker: Broker) -> None:
    """What is retired while we run, or while we do not, leaves no entity behind."""
    async with _listening(broker) as home:
        async with _told(site, broker):
            await home.until("gridwatch/ha/county/alarms", state=0)
            (smoke, told), (problem, _) = _config(home, "smoke"), _config(home, "problem")
        await home.until("gridwatch/ha/status", word="offline")
        with connect(site) as connection, connection.cursor() as cur:
            cur.execute("UPDATE devices SET retired_at = now() WHERE id = 's/1'")
            append_changes(cur, [Change(kind=ChangeKind.DEVICE, id="s/1", version=2)])
        async with _told(site, broker):
            await home.until("gridwatch/ha/status", word="online")
            for topic in (smoke, problem, told["state_topic"]):
                await home.until(topic)
            with connect(site) as connection, connection.cursor() as cur:
                cur.execute("UPDATE devices SET retired_at = NULL WHERE id = 's/1'")
                append_changes(cur, [Change(kind=ChangeKind.DEVICE, id="s/1", version=3)])
            await home.until(smoke, device_class="smoke")
