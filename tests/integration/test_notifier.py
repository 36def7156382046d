"""The notifier as a process of its own, against a real HTTP server, a real mail server and a real database."""

import hashlib
import hmac
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

import alerts
from gridwatch.clock import now
from gridwatch.embedded import free_port
from gridwatch.runtime import VARIABLE, Broker, Listen, Runtime
from gridwatch.settings import AlertsSettings, CapStatus, DashboardSettings, Settings
from tests.alarm_county import found_county, session
from tests.notification_office import raise_alarm
from tests.receivers import Town, running_post_office, running_town

WITHIN_S = 40
SECRET = "what the town and the centre share"


def until(holds: Callable[[], object], what: str) -> None:
    """Wait until `holds()` is true, looking often: the condition decides, not the clock."""
    deadline = time.monotonic() + WITHIN_S
    while not holds():
        assert time.monotonic() < deadline, f"not within {WITHIN_S} s: {what}"
        time.sleep(0.02)


@dataclass(slots=True)
class Centre:
    """A database, a notify file and the notifiers that run over them."""

    url: str
    folder: Path

    def write(self, routes: str, **receivers: str) -> None:
        """Write the notify file; a receiver is given as YAML."""
        (self.folder / "town.key").write_text(SECRET)
        lines = [f"  - {{name: {name}, {text}}}" for name, text in receivers.items()]
        (self.folder / "notify.yaml").write_text("\n".join(["receivers:", *lines, "routes:", routes]) + "\n")

    @contextmanager
    def notifier(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run a notifier as the supervisor does; killed at the end if it still runs."""
        runtime = Runtime(
            data_dir=self.folder,
            settings=Settings(
                alerts=AlertsSettings(notify=Path("notify.yaml"), console_url="http://centre.example"),
                dashboard=DashboardSettings(cap_status=CapStatus.ACTUAL),
            ),
            database_url=self.url,
            broker=Broker(host="127.0.0.1", port=1),
            http=Listen(host="127.0.0.1", port=1),
            secret="x" * 32,
        )
        (self.folder / "runtime.json").write_text(runtime.model_dump_json())
        environment = {**os.environ, VARIABLE: str(self.folder / "runtime.json")}
        before = self.alive()
        with (self.folder / "notifier.log").open("ab") as output:
            process = subprocess.Popen([sys.executable, "-m", "gridwatch.notifier"], env=environment, stderr=output)
        try:
            until(lambda: process.poll() is not None or self.alive() != before, "a sign of the notifier")
            assert process.poll() is None, (self.folder / "notifier.log").read_text()
            yield process
        finally:
            process.kill()
            process.wait()

    def alive(self) -> object:
        """When a notifier last gave a sign."""
        return self.read("SELECT max(alive_at) FROM notifier_progress")

    def read(self, query: str) -> list[tuple]:
        """Read rows."""
        with session(self.url) as cur:
            return cur.execute(query).fetchall()

    def sent(self) -> set[str]:
        """Keys of the messages whose success is committed."""
        return {key for (key,) in self.read("SELECT key FROM notification_log WHERE outcome = 'sent'")}

    def waiting(self) -> int:
        """How many messages wait, and how many steps nobody has decided on."""
        ((deliveries, steps),) = self.read(
            "SELECT (SELECT count(*) FROM deliveries WHERE state = 'waiting'),"
            " (SELECT count(*) FROM outbox WHERE routed_at IS NULL)"
        )
        return deliveries + steps


@pytest.fixture
def centre(database_url: str, tmp_path: Path) -> Centre:
    """A centre with 40 devices and nobody to tell yet."""
    found_county(database_url, devices=40)
    return Centre(url=database_url, folder=tmp_path)


@pytest.fixture
def town() -> Iterator[Town]:
    """An HTTP server of the town's."""
    with running_town() as running:
        yield running


def webhook(town: Town, path: str = "/") -> str:
    """Describe a webhook receiver."""
    return f'webhook: {{url: "{town.url(path)}", secret_file: town.key}}'


def test_a_webhook_is_signed_and_says_everything(centre: Centre, town: Town) -> None:
    """The five lines of the manual accept what is sent and refuse it with one byte changed."""
    centre.write("  - {name: all, receivers: [town], group_wait: 0s}", town=webhook(town, "/in?x=1"))
    with centre.notifier():
        raise_alarm(centre.url, now())
        until(lambda: town.posted, "a message")
    (posted,) = town.posted
    signed = posted.headers["x-gridwatch-timestamp"].encode() + b"." + posted.body
    expected = "v1=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(expected, posted.headers["x-gridwatch-signature"])
    assert hmac.new(SECRET.encode(), signed + b" ", hashlib.sha256).hexdigest() not in expected
    assert abs(int(posted.headers["x-gridwatch-timestamp"]) - time.time()) < WITHIN_S
    assert posted.json["key"] == posted.key == "town/alarm-1-1-0"
    assert posted.json["items"][0]["url"] == "http://centre.example/console?alarm=1"


def test_a_receiver_that_hangs_delays_nobody(centre: Centre, town: Town) -> None:
    """While one receiver takes the message and says nothing, ten alarms reach the other."""
    holding = threading.Event()
    town.answer = lambda posted: 204 if posted.path == "/quick" or holding.wait(WITHIN_S) else 503
    centre.write(
        "  - {name: all, receivers: [slow, quick], group_wait: 0s, group_by: alarm}",
        slow=webhook(town, "/slow"),
        quick=webhook(town, "/quick"),
    )
    with centre.notifier():
        raise_alarm(centre.url, now())
        until(lambda: town.at("/slow"), "the slow one begins")
        for device in range(2, 12):
            raise_alarm(centre.url, now(), device=device)
        until(lambda: len(town.at("/quick")) == 11, "the quick one has all")
        assert not any(key.startswith("slow/") for key in centre.sent())
        holding.set()
        until(lambda: len({posted.key for posted in town.at("/slow")}) == 11, "the slow one has all, too")


def test_a_notifier_killed_while_it_sends_sends_again_under_the_same_key(centre: Centre, town: Town) -> None:
    """Killed between the message and the commit it may repeat itself, and the key says so; after the commit never."""
    received, killed = threading.Event(), threading.Event()

    def answer(_: object) -> int:
        received.set()
        killed.wait(WITHIN_S)
        return 204

    town.answer = answer
    centre.write("  - {name: all, receivers: [town], group_wait: 0s}", town=webhook(town))
    with centre.notifier() as first:
        raise_alarm(centre.url, now())
        assert received.wait(WITHIN_S)
        first.send_signal(signal.SIGKILL)
        first.wait()
    killed.set()
    with centre.notifier():
        until(centre.sent, "a committed success")
    assert town.keys() == {"town/alarm-1-1-0": 2}
    assert town.posted[0].body == town.posted[1].body
    with centre.notifier():
        raise_alarm(centre.url, now(), device=2)
        until(lambda: len(centre.sent()) == 2, "the next one")
    assert town.keys() == {"town/alarm-1-1-0": 2, "town/alarm-2-1-0": 1}


def test_kill_after_kill_every_alarm_is_told_and_none_after_its_success(centre: Centre, town: Town) -> None:
    """40 alarms over notifiers killed one after another: each is told, none again once that was committed (lessons 9, 17)."""
    centre.write("  - {name: all, receivers: [town], group_wait: 0s, group_by: alarm}", town=webhook(town))
    town.answer = lambda _: time.sleep(0.03) or 204
    told: dict[str, int] = {}
    for device in range(1, 41):
        raise_alarm(centre.url, now(), device=device)
    centre_has = 0
    with session(centre.url) as cur:
        cur.execute("UPDATE outbox SET at = at + interval '1 minute'")  # the receiver is named after they were raised
    for wanted in (3, 9, 20, 33):
        with centre.notifier() as process:
            until(lambda wanted=wanted: len(town.keys()) >= wanted, "some more")
            process.send_signal(signal.SIGKILL)
            process.wait()
        committed, requests = centre.sent(), town.keys()
        assert all(told[key] == requests[key] for key in told)
        told = {key: requests[key] for key in committed}
        assert len(committed) > centre_has
        centre_has = len(committed)
    with centre.notifier():
        until(lambda: not centre.waiting(), "nothing waits")
    requests = town.keys()
    assert {f"town/alarm-{n}-1-0" for n in range(1, 41)} == set(requests) == centre.sent()
    assert all(told[key] == requests[key] for key in told)
    assert sum(requests.values()) <= 40 + 4  # at most the one under way at each kill


def test_two_notifiers_at_once_never_send_twice(centre: Centre, town: Town) -> None:
    """Two of them over one database: every message goes out once (lesson 17)."""
    centre.write(
        "  - {name: 全部, receivers: [甲, 乙], group_wait: 0s, group_by: alarm}",
        甲=webhook(town, "/a"),
        乙=webhook(town, "/b"),
    )
    with centre.notifier(), centre.notifier():
        for device in range(1, 41):
            raise_alarm(centre.url, now(), device=device)
        until(lambda: len(town.keys()) == 80 and not centre.waiting(), "everything is told")
    assert set(town.keys().values()) == {1}


def test_an_acknowledgement_stops_what_would_be_repeated_over_a_restart(centre: Centre, town: Town) -> None:
    """The repeat stands in the database; acknowledged while no notifier runs, it is never sent (lesson 14)."""
    centre.write("  - {name: all, receivers: [town], group_wait: 0s, repeat_every: 1min}", town=webhook(town))
    with centre.notifier():
        alarm = raise_alarm(centre.url, now())
        until(lambda: centre.read("SELECT FROM deliveries WHERE kind = 'repeat'"), "a repeat is planned")
    with session(centre.url) as cur:
        alerts.acknowledge(cur, alarm, version=1, actor="officer", now=now())
        cur.execute("UPDATE deliveries SET due_at = now() WHERE kind = 'repeat'")
    with centre.notifier():
        until(lambda: not centre.waiting(), "it is settled")
    assert len(town.posted) == 1
    assert centre.read("SELECT state FROM deliveries WHERE kind = 'repeat'") == [("cancelled",)]


def test_apprise_reaches_a_mail_server_and_a_json_service(centre: Centre, town: Town) -> None:
    """The same message goes out by mail and by another Apprise service; the URLs stand in files of their own."""
    with running_post_office() as office:
        (centre.folder / "mail.url").write_text(
            f"mailto://127.0.0.1:{office.port}/?from=gridwatch@centre.example&to=duty@centre.example&mode=insecure\n"
        )
        (centre.folder / "json.url").write_text(f"json://127.0.0.1:{town.port}/apprise\n")
        centre.write(
            "  - {name: all, receivers: [mail, service], group_wait: 0s}",
            mail="apprise: {url_file: mail.url}",
            service="apprise: {url_file: json.url}",
        )
        with centre.notifier():
            raise_alarm(centre.url, now())
            until(lambda: len(centre.sent()) == 2, "both are told")
    (mail,) = office.mails
    assert mail["To"] == "duty@centre.example"
    assert mail["Subject"] == "【红色告警】烟感报警 东河村 第二网格"
    assert "地点：东河村 › 第二网格" in mail.get_body().get_content()
    (posted,) = town.at("/apprise")
    assert posted.json["title"] == "【红色告警】烟感报警 东河村 第二网格"


def test_a_secret_is_never_written_down(centre: Centre, town: Town) -> None:
    """What a receiver refuses, and where it is, is stored and logged without the token of its URL."""
    port = free_port()
    (centre.folder / "json.url").write_text(f"json://user:verysecretword@127.0.0.1:{port}/verysecretpath\n")
    centre.write("  - {name: all, receivers: [service], group_wait: 0s}", service="apprise: {url_file: json.url}")
    with centre.notifier():
        raise_alarm(centre.url, now())
        until(lambda: centre.read("SELECT FROM receivers WHERE failures > 0"), "a failure")
    stored = str(centre.read("SELECT * FROM receivers")) + str(centre.read("SELECT * FROM notification_log"))
    assert "verysecret" not in stored + (centre.folder / "notifier.log").read_text()


def test_a_changed_file_is_taken_over_and_a_bad_one_is_not(centre: Centre, town: Town) -> None:
    """A faulty file leaves the old routes in force and the reason in the database; a good one is used at once."""
    centre.write("  - {name: all, receivers: [town], group_wait: 0s}", town=webhook(town, "/old"))
    with centre.notifier():
        centre.write("  - {name: all, receivers: [towm], group_wait: 0s}", town=webhook(town, "/bad"))
        until(lambda: centre.read("SELECT FROM notifier_progress WHERE fault LIKE '%towm%'"), "the fault is said")
        raise_alarm(centre.url, now())
        until(lambda: town.at("/old"), "the old address")
        centre.write("  - {name: all, receivers: [town], group_wait: 0s}", town=webhook(town, "/new"))
        until(lambda: centre.read("SELECT FROM receivers WHERE target LIKE '%/new'"), "the new file")
        raise_alarm(centre.url, now(), device=2)
        until(lambda: town.at("/new"), "the new address")
