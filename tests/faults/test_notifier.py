"""The notifier as a part of an instance: it is told of, restarted, and sends nothing twice when a part dies under it."""

import asyncio
import json
import subprocess
import threading
from pathlib import Path

import pytest

from gridwatch.clock import now
from tests.alarm_county import found_county
from tests.faults.running import PROGRAM, Instance, running, until
from tests.notification_office import raise_alarm
from tests.receivers import Town, running_town

pytestmark = pytest.mark.faults
NOTIFY = """
receivers: [{{name: 东河镇, webhook: {{url: "{url}", secret_file: town.key}}}}]
routes: [{{name: 全部, receivers: [东河镇], group_wait: 0s, group_by: alarm}}]
"""
SETTINGS = "alerts: {notify: notify.yaml}\ndashboard: {cap_status: Actual}\n"


@pytest.fixture
def town():
    """Whoever is told."""
    with running_town() as running_one:
        yield running_one


def notify(directory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `gridwatch notify`."""
    command = [PROGRAM, "notify", *words, "--data-dir", directory]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def keys(instance: Instance) -> set[str]:
    """Keys of the messages whose success is committed."""
    return {key for (key,) in instance.rows("SELECT key FROM notification_log WHERE outcome = 'sent'")}


async def test_a_part_that_dies_under_it_repeats_no_message(tmp_path: Path, town: Town) -> None:
    """The database is killed while a receiver takes a message, then the notifier: every alarm is told once (lesson 17)."""
    directory = tmp_path / "data"
    taking, holding = threading.Event(), threading.Event()

    def answer(_: object) -> int:
        taking.set()
        holding.wait(8)
        return 204

    town.answer = answer
    files = {"notify.yaml": NOTIFY.format(url=town.url()), "town.key": "a secret"}
    async with running(directory, SETTINGS, files=files) as instance:
        assert set(instance.pids) == {"broker", "postgres", "worker", "web", "notifier"}
        ready = json.loads(await asyncio.to_thread(instance.ask, "/readyz"))
        assert ready["parts"]["notifier"]["ready"]
        await asyncio.to_thread(found_county, instance.database_url)
        await asyncio.to_thread(raise_alarm, instance.database_url, now())
        await until(taking.is_set, "the message is on its way")
        await instance.kill("postgres")
        holding.set()
        await until(lambda: len(keys(instance)) == 1, "its success is written down")
        await instance.kill("notifier")
        await asyncio.to_thread(raise_alarm, instance.database_url, now(), device=2)
        await until(lambda: len(keys(instance)) == 2, "the next one is told by the next notifier")
        assert set(town.keys().values()) == {1}
        assert "1 receivers, 1 routes" in notify(directory, "check").stdout
        assert "has taken it" in notify(directory, "test", "东河镇").stdout
        assert town.posted[-1].json["title"] == "【测试】守望通知测试"


def test_the_command_line_checks_tries_and_makes_secrets(tmp_path: Path, town: Town) -> None:
    """`check` finds a missing secret, `secret` makes it once, `test` says what the receiver answers."""
    (tmp_path / "gridwatch.yaml").write_text(SETTINGS.replace("Actual", "Exercise"))
    (tmp_path / "notify.yaml").write_text(NOTIFY.format(url=town.url()))
    missing = notify(tmp_path, "check")
    assert (missing.returncode, "the secret in town.key cannot be read" in missing.stdout) == (1, True)
    assert "only receivers with `tests: true`" in missing.stdout
    made = subprocess.run([PROGRAM, "notify", "secret", tmp_path / "town.key"], check=False)
    assert (made.returncode, (tmp_path / "town.key").stat().st_mode & 0o777) == (0, 0o600)
    assert subprocess.run([PROGRAM, "notify", "secret", tmp_path / "town.key"], check=False).returncode == 1
    assert notify(tmp_path, "check").returncode == 0
    town.answer = lambda _: 403
    refused = notify(tmp_path, "test", "东河镇")
    assert (refused.returncode, refused.stderr.strip()) == (1, "东河镇 was not told: HTTP 403")
    assert "has no receiver '西河镇'" in notify(tmp_path, "test", "西河镇").stderr
