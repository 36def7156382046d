"""One bridge from start to stop."""

import asyncio
import resource
import secrets
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import structlog
from prometheus_client import start_http_server

from gridwatch.bridge.counters import Counters
from gridwatch.bridge.dialects import OVER_UDP
from gridwatch.bridge.frames import Dialect
from gridwatch.bridge.limits import Limits
from gridwatch.bridge.publisher import Publisher, Where
from gridwatch.bridge.relay import Relay
from gridwatch.bridge.tcp import TcpBridge
from gridwatch.bridge.udp import UdpBridge
from gridwatch.clock import now
from gridwatch.runtime import Listen

log = structlog.get_logger(__name__)

TOLD_EVERY_S = 3_600.0
SPARE_FILES = 64  # beside the peers' sockets: the broker's, the logs, the metrics
GRACE_S = 10.0  # for the broker to acknowledge what was taken, when we are stopped


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a bridge is to do. `metrics` None: no metrics are served. Ports are settled: none is 0."""

    dialect: Dialect
    area: str
    listen: Listen
    has_udp: bool
    broker: Where
    limits: Limits
    metrics: Listen | None = None


async def serve(plan: Plan, *, stop: asyncio.Event | None = None, ready: Callable[[], None] = lambda: None) -> None:
    """Bridge until SIGINT or SIGTERM (or `stop`), then take nothing new and settle what was taken.

    Raises:
        OSError: an address cannot be listened on.
    """
    ending = stop or asyncio.Event()
    _make_room(plan.limits.connections)
    if stop is None:
        for each in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(each, ending.set)
    counters = Counters()
    # By chance: two bridges in containers have one port and one process id, and a broker lets one of a name in.
    client_id = f"gridwatch-bridge-{plan.dialect.root}-{secrets.token_hex(8)}"
    publisher = Publisher(plan.broker, client_id=client_id, on_up=counters.broker_up.set)
    relay = Relay(
        dialect=plan.dialect, area=plan.area, limits=plan.limits, publisher=publisher, counters=counters, clock=now
    )
    doors: list[TcpBridge | UdpBridge] = []
    web = plan.metrics and start_http_server(plan.metrics.port, plan.metrics.host, counters.registry)
    publisher.start()
    try:
        doors = await _open(plan, relay)
        log.info("bridge listens", protocol=plan.dialect.root, host=plan.listen.host, port=plan.listen.port)
        ready()
        while not ending.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(TOLD_EVERY_S):  # not wait_for, which may swallow that we are told to stop
                    await ending.wait()
            counters.tell()
    finally:
        for door in doors:
            door.stop_listening()
        await publisher.stop(grace_s=GRACE_S)
        await asyncio.sleep(0)  # the answers to what was just settled are written
        for door in doors:
            door.close()
        await asyncio.sleep(0)
        if web:
            web[0].shutdown()
            web[0].server_close()
        log.info("bridge stopped")


async def _open(plan: Plan, relay: Relay) -> list[TcpBridge | UdpBridge]:
    tcp = TcpBridge(relay)
    await tcp.start(plan.listen.host, plan.listen.port)
    if not plan.has_udp:
        return [tcp]
    assert plan.dialect.root in OVER_UDP
    udp = UdpBridge(relay)
    await udp.start(plan.listen.host, plan.listen.port)
    return [tcp, udp]


def _make_room(connections: int) -> None:
    """Raise the number of files we may open to what the peers need, as far as the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + SPARE_FILES
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    if allowed < wanted:
        log.warning("the system allows fewer peers than the limit", allowed=allowed - SPARE_FILES)
