"""A worker with its own broker and database on loopback, filled with a county, for one benchmark run."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.raw_mqtt import Where
from database import connect, migrate
from geo import PropertyNames, import_file
from gridwatch.embedded import BrokerAccount, NatsServer, PostgresServer, free_port, process
from gridwatch.runtime import VARIABLE, Account, Broker, Listen, Runtime
from gridwatch.settings import AlertsSettings, IngestSettings, Settings, Source
from ingest.registration import NewChannel, NewDevice, register
from simulators.county import make_county

AREA = "339900101"
RULE = """
  - name: {name}
    kind: level
    for: {{kinds: [smoke], metric: smoke}}
    condition: {name}
    unit: "%/m"
    limits: {{3: {limit}}}
    guidance:
      zh: {{means: 测试, do: 测试}}
      en: {{means: test, do: test}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Where things are."""

    where: Where
    database_url: str
    runtime: Path
    devices: int

    def topic(self, number: int) -> str:
        """Name the topic of the n-th device."""
        return f"gridwatch/v1/{AREA}/d{number}/senml"


@contextmanager
def bench_instance(*, devices: int, rules: int, county: str = "bench") -> Iterator[Bench]:
    """Start broker and database, register `devices` smoke detectors in a county's grids and write `rules` rules.

    The broker does not wait for the disk before it acknowledges a publication (`sync_interval` is its default): what is
    measured is the way behind it. The database does wait.
    """
    with tempfile.TemporaryDirectory(prefix="gridwatch-bench-") as folder:
        directory = Path(folder)
        directory.chmod(0o755)
        account = BrokerAccount(user="bench", password=uuid.uuid4().hex)
        postgres = PostgresServer(directory / "postgres", port=free_port())
        broker = NatsServer(
            directory / "broker", host="127.0.0.1", port=free_port(), accounts=(account,), sync_always=False
        )
        postgres.start()
        broker.start()
        try:
            migrate(postgres.url)
            _fill(postgres.url, directory, devices, county)
            rule_file = directory / "rules.yaml"
            rule_file.write_text(_rules(rules))
            runtime = _runtime(directory, postgres.url, broker, account, rule_file)
            path = directory / "runtime.json"
            path.write_text(runtime.model_dump_json())
            where = Where(port=broker.port, user=account.user, password=account.password)
            yield Bench(where=where, database_url=postgres.url, runtime=path, devices=devices)
        finally:
            broker.stop()
            postgres.stop()


def _rules(count: int) -> str:
    return "rules:" + "".join(RULE.format(name=f"level-{i}", limit=50 + i) for i in range(count))


def _runtime(directory: Path, url: str, broker: NatsServer, account: BrokerAccount, rules: Path) -> Runtime:
    one = Account(user=account.user, password=account.password)
    return Runtime(
        data_dir=directory,
        settings=Settings(
            alerts=AlertsSettings(rules=rules),
            ingest=IngestSettings(sources=(Source(topic="gridwatch/v1/+/+/senml", decoder="senml"),)),
        ),
        database_url=url,
        broker=Broker(host=broker.host, port=broker.port, worker=one, gateway=one, simulators=one),
        http=Listen(host="127.0.0.1", port=free_port()),
        secret=uuid.uuid4().hex,
    )


def _fill(url: str, directory: Path, devices: int, size: str) -> None:
    county = make_county(1, size)
    file = directory / "county.geojson"
    file.write_text(json.dumps(county.feature_collection()))
    places = [device for device in county.devices if device.lon is not None]
    now = datetime.now(UTC)
    with connect(url) as connection:
        report = import_file(
            connection, file, PropertyNames(code="code", name="name", level="level", parent="parent"), valid_from=now
        )
        assert report.version is not None, "the county was refused"
        with connection.cursor() as cur:
            cur.execute("SET statement_timeout = 0")
            channel = NewChannel(metric="smoke", unit="%/m", interval_s=60)
            register(
                cur,
                [
                    NewDevice(
                        id=f"d{i}",
                        kind="smoke",
                        name=f"d{i}",
                        lon=places[i % len(places)].lon,
                        lat=places[i % len(places)].lat,
                        area=AREA,
                        channels=(channel,),
                    )
                    for i in range(devices)
                ],
                now=now,
            )


@contextmanager
def part(bench: Bench, module: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run one of our processes against the instance until the block ends."""
    log = bench.runtime.parent / f"{module}.log"
    with log.open("wb") as output:
        running = process.start(
            [*process.leash("KILL"), sys.executable, "-m", module],
            output,
            env=os.environ | {VARIABLE: str(bench.runtime)},
        )
    try:
        yield running
    finally:
        process.end(running, gently=signal.SIGTERM, seconds=10)
