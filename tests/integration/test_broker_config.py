"""What `broker-config`, `certs` and `gateway` write, tried on the brokers it is written for."""

import os
import shutil
import signal
import ssl
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath

import paho.mqtt.client as mqtt
import pytest
import yaml

from gridwatch.broker_config import Kind
from gridwatch.broker_files import Order, write_files
from gridwatch.certificates import Authority, Purpose
from gridwatch.data_dir import DataDirectory
from gridwatch.embedded import BrokerAccount, NatsServer, free_port
from gridwatch.embedded.process import end, is_listening, start, wait_until
from gridwatch.gateways import Gateways, make_account, save_gateways
from gridwatch.keys import load_keys
from tests.brokers import Visitor, trusting

NOW = datetime.now(UTC)
OWN = "gridwatch/v1/339900101/smoke-1/senml"
FOREIGN = "gridwatch/v1/339900101/smoke-2/senml"
KINDS = pytest.mark.parametrize("kind", list(Kind))


@pytest.fixture
def office(tmp_path: Path) -> DataDirectory:
    """A data directory with an authority and certificates for this machine."""
    directory = DataDirectory(path=tmp_path / "data")
    directory.path.mkdir()
    authority = Authority(directory.certificates)
    authority.make_root("试点县", now=NOW)
    authority.issue("broker", Purpose.SERVER, ("localhost", "127.0.0.1"), now=NOW)
    return directory


def gateway(directory: DataDirectory, *topics: str, areas: tuple[str, ...] = ()) -> str:
    """Give the gateway gw-1 an account and return its password."""
    account, password = make_account("gw-1", areas=areas, topics=topics, learnt=(), now=NOW)
    save_gateways(directory.gateways, Gateways().with_account(account))
    return password


@contextmanager
def running(directory: DataDirectory, kind: Kind, folder: Path, *, is_mutual: bool = False) -> Iterator[int]:
    """Write the configuration, start the broker with it unchanged but for its own ports, and give the MQTT port."""
    port = free_port()
    out = folder / kind.value
    order = Order(out=out, kind=kind, home=PurePosixPath(out), host="localhost", port=port, is_mutual=is_mutual)
    write_files(directory, order, now=NOW, force=False)
    file = out / ("nats.conf" if kind is Kind.NATS else "mosquitto.conf")
    text = file.read_text().replace('"127.0.0.1:4222"', '"127.0.0.1:-1"').replace('"127.0.0.1:8222"', '"127.0.0.1:-1"')
    file.write_text(text + ("user root\n" if kind is Kind.MOSQUITTO and os.geteuid() == 0 else ""))
    program = shutil.which(
        "nats-server" if kind is Kind.NATS else "mosquitto", path=f"{Path(sys.executable).parent}:/usr/sbin:/usr/bin"
    )
    log = folder / f"{kind.value}.log"
    with log.open("wb") as output:
        process = start([str(program), "-c", file], output)
    try:
        wait_until(lambda: is_listening("127.0.0.1", port), process, what=kind, seconds=10, log=log)
        yield port
    finally:
        end(process, gently=signal.SIGTERM, seconds=5)


@KINDS
def test_a_gateway_speaks_on_its_own_topics_only(office, tmp_path, kind):
    """What it may publish arrives at the worker, what it may not does not, and it hears nothing."""
    password = gateway(office, OWN, "zigbee2mqtt/#", areas=("339900102",))
    trust = trusting(Authority(office.certificates).root)
    with running(office, kind, tmp_path) as port:
        worker = Visitor("worker", load_keys(office.secrets).worker, trust).connect(port, "localhost")
        assert worker.subscribe("#")
        visitor = Visitor("gw-1", password, trust).connect(port)
        # Mosquitto grants every subscription and looks at each message when it is to be delivered.
        assert visitor.subscribe("#") is (kind is Kind.MOSQUITTO)
        for topic in (FOREIGN, "gridwatch/self/gridwatch-worker-1", "sl651/339900101/0012345678"):
            visitor.publish(topic, b"foreign")
        for topic in (OWN, "zigbee2mqtt/kitchen", "sl651/339900102/0012345678", "gridwatch/v1/339900102/a.b/senml"):
            visitor.publish(topic, b"own")
        visitor.publish("zigbee2mqtt/bridge/info", b"the last")
        topics = worker.hears(b"the last")
        assert b"foreign" not in {payload for _, payload in worker.heard}
        assert topics >= {OWN, "zigbee2mqtt/kitchen", "sl651/339900102/0012345678", "gridwatch/v1/339900102/a.b/senml"}
        visitor.publish(OWN, b"once more, so that all before it was delivered")
        assert visitor.heard == []
        visitor.leave()
        worker.leave()


