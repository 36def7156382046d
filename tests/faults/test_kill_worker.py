"""Promises 1 and 2 while the worker is killed under load, between each of the two brokers and the database."""

import pytest

from tests.conftest import Broker
from tests.faults.county import gauges
from tests.faults.load import Gateway
from tests.faults.running import running
from tests.faults.storm import settle, storm

pytestmark = pytest.mark.faults


async def test_no_reading_and_no_alarm_is_lost_or_doubled(tmp_path):
    """Kill -9 of the worker, three times in the middle of 1,000 msg/s, with the embedded broker."""
    async with running(tmp_path / "data") as instance:
        await settle(instance, gauges())
        blows = [(second, lambda: instance.kill("worker")) for second in (3, 7, 11)]
        screen = await storm(instance, instance.gateway(), blows)
        assert screen.snapshots == 1


async def test_with_mosquitto_too(tmp_path, mosquitto: Broker):
    """Kill -9 of the worker, three times in the middle of 1,000 msg/s, with an outside Mosquitto (MQTT 5)."""
    settings = f"ingest: {{mqtt_url: 'mqtt://{mosquitto.host}:{mosquitto.port}'}}"
    async with running(tmp_path / "data", settings) as instance:
        await settle(instance, gauges())
        gateway = Gateway(mosquitto.host, mosquitto.port)
        await storm(instance, gateway, [(second, lambda: instance.kill("worker")) for second in (3, 7, 11)])
