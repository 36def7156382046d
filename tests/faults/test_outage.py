"""Rows 3, 4 and 19 of lessons: our own outage is no device's silence, and no screen shows an old picture as a new one."""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.faults.county import Planned, each_second, gauges
from tests.faults.running import Instance, running, until
from tests.faults.screen import Screen
from tests.faults.storm import settle

pytestmark = pytest.mark.faults

COUNT = 100
FROZEN_S = 8.0
OLD_S = 5.0  # on a good day the newest sign of life is 3 s old at most
RULES = """
rules:
  - name: silent
    kind: no-data
    for: {}
    priority: 4
    intervals: 3
    at_least: 6s
    guidance: {zh: {means: 无数据, do: 核实}, en: {means: No data., do: Ask.}}
"""
SILENT = "SELECT d.id FROM alarms a JOIN devices d ON d.key = a.device WHERE a.condition = 'no-data' ORDER BY 1"

LOOKED = """
SELECT FROM worker_progress
WHERE alive_at > %s + interval '4 seconds' AND broker_heard_at > %s + interval '4 seconds'
"""


@pytest.fixture
def settings(tmp_path: Path) -> str:
    """Settings under which 6 s without a word are a silence."""
    (tmp_path / "rules.yaml").write_text(RULES)
    return f"alerts: {{rules: '{tmp_path / 'rules.yaml'}'}}"


@pytest.mark.parametrize("part", ["broker", "postgres", "worker"])
async def test_nobody_is_called_silent_for_our_own_outage(tmp_path, settings, part):
    """A part stands still longer than devices may be silent: nobody is told, but who stopped speaking."""
    async with running(tmp_path / "data", settings) as instance:
        await settle(instance, gauges(COUNT, silent_after_s=3.0))
        screen = Screen(instance.http, instance.token())
        watching = asyncio.create_task(screen.follow())
        await until(lambda: screen.ages, "the first beat")
        field = Field(int((time.time() + 0.2) * 1e6))
        with instance.gateway().connected() as gateway:
            clock_ahead = time.time() - asyncio.get_running_loop().time()
            sending = asyncio.create_task(gateway.send(field.readings(), clock_ahead=clock_ahead))
            await until(lambda: _heard(instance) == COUNT, "every gauge")
            before = len(screen.ages)
            field.last_falls_silent = part == "worker"  # one proof that the watch is not dead is enough
            async with instance.frozen(part):
                await asyncio.sleep(FROZEN_S)
                if part != "postgres":  # the feed itself waits for a database that does not even refuse
                    await until(lambda: max(screen.ages[before:]) > OLD_S, "the screen to learn it")
            if field.last_falls_silent:
                await until(lambda: instance.rows(SILENT), "the silence of g099")
            resumed = datetime.now(UTC)
            await until(lambda: instance.rows(LOOKED, resumed, resumed), "several looks at silence")
            silent, oldest = instance.rows(SILENT), max(screen.ages[before:])
            field.is_over = True
            await sending
            await until(lambda: gateway.is_settled, "every PUBACK")
        complete = "SELECT FROM readings HAVING count(*) = %s"
        await until(lambda: instance.rows(complete, gateway.sent), f"{gateway.sent} readings")
        screen.leave()
        await watching
    assert silent == ([("g099",)] if field.last_falls_silent else [])
    assert screen.gaps == []
    assert oldest > OLD_S, "the screen was not told that its picture grew old"


class Field:
    """A hundred gauges that speak each second until it is over; the last one can fall silent for good."""

    def __init__(self, start: int) -> None:
        self._start = start
        self.last_falls_silent = False
        self.is_over = False

    def readings(self) -> Iterator[Planned]:
        """Give what is to be sent."""
        for reading in each_second(COUNT, start=self._start, seconds=60):
            if self.is_over:
                return
            if not (self.last_falls_silent and reading.device == "g099"):
                yield reading


def _heard(instance: Instance) -> int:
    return (instance.rows("SELECT count(DISTINCT device) FROM readings") or [(0,)])[0][0]