@KINDS
def test_names_may_be_chinese(office, tmp_path, kind):
    """The broker starts, and a gateway of a town named in Chinese is heard."""
    password = gateway(office, areas=("城关",))
    trust = trusting(Authority(office.certificates).root)
    with running(office, kind, tmp_path) as port:
        worker = Visitor("worker", load_keys(office.secrets).worker, trust).connect(port, "localhost")
        assert worker.subscribe("#")
        visitor = Visitor("gw-1", password, trust).connect(port)
        visitor.publish("gridwatch/v1/城关/烟感一号/senml", b"own")
        assert worker.hears(b"own") == {"gridwatch/v1/城关/烟感一号/senml"}
        visitor.leave()
        worker.leave()


def test_what_nats_has_no_words_for_stops_no_broker(tmp_path):
    """Filters with blanks, tabs and wildcards in the middle are left out; those of NATS allow nothing more, and all others hold."""
    publish = ("gridwatch/v1/城关/烟感/senml", "a b/c", "a\tb", "a/>/b", "a/#/b", "x/*/y")
    accounts = (BrokerAccount(user="worker", password="w"), BrokerAccount(user="gw", password="g", publish=publish))
    broker = NatsServer(tmp_path / "数据", host="127.0.0.1", port=free_port(), accounts=accounts)
    broker.start()
    try:
        worker, visitor = (Visitor(*who).connect(broker.port) for who in (("worker", "w"), ("gw", "g")))
        assert worker.subscribe("#")
        visitor.publish("x/foreign/y", b"foreign")
        visitor.publish("gridwatch/v1/城关/烟感/senml", b"own")
        assert worker.hears(b"own") == {"gridwatch/v1/城关/烟感/senml"}
        visitor.leave()
        worker.leave()
    finally:
        broker.stop()


def test_mosquitto_tells_a_gateway_that_speaks_mqtt_5(office, tmp_path):
    """MQTT 5 can refuse one message: reason 0x87, not authorized."""
    password = gateway(office, OWN)
    with running(office, Kind.MOSQUITTO, tmp_path) as port:
        trust = trusting(Authority(office.certificates).root)
        visitor = Visitor("gw-1", password, trust, version=mqtt.MQTTProtocolVersion.MQTTv5).connect(port)
        assert visitor.publish(FOREIGN, b"foreign") == 0x87
        assert visitor.publish(OWN, b"own") in (0x00, 0x10)
        visitor.leave()


@KINDS
def test_nobody_is_let_in_without_tls_or_with_a_wrong_password(office, tmp_path, kind):
    """Plain MQTT is no MQTT here; a wrong password, an unknown name and none at all are refused."""
    password = gateway(office, OWN)
    trust = trusting(Authority(office.certificates).root)
    with running(office, kind, tmp_path) as port:
        assert Visitor("gw-1", password).connect(port).refused
        assert Visitor("gw-1", password + "x", trust).connect(port).refused
        assert Visitor("gw-2", password, trust).connect(port).refused
        assert Visitor("", "", trust).connect(port).refused
        assert Visitor("gw-1", password, trust).connect(port).is_in


