"""One centre with TLS and an account for each gateway: who speaks for whom is enforced, counted and shown."""

import json
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
import pytest

from gridwatch.certificates import Authority
from tests.brokers import Visitor, trusting
from tests.living import Living, eventually, gridwatch, living

SETTINGS = """
ingest: {mqtt_tls: true, shared_account: false}
dashboard: {tls_certificate: certs/web.pem}
"""
METRICS = [{"metric": "smoke", "unit": "%/m"}]


@dataclass
class Centre:
    """A running instance and an officer's client of it."""

    instance: Living
    web: httpx.Client
    trust: ssl.SSLContext

    @property
    def port(self) -> int:
        """MQTT port."""
        return int(urlsplit(self.instance.run["mqtt"]).port or 0)

    def gateway(self, name: str, *options: str) -> Visitor:
        """Make an account for a gateway and connect with it, once the broker knows it."""
        password = self.instance.does("gateway", "add", name, *options).splitlines()[-1]
        return eventually(lambda: self.visitor(name, password), f"{name} is let in")

    def visitor(self, name: str, password: str) -> Visitor | None:
        """Connect; None where the broker does not let us in."""
        visitor = Visitor(name, password, self.trust).connect(self.port)
        return visitor if visitor.is_in else None

    def get(self, path: str) -> list[dict]:
        """Ask for the items of a list."""
        return self.web.get(f"/api/v1/{path}").raise_for_status().json()["items"]


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    """Two detectors behind two gateways; everything speaks TLS by the centre's own authority."""
    directory = tmp_path_factory.mktemp("identity") / "data"
    directory.mkdir()
    assert gridwatch("certs", "make", "--data-dir", directory).code == 0
    with living(directory, settings=SETTINGS) as instance:
        trust = trusting(Authority(directory / "certs").root)
        with httpx.Client(base_url=instance.run["http"], verify=trust, timeout=30) as web:
            form = {"username": "admin", "password": instance.password("admin")}
            answer = web.post("/api/v1/token", data=form).raise_for_status()
            web.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
            for name, gateway in (("smoke-1", "gw-1"), ("smoke-2", "gw-2")):
                body = {"kind": "smoke", "name": name, "gateway": gateway, "area": "T", "metrics": METRICS}
                web.put(f"/api/v1/devices/{name}", json={**body, "lon": 120.0, "lat": 30.0}).raise_for_status()
            yield Centre(instance, web, trust)


def pack(value: float, base: str = "") -> bytes:
    """Make a SenML pack of now."""
    return json.dumps([{"bn": base, "n": "smoke", "u": "%/m", "v": value, "t": time.time() - 0.5}]).encode()


def own(device: str) -> str:
    """Name a device's topic."""
    return f"gridwatch/v1/T/{device}/senml"


def test_everything_is_encrypted_and_cookies_are_secure(centre):
    """HTTPS and MQTT over TLS are what the instance tells; a session cookie is sent over HTTPS only."""
    run = centre.instance.run
    assert run["http"].startswith("https://")
    assert run["mqtt"].startswith("mqtts://")
    assert run["mqtt_user"] == ""
    form = {"username": "officer", "password": centre.instance.password("officer")}
    answer = centre.web.post("/login", data=form, headers={"Origin": run["http"]})
    cookies = answer.headers.get_list("set-cookie")
    assert cookies
    assert all("secure" in cookie.lower() for cookie in cookies)
    with pytest.raises(httpx.ConnectError):
        httpx.get(run["http"])


def test_a_gateway_speaks_for_its_own_children_and_is_counted_when_it_speaks_for_others(centre):
    """What it may say arrives; what it may not is dropped by the broker, and the account and the topic are in the list."""
    visitor = centre.gateway("gw-1")
    visitor.publish(own("smoke-2"), pack(99.0))
    visitor.publish(own("smoke-1"), pack(1.5))
    eventually(lambda: centre.get("devices/smoke-1/readings?metric=smoke"), "its own reading")
    assert centre.get("devices/smoke-2/readings?metric=smoke") == []
    seen = eventually(lambda: centre.get("identity/foreign"), "the foreign speaker")
    assert [(row["speaker"], row["victim"], row["how"]) for row in seen] == [("gw-1", own("smoke-2"), "topic")]
    visitor.leave()


def test_a_payload_that_names_another_device_is_refused_and_counted(centre):
    """On its own topic it says to be another: rejected with the raw message, and both are named."""
    visitor = centre.gateway("gw-2")
    for _ in range(3):
        visitor.publish(own("smoke-2"), pack(50.0, base="smoke-1:"))

    def counted() -> list[dict]:
        return [row for row in centre.get("identity/foreign") if row["how"] == "payload" and row["messages"] == 3]

    (row,) = eventually(counted, "the foreign payload")
    assert (row["speaker"], row["victim"]) == ("smoke-2", "smoke-1")
    assert centre.get("rejected?reason=foreign-device")
    assert 'gridwatch_foreign_messages_total{how="payload"} 3.0' in centre.web.get("/metrics").text
    visitor.leave()


def test_rights_follow_the_registry_and_end_with_the_account(centre):
    """A filter given by hand works at once; a removed account is disconnected and not let in again."""
    visitor = centre.gateway("gw-3", "--topic", "gridwatch/v1/T/smoke-2/senml")
    visitor.publish(own("smoke-2"), pack(2.5))
    eventually(lambda: centre.get("devices/smoke-2/readings?metric=smoke"), "the reading")
    centre.instance.does("gateway", "remove", "gw-3")
    eventually(lambda: centre.visitor("gw-3", visitor.password) is None, "gw-3 is not let in")
    assert "gw-3" not in centre.instance.does("gateway", "list")
    assert "gateway.remove" in {row["action"] for row in centre.get("audit")}


def test_what_may_not_be_asked_for_is_refused_in_a_sentence(centre, tmp_path):
    """Reserved names, the worker's own topics, and files that are there already."""
    assert "an account of Gridwatch's own" in centre.instance.refuses("gateway", "add", "worker")
    assert "the worker's own topics" in centre.instance.refuses("gateway", "add", "g", "--topic", "#")
    assert "no MQTT topic filter" in centre.instance.refuses("gateway", "add", "g", "--topic", "a/#/b")
    assert "--force makes it anew" in centre.instance.refuses("certs", "make")
    assert "neither nats nor mosquitto" in centre.instance.refuses("broker-config", "emqx", "--out", str(tmp_path))


def test_the_skew_of_a_clock_is_shown(centre):
    """A detector 45 s behind: in the device's record, and in the list of the worst clocks."""
    visitor = centre.gateway("gw-1")
    late = json.dumps([{"n": "smoke", "u": "%/m", "v": 1.0, "t": time.time() + 45}]).encode()
    visitor.publish(own("smoke-1"), late)
    worst = eventually(lambda: centre.get("identity/clocks"), "the clock", seconds=40)
    assert worst[0]["device"] == "smoke-1"
    assert -46 < worst[0]["skew_s"] < -43
    assert centre.web.get("/api/v1/devices/smoke-1").json()["clock"]["skew_s"] == worst[0]["skew_s"]
    visitor.leave()
