"""1,000 readings a second through a running instance while its parts are killed; then the account is settled."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from database import connect
from ingest.registration import NewDevice, register
from tests.faults.account import settle_account
from tests.faults.county import Plan
from tests.faults.load import Gateway
from tests.faults.running import Instance, until
from tests.faults.screen import Screen

RATE = 1000
ROUNDS = 34  # of 500 devices: 17 s
REDELIVERED_AFTER_S = 6.0  # the broker's ack_wait of 5 s and a bit

Blow = Callable[[], Awaitable[None]]


async def settle(instance: Instance, devices: Sequence[NewDevice]) -> None:
    """Register devices and wait until the worker knows them: it looks at least once a second."""
    with connect(instance.database_url) as connection, connection.cursor() as cur:
        register(cur, devices, now=datetime.now(UTC))
    looked = "SELECT FROM worker_progress WHERE alive_at > %s + interval '2 seconds'"
    registered = datetime.now(UTC)
    await until(lambda: instance.rows(looked, registered), "the worker")


def plan_from_now() -> Plan:
    """Plan the storm to begin in half a second."""
    return Plan(start=int((time.time() + 0.5) * 1e6), rate=RATE, rounds=ROUNDS)


async def storm(instance: Instance, gateway: Gateway, blows: Sequence[tuple[float, Blow]]) -> Screen:
    """Send the plan while each blow falls at its second of the storm; then nothing may be lost, doubled or missed."""
    loop = asyncio.get_running_loop()
    plan = plan_from_now()
    clock_ahead = time.time() - loop.time()
    screen = Screen(instance.http, instance.token())
    watching = asyncio.create_task(screen.follow())
    await until(lambda: screen.snapshots, "the first snapshot")
    with gateway.connected():
        _, struck = await asyncio.gather(
            gateway.send(plan, clock_ahead=clock_ahead),
            _fall(blows, plan.start / 1e6 - clock_ahead),
        )
        false_alarms = instance.rows("SELECT device, raised_at FROM alarms WHERE condition = 'no-data'")
        await until(lambda: gateway.is_settled, "every PUBACK")
    await until(lambda: _stored(instance) >= plan.total, f"{plan.total} readings")
    await _until_redelivered(instance, struck)
    newest = instance.rows("SELECT max(seq) FROM changes")[0][0]
    await until(lambda: (screen.seq or 0) >= newest, f"the screen at change {newest}, it is at {screen.seq}")
    screen.leave()
    await watching
    account = settle_account(instance.database_url, gateway.acknowledged, plan.expected())
    print(  # noqa: T201 -- the figures, for whoever runs this by hand
        f"after {loop.time() + clock_ahead - plan.start / 1e6:.1f} s: sent {gateway.sent}, acknowledged {len(gateway.acknowledged)}, {len(blows)} blows, lost {len(account.lost)},"
        f" doubled {len(account.doubled)}, alarms {len(plan.expected())}, not raised {len(account.not_raised)},"
        f" raised twice {len(account.raised_twice)}, gateway connections {gateway.connections},"
        f" screen {screen.changes} changes on {screen.connections} connections"
    )
    wrong = account.wrong()
    assert not wrong, wrong
    assert len(gateway.acknowledged) == plan.total
    assert false_alarms == []
    assert screen.gaps == []
    return screen


async def _fall(blows: Sequence[tuple[float, Blow]], start: float) -> datetime:
    """Let each blow fall at its second after `start` (the loop's); gives when the last one was over."""
    loop = asyncio.get_running_loop()
    for second, blow in blows:
        await asyncio.sleep(max(start + second - loop.time(), 0))
        await blow()
    return datetime.now(UTC)


def _stored(instance: Instance) -> int:
    counted = instance.rows("SELECT count(*) FROM readings")
    return counted[0][0] if counted else 0


async def _until_redelivered(instance: Instance, struck: datetime) -> None:
    """Wait until the broker had time to deliver again what the last blow left unacknowledged: doubles show by then."""
    query = "SELECT FROM worker_progress WHERE broker_heard_at > %s + make_interval(secs => %s)"
    await until(lambda: instance.rows(query, struck, REDELIVERED_AFTER_S), "the broker's second delivery")