@KINDS
def test_a_gateway_trusts_only_its_own_centre(office, tmp_path, kind):
    """A broker of another authority, one under another name, and one whose certificate has ended are not believed."""
    password = gateway(office, OWN)
    stranger = Authority(tmp_path / "stranger")
    stranger.make_root("别县", now=NOW)
    with running(office, kind, tmp_path) as port:
        refused = Visitor("gw-1", password, trusting(stranger.root)).connect(port).refused
        assert refused is not None
        assert "certificate verify failed" in refused
    authority = Authority(office.certificates)
    authority.issue("broker", Purpose.SERVER, ("elsewhere.example",), now=NOW, force=True)
    with running(office, kind, tmp_path / "named") as port:
        assert "IP address mismatch" in str(Visitor("gw-1", password, trusting(authority.root)).connect(port).refused)
    authority.issue("broker", Purpose.SERVER, ("127.0.0.1",), now=NOW - timedelta(days=900), force=True)
    with running(office, kind, tmp_path / "ended") as port:
        assert "expired" in str(Visitor("gw-1", password, trusting(authority.root)).connect(port).refused)


@KINDS
def test_a_broker_may_demand_certificates(office, tmp_path, kind):
    """With --mutual a password is not enough: none, a foreign and an ended certificate are refused, the own one works."""
    password = gateway(office, OWN)
    authority, stranger = Authority(office.certificates), Authority(tmp_path / "stranger")
    stranger.make_root("别县", now=NOW)
    for one, at in ((authority, NOW), (stranger, NOW)):
        one.issue("gateway-gw-1", Purpose.CLIENT, now=at)
    authority.issue("gateway-old", Purpose.CLIENT, now=NOW - timedelta(days=900))
    with running(office, kind, tmp_path, is_mutual=True) as port:
        assert Visitor("gw-1", password, trusting(authority.root)).connect(port).refused
        for certificate in (stranger.file("gateway-gw-1"), authority.file("gateway-old")):
            assert Visitor("gw-1", password, trusting(authority.root, certificate)).connect(port).refused
        own = trusting(authority.root, authority.file("gateway-gw-1"))
        assert Visitor("gw-1", password, own).connect(port).is_in
        settings = yaml.safe_load((tmp_path / kind.value / "gridwatch.yaml").read_text())["ingest"]
        worker = trusting(Path(settings["mqtt_ca"]), Path(settings["mqtt_certificate"]))
        assert Visitor("worker", load_keys(office.secrets).worker, worker).connect(port).is_in


def test_the_worker_proves_itself_by_the_authority_of_today(office, tmp_path):
    """After `certs make --force` the certificate of the old authority is made anew: the broker would not let the worker in."""
    authority = Authority(office.certificates)
    authority.issue("worker", Purpose.CLIENT, now=NOW)
    authority.make_root("试点县", now=NOW, force=True)
    authority.issue("broker", Purpose.SERVER, ("localhost",), now=NOW, force=True)
    out = tmp_path / "out"
    order = Order(out=out, kind=Kind.NATS, home=PurePosixPath(out), host="localhost", port=8883, is_mutual=True)
    write_files(office, order, now=NOW, force=False)
    assert authority.read("worker").is_ours


def test_everything_written_is_private_and_no_password_of_a_gateway_is_in_it(office, tmp_path):
    """Mode 600 throughout; a gateway's password is nowhere but on the screen that showed it."""
    password = gateway(office, OWN)
    for kind in Kind:
        out = tmp_path / kind.value
        order = Order(out=out, kind=kind, home=PurePosixPath("/etc/broker"), host="b", port=8883, is_mutual=False)
        for path in write_files(office, order, now=NOW, force=False):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            assert password not in path.read_text()
    for path in office.certificates.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert password not in office.gateways.read_text()


def test_what_the_gateway_trusts_is_verified_strictly(office):
    """The chain holds under the strictest checks of OpenSSL (RFC 5280), as newer Pythons make them by default."""
    context = trusting(Authority(office.certificates).root)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    assert context.get_ca_certs()[0]["notAfter"]
