"""Accounts of gateways beside a registry that changes: what they learn to say, and that what was taken away stays away."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from psycopg import Cursor

from database import connect
from gridwatch.data_dir import prepare
from gridwatch.embedded import free_port
from gridwatch.embedded.process import wait_until
from gridwatch.gateway_sync import lock_gateways, sync_gateways
from gridwatch.gateways import Gateways, load_gateways, make_account, save_gateways
from gridwatch.keys import load_keys
from gridwatch.own_broker import OwnBroker
from gridwatch.runtime import Listen
from gridwatch.settings import IngestSettings
from ingest.registration import NewDevice, register
from tests.brokers import Visitor
from tests.faults.running import until

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def accounts(path: Path, *names: str) -> None:
    """Make accounts that have learnt nothing yet."""
    made = tuple(make_account(name, areas=(), topics=(), learnt=(), now=NOW)[0] for name in names)
    save_gateways(path, Gateways(accounts=made))


def registered(cur: Cursor, id_: str, gateway: str | None) -> None:
    """Register a device behind a gateway."""
    register(cur, [NewDevice(id=id_, kind="smoke", name="", lon=120.0, lat=30.0, area="T", gateway=gateway)], now=NOW)


def test_a_gateway_behind_another_speaks_for_itself_too(database_url: str, tmp_path: Path) -> None:
    """Both may say what it says: the one it stands behind, and its own account."""
    path = tmp_path / "gateways.json"
    accounts(path, "gw-1", "gw-2")
    with connect(database_url) as connection, connection.cursor() as cur:
        registered(cur, "gw-1", None)
        registered(cur, "gw-2", "gw-1")
        assert sync_gateways(cur, path) == ["gw-1", "gw-2"]
    learnt = {one.name: one.learnt for one in load_gateways(path).accounts}
    own = {name: f"gridwatch/v1/T/{name}/senml" for name in learnt}
    assert learnt == {"gw-1": (own["gw-1"], own["gw-2"]), "gw-2": (own["gw-2"],)}


def test_an_account_ends_as_soon_as_the_disk_lets_it(tmp_path: Path) -> None:
    """What could not be written when an account was removed is written when it can be."""
    directory = prepare(tmp_path / "data", min_free_mb=1)
    account, password = make_account("gw-1", areas=(), topics=("own",), learnt=(), now=NOW)
    save_gateways(directory.gateways, Gateways(accounts=(account,)))
    keys, listen = load_keys(directory.secrets), Listen(host="127.0.0.1", port=free_port())
    own = OwnBroker(directory, IngestSettings(), keys, listen)
    own.server.start()
    try:
        (directory.broker / "nats.conf.new").mkdir()  # nothing can be written there
        save_gateways(directory.gateways, Gateways())
        own.look_after()
        assert Visitor("gw-1", password).connect(own.server.port).is_in
        (directory.broker / "nats.conf.new").rmdir()
        own.look_after()
        wait_until(
            lambda: not Visitor("gw-1", password).connect(own.server.port).is_in,
            own.server.process,
            what="The end of the account",
            seconds=30,
            log=own.server.log,
        )
    finally:
        own.server.stop()


async def test_an_account_that_is_removed_while_others_learn_stays_removed(database_url: str, tmp_path: Path) -> None:
    """Who writes the accounts back reads them after whoever is writing them: no removed gateway is let in again."""
    path = tmp_path / "gateways.json"
    accounts(path, "gw-1", "gw-2")

    def sync() -> list[str]:
        with connect(database_url) as connection, connection.cursor() as cur:
            registered(cur, "smoke-1", "gw-1")
            return sync_gateways(cur, path)

    with connect(database_url) as connection, connection.cursor() as cur, connect(database_url) as watching:
        watching.autocommit = True
        lock_gateways(cur)
        before = load_gateways(path)
        syncing = asyncio.create_task(asyncio.to_thread(sync))
        waits = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        await until(lambda: syncing.done() or watching.execute(waits).rowcount, "it waits")
        save_gateways(path, before.without("gw-2"))
        connection.commit()
        assert await syncing == ["gw-1"]
    assert [one.name for one in load_gateways(path).accounts] == ["gw-1"]
