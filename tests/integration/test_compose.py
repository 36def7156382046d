"""docker-compose.yml without Docker: what it names exists here, and its broker's configuration starts our broker."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
import yaml

from gridwatch.embedded import free_port, subscriptions_of
from gridwatch.embedded.nats import PACKET_IDS
from gridwatch.embedded.process import end, is_listening, start, wait_until
from gridwatch.settings_reading import fields, variable
from ingest.sources import EVERYTHING

FILE = Path(__file__).parents[2] / "docker-compose.yml"


@pytest.fixture(scope="module")
def compose() -> dict:
    """The file, parsed."""
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))


def test_every_service_is_watched_and_pinned(compose):
    """Each container has a healthcheck, comes back by itself, and is of a named version."""
    for name, service in compose["services"].items():
        assert service["healthcheck"]["test"][0] == "CMD", name
        assert service["restart"] == "unless-stopped", name
        assert "build" in service or not service["image"].endswith((":latest", service["image"].split(":")[0])), name


def test_no_password_has_a_default(compose):
    """Whatever is called a password is demanded from the environment."""
    for match in re.finditer(r"\$\{(\w*PASSWORD\w*)([^}]*)\}", FILE.read_text(encoding="utf-8")):
        assert match[2].startswith(":?"), match[0]


def test_settings_and_commands_it_names_exist(compose):
    """Every GRIDWATCH_ variable of the container is a setting, and its commands are commands."""
    service = compose["services"]["gridwatch"]
    known = {variable(key) for key, _ in fields()}
    assert set(service["environment"]) <= known
    program = Path(sys.executable).with_name("gridwatch")
    for command in (service["command"][0], service["healthcheck"]["test"][2]):
        assert subprocess.run([program, command, "--help"], capture_output=True, check=False).returncode == 0


def test_its_broker_takes_what_devices_send_and_nothing_else_from_a_gateway(compose, tmp_path):
    """nats-server starts with that configuration; the worker's filters are granted, a gateway can publish and not listen."""
    port = free_port()
    content = compose["configs"]["broker"]["content"].replace("$$", "$")
    for old, new in (
        ("0.0.0.0:1883", f"127.0.0.1:{port}"),
        ("127.0.0.1:8222", "127.0.0.1:-1"),
        ('store_dir: "/data"', f'store_dir: "{tmp_path}"'),
        ("server_name: gridwatch", 'server_name: gridwatch\nlisten: "127.0.0.1:-1"'),
    ):
        assert old in content
        content = content.replace(old, new)
    (tmp_path / "nats.conf").write_text(content)
    program = shutil.which("nats-server", path=str(Path(sys.executable).parent))
    log = tmp_path / "log"
    passwords = {"WORKER_PASSWORD": "w", "GATEWAY_PASSWORD": "g"}
    with log.open("wb") as output:
        broker = start([str(program), "-c", tmp_path / "nats.conf"], output, env=os.environ | passwords)
    try:
        wait_until(lambda: is_listening("127.0.0.1", port), broker, what="NATS", seconds=10, log=log)
        assert granted(port, list(EVERYTHING))
        assert not granted(port, ["#"], user="gateway")
    finally:
        end(broker, gently=signal.SIGTERM, seconds=5)
    # The same arithmetic as the embedded broker's.
    assert f"max_ack_pending: {PACKET_IDS // (subscriptions_of(EVERYTHING) + 1)}" in content


def granted(port: int, filters: list[str], *, user: str = "worker") -> bool:
    """Subscribe QoS 1 in a persistent session and tell whether the broker granted every filter."""
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=f"test-{user}", clean_session=False)
    client.username_pw_set(user, user[0])
    codes: list[bool] = []
    client.on_connect = lambda *_: client.subscribe([(topic_filter, 1) for topic_filter in filters])
    client.on_subscribe = lambda _c, _u, _m, reasons, _p: codes.extend(not reason.is_failure for reason in reasons)
    client.connect("127.0.0.1", port)
    for _ in range(100):
        if codes:
            break
        client.loop(0.1)
    client.disconnect()
    assert len(codes) == len(filters)
    return all(codes)


@pytest.mark.parametrize("protocol", ["sl651", "gb26875", "hj212"])
def test_a_bridge_of_each_protocol_starts_only_when_asked_for(compose, protocol):
    """It publishes with the gateways' account, its options are options, and nothing else depends on it."""
    service = compose["services"][f"bridge-{protocol}"]
    assert service["profiles"] == ["bridges"]
    assert service["command"][:2] == ["bridge", protocol]
    assert service["environment"]["GRIDWATCH_BRIDGE_MQTT"].startswith("mqtt://gateway:")
    port = service["command"][3].rpartition(":")[2]
    assert f"{port}:{port}" in service["ports"]
    assert (f"{port}:{port}/udp" in service["ports"]) == ("--udp" in service["command"])
    program = Path(sys.executable).with_name("gridwatch")
    told = subprocess.run([program, "bridge", "--help"], capture_output=True, check=True, text=True).stdout
    assert all(option in told for option in service["command"] if option.startswith("--"))
