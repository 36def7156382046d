"""Promises 1 and 2 while PostgreSQL, the broker and Gridwatch itself are killed under load."""

import signal

import pytest

from tests.faults.county import gauges
from tests.faults.running import running
from tests.faults.storm import settle, storm

pytestmark = pytest.mark.faults


@pytest.mark.parametrize("part", ["postgres", "broker"])
async def test_no_reading_and_no_alarm_is_lost_or_doubled(tmp_path, part):
    """Row 5 of lessons: kill -9 of a service, three times in the middle of 1,000 msg/s, loses nothing acknowledged."""
    async with running(tmp_path / "data") as instance:
        await settle(instance, gauges())
        before = instance.pids
        screen = await storm(instance, instance.gateway(), [(at, lambda: instance.kill(part)) for at in (3, 7, 11)])
        assert screen.snapshots == 1
        assert {name: pid for name, pid in instance.pids.items() if name != part} == {
            name: pid for name, pid in before.items() if name != part
        }


async def test_gridwatch_itself_killed_and_started_again_loses_nothing(tmp_path):
    """Kill -9 of `gridwatch run`, then a start in the same directory, twice in the middle of 1,000 msg/s."""
    async with running(tmp_path / "data") as instance:
        await settle(instance, gauges())

        async def blow() -> None:
            instance.process.send_signal(signal.SIGKILL)
            instance.process.wait()
            await instance.start_again()

        await storm(instance, instance.gateway(), [(4, blow), (10, blow)])
