"""A declared format between a real broker and a real database: installed, changed while the worker runs, and changed badly."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import aiomqtt
import pytest

from database import connect
from gridwatch.declared_formats import DeclaredFormats
from gridwatch.settings import IngestSettings
from ingest.declared import install
from ingest.registration import NewChannel, NewDevice, register
from tests.conftest import Broker
from tests.working import counted, rows, until, working

T0 = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
STAGE = NewChannel(metric="stage", unit="m", interval_s=300, limits=(4.0, 3.0, 2.0, 1.0))
ACME = """
input: json
topics: [acme/+/up]
device: {topic: 2}
readings: [{metric: stage, unit: m, path: level, scale: 0.01}]
"""


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    """A data directory with one declared format; nothing of it stays installed."""
    (tmp_path / "formats").mkdir()
    (tmp_path / "formats" / "acme.yaml").write_text(ACME)
    yield tmp_path
    install([])


async def _publish(broker: Broker, topic: str, payload: bytes) -> None:
    async with aiomqtt.Client(
        broker.host, broker.port, username=broker.user or None, password=broker.password
    ) as client:
        await client.publish(topic, payload, qos=1)


async def test_declared_report_becomes_a_reading_and_a_changed_file_holds_at_once(
    database_url: str, broker: Broker, data_dir: Path
) -> None:
    """A reading is stored by the file; after a change, by the new one; after a bad change, as before it."""
    with connect(database_url) as connection, connection.cursor() as cur:
        gauge = NewDevice(id="well-3", kind="gauge", name="水尺", lon=120.0, lat=30.0, area="3301", channels=(STAGE,))
        register(cur, [gauge], now=T0)
    file = data_dir / "formats" / "acme.yaml"
    formats = DeclaredFormats(IngestSettings(), data_dir)
    values = "SELECT value FROM readings ORDER BY value"
    async with working(database_url, broker.host, broker.port, broker.user, broker.password, formats):
        await _publish(broker, "acme/well-3/up", b'{"level": 52}')
        await counted(database_url, values, 1)
        file.write_text(ACME.replace("0.01", "0.001").replace("acme/+/up", "acme/+/v2"))

        async def is_heard() -> bool:
            await _publish(broker, "acme/well-3/v2", b'{"level": 700}')
            return len(await rows(database_url, values)) > 1

        await until(is_heard)
        file.write_text("input: jsn")
        await _publish(broker, "acme/well-3/v2", b'{"level": 900}')
        await counted(database_url, "SELECT FROM readings WHERE value > 0.8", 1)
    assert {round(float(str(value)), 3) for (value,) in await rows(database_url, values)} == {0.52, 0.7, 0.9}
