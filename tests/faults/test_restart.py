"""Promise 4, rows 8 and 9 of lessons: a restart changes no alarm, no delay and no override, and raises nothing anew."""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from ingest.registration import NewChannel, NewDevice
from tests.faults.county import AREA, Planned, gauges
from tests.faults.load import Gateway
from tests.faults.running import Instance, running, until
from tests.faults.storm import settle

pytestmark = pytest.mark.faults

COUNT = 20
SILENT_AFTER_S = 15.0  # the least that the rules in force call a silence
SMOKE = NewDevice(
    id="s1",
    kind="smoke",
    name="烟感",
    lon=None,
    lat=None,
    area=AREA,
    channels=(NewChannel(metric="smoke", unit="%/m"),),
)
# Everything that a restart could change. What an alarm is told by is its version, so nothing hides.
RECORDS = {
    "alarms": "SELECT * FROM alarms ORDER BY id",
    "transitions": "SELECT * FROM alarm_transitions ORDER BY alarm, version",
    "overrides": "SELECT * FROM overrides ORDER BY id",
    "delays": "SELECT * FROM pending_delays ORDER BY 1, 2, 3, 4",
    "deadlines": "SELECT * FROM deadlines ORDER BY id",
    "incidents": "SELECT * FROM incidents ORDER BY id",
    "outbox": "SELECT * FROM outbox ORDER BY id",
    "changes": "SELECT * FROM changes ORDER BY seq",
}


async def test_a_restart_changes_nothing(tmp_path):
    """After SIGTERM and a start every record is as before, sessions hold, and a delay that ran ends when it should."""
    async with running(tmp_path / "data") as instance:
        await settle(instance, [*gauges(COUNT, silent_after_s=SILENT_AFTER_S), SMOKE])
        began = int(time.time() * 1e6) - 60_000_000
        with instance.gateway().connected() as gateway:
            await _levels(gateway, began, 3.5)
            await _smoke(gateway, began, 8.0)  # over the limit that takes 5 s
            await until(lambda: _count(instance, "pending_delays") == 1, "the delay")
            await until(lambda: _count(instance, "alarms") == 3 * COUNT, "the alarms")
            token = instance.token()
            await asyncio.to_thread(_act, instance, token)
            before = _records(instance)

        await instance.stop()
        # Were our absence theirs, every device would be called silent now.
        heard = time.monotonic()
        await until(lambda: time.monotonic() > heard + SILENT_AFTER_S, "longer than devices may be silent")
        await instance.start_again()
        since = datetime.now(UTC)
        ticked = "SELECT FROM worker_progress WHERE alive_at > %s"
        await until(lambda: instance.rows(ticked, since + timedelta(seconds=3)), "three looks at silence")
        assert _records(instance) == before
        assert json.loads(instance.ask("/api/v1/alarms?limit=1", token=token))["items"], "the token does not hold"

        with instance.gateway().connected() as gateway:
            await _levels(gateway, began + 6_000_000, 3.6)
            await _smoke(gateway, began + 6_000_000, 8.0)
            raised = "SELECT priority, state FROM alarms WHERE metric = (SELECT key FROM metrics WHERE name = 'smoke')"
            await until(lambda: instance.rows(raised) == [(2, "unack")], "the alarm whose delay ran over the restart")
            await until(lambda: _count(instance, "readings") == 2 * (COUNT + 1), "every reading")
        assert _count(instance, "alarms") == 3 * COUNT + 1
        assert _records(instance)["overrides"] == before["overrides"]


async def test_ready_means_ready_and_sessions_outlive_the_web_server(tmp_path):
    """What is published the moment run.json is there arrives; after kill -9 of the web server a token still holds."""
    async with running(tmp_path / "data") as instance:
        with instance.gateway().connected() as gateway:
            await _smoke(gateway, int(time.time() * 1e6), 1.0)
        await until(lambda: instance.rows("SELECT FROM waiting_devices WHERE id = 's1'"), "the unknown device")
        token, before = instance.token(), instance.pids
        await instance.kill("web")
        await until(lambda: _answers(instance, token), "the web server")
        assert {name for name, pid in instance.pids.items() if before[name] != pid} == {"web"}


async def _levels(gateway: Gateway, at: int, level: float) -> None:
    await _send(gateway, [Planned(f"g{n:03d}", at, level) for n in range(COUNT)])


async def _smoke(gateway: Gateway, at: int, value: float) -> None:
    await _send(gateway, [Planned("s1", at, value, metric="smoke", unit="%/m")])


async def _send(gateway: Gateway, readings: list[Planned]) -> None:
    """Send at once what was measured a minute ago."""
    await gateway.send(readings, clock_ahead=time.time() - asyncio.get_running_loop().time())
    await until(lambda: gateway.is_settled, "every PUBACK")


def _act(instance: Instance, token: str) -> None:
    """Acknowledge one alarm as an officer, and shelve another as the commander, who may shelve any."""
    first, second, *_ = json.loads(instance.ask("/api/v1/alarms", token=token))["items"]
    instance.ask(f"/api/v1/alarms/{first['id']}/acknowledge", token=token, body={"version": first["version"]})
    until_then = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    body = {"version": second["version"], "until": until_then, "reason": "检修"}
    instance.ask(f"/api/v1/alarms/{second['id']}/shelve", token=instance.token("commander"), body=body)


def _records(instance: Instance) -> dict[str, list[tuple]]:
    return {name: instance.rows(query) for name, query in RECORDS.items()}


def _count(instance: Instance, table: str) -> int:
    return (instance.rows(f"SELECT count(*) FROM {table}") or [(0,)])[0][0]  # noqa: S608 -- our own tables


def _answers(instance: Instance, token: str) -> bool:
    try:
        return bool(instance.ask("/api/v1/alarms", token=token))
    except OSError:
        return False
