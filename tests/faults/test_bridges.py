"""Hostile peers, a broker that dies, and good stations between them: real processes, real sockets, a real broker."""

import asyncio
import re
import signal
import socket
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from database import connect
from gridwatch.bridge import PROTOCOLS, Limits
from gridwatch.bridge.dialects import Manners
from gridwatch.bridge.publisher import Where
from gridwatch.bridge.service import Plan, serve
from gridwatch.certificates import Authority, Purpose
from gridwatch.embedded import BrokerAccount, NatsServer, free_port
from gridwatch.embedded.nats import BrokerTls
from gridwatch.embedded.process import is_listening
from gridwatch.runtime import Listen
from ingest.decoders import decoder
from ingest.readings import Rejection
from ingest.registration import NewChannel, NewDevice, register
from tests import hj212_frames, sl651_frames
from tests.faults.field import (
    LOOPBACK,
    Bridge,
    Station,
    arrives,
    attack,
    bridging,
    calling,
    mqtt_url,
    subscribed,
)
from tests.faults.running import until
from tests.faults.speech import GB26875, HJ212, SL651, Speech, damaged, gb26875_answers
from tests.working import counted as stored
from tests.working import working

pytestmark = pytest.mark.faults


@pytest.fixture
def server(tmp_path: Path) -> Iterator[NatsServer]:
    """A broker that writes through before it acknowledges, and that a test may kill."""
    account = BrokerAccount(user="test", password="secret")
    broker = NatsServer(tmp_path / "nats", host=LOOPBACK, port=free_port(), accounts=(account,), sync_always=True)
    broker.start()
    yield broker
    broker.stop()


def counted(bridge: Bridge) -> dict[str, float]:
    """Read what the bridge counts."""
    with urllib.request.urlopen(f"http://{LOOPBACK}:{bridge.metrics}/metrics") as page:
        lines = page.read().decode().splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}


async def silent(port: int, connections: int) -> None:
    """Open connections and say nothing; open one again when it is closed."""

    async def one() -> None:
        while True:
            with suppress(OSError):
                async with calling(port) as (reader, _):
                    await reader.read()
            await asyncio.sleep(0.5)

    await asyncio.gather(*(one() for _ in range(connections)))


async def slow(port: int, frame: bytes) -> None:
    """Send a frame so slowly that it never ends, on and on."""
    while True:
        with suppress(OSError):
            async with calling(port) as (_, writer):
                for byte in frame[:-1]:
                    writer.write(bytes([byte]))
                    await writer.drain()
                    await asyncio.sleep(0.3)
        await asyncio.sleep(0.1)


async def throw(port: int, load: bytes, times: int) -> None:
    """Connect, throw bytes and end, so many times."""
    for _ in range(times):
        with suppress(OSError):
            async with calling(port) as (reader, writer):
                writer.write(load)
                await writer.drain()
                writer.write_eof()
                await reader.read()  # until the bridge hangs up


@pytest.mark.parametrize("speech", [SL651, GB26875, HJ212], ids=lambda speech: speech.protocol)
async def test_a_thousand_connections_keep_no_station_out(server: NatsServer, tmp_path: Path, speech: Speech) -> None:
    """1,000 peers that say nothing take every place again and again: a station gets in, and stays in, and loses nothing."""
    frames = speech.reports()
    with (
        bridging(speech.protocol, server, tmp_path, "--connections", "600") as bridge,
        subscribed(server) as subscriber,
    ):
        async with attack(silent(bridge.port, 1_000)):
            await until(
                lambda: counted(bridge)['gridwatch_bridge_closed_total{reason="made-room"}'] > 0, "a full house"
            )
            async with Station(bridge.port, answer_size=speech.answer_size, patience_s=10) as station:
                for _ in range(100):
                    await station.deliver(next(frames))
        assert station.resent == 0
        assert counted(bridge)['gridwatch_bridge_closed_total{reason="made-room"}'] >= 400
        assert all(speech.confirms(answer, frame) for frame, answer in station.answered)
        await arrives(subscriber, {(speech.topic("3301"), frame) for frame, _ in station.answered})


@pytest.mark.parametrize("speech", [SL651, GB26875, HJ212], ids=lambda speech: speech.protocol)
async def test_a_station_among_hostile_peers_loses_nothing(server: NatsServer, tmp_path: Path, speech: Speech) -> None:
    """Slow peers, 10,000 half frames and wrong checksums are closed and counted: a good station is answered and heard."""
    frames = speech.reports()
    first = next(frames)
    half, bad = first[: len(first) // 2], damaged(first)
    options = ("--first-frame", "3", "--frame-time", "2")
    with bridging(speech.protocol, server, tmp_path, *options) as bridge, subscribed(server) as subscriber:
        hostile = [
            *(slow(bridge.port, first) for _ in range(50)),
            *(throw(bridge.port, half, 1_000) for _ in range(5)),
            *(throw(bridge.port, half * 100, 10) for _ in range(5)),
            *(throw(bridge.port, bad * 100, 10) for _ in range(5)),
        ]
        async with attack(*hostile) as attackers:
            async with Station(bridge.port, answer_size=speech.answer_size, patience_s=10) as station:
                while not all(each.done() for each in attackers[50:]) or len(station.answered) < 100:
                    await station.deliver(next(frames))
                    await asyncio.sleep(0.02)  # below what a peer may send for long
            await until(lambda: counted(bridge)['gridwatch_bridge_closed_total{reason="first-frame"}'] > 0, "slow ones")
        assert station.resent == 0
        assert all(speech.confirms(answer, frame) for frame, answer in station.answered)
        await arrives(subscriber, {(speech.topic("3301"), frame) for frame, _ in station.answered})
        numbers = counted(bridge)
        closed = 50 + 50 * speech.glued_halves_are_bad
        assert numbers['gridwatch_bridge_closed_total{reason="bad-frames"}'] == closed
        assert numbers['gridwatch_bridge_frames_total{outcome="published"}'] == len(station.answered)
        kept = {load for _, load in subscriber.arrived} - {frame for frame, _ in station.answered}
        assert bad in kept  # raw
        assert kept == {bad} or speech.glued_halves_are_bad
        decode = decoder(speech.decoder)
        for said in (decode(speech.topic("3301"), load, datetime.now(UTC)) for load in kept):
            assert said
            assert all(isinstance(one, Rejection) for one in said)
        assert bridge.terminate() == 0


async def test_what_was_answered_survives_a_broker_that_is_killed(server: NatsServer, tmp_path: Path) -> None:
    """Kill -9 the broker twice while stations send: nothing is answered before it is stored, and nothing answered is lost."""
    with bridging("sl651", server, tmp_path) as bridge, subscribed(server, "sl651/#") as subscriber:
        async with Station(bridge.port, answer_size=SL651.answer_size) as station:
            frames = SL651.reports()
            for _ in range(2):
                for _ in range(40):
                    await station.deliver(next(frames))
                assert server.process is not None
                server.process.send_signal(signal.SIGKILL)
                server.process.wait()
                answered = len(station.answered)
                waiting = asyncio.create_task(station.deliver(next(frames)))
                await until(lambda: station.resent > 0, "the station resends")
                assert len(station.answered) == answered  # nobody is answered while the broker is away
                server.start()
                await waiting
                station.resent = 0
            for _ in range(10):
                await station.deliver(next(frames))
            await arrives(subscriber, {(SL651.topic("3301"), frame) for frame, _ in station.answered})
            assert len(station.answered) == 92


async def test_who_hung_up_keeps_nobody_out_while_the_broker_is_away(server: NatsServer, tmp_path: Path) -> None:
    """Stations send and hang up unanswered, more than there are places: each is let in, and all of it is published later."""
    frames = SL651.reports()
    sent = [next(frames) for _ in range(12)]
    with (
        bridging("sl651", server, tmp_path, "--connections", "4") as bridge,
        subscribed(server, "sl651/#") as subscriber,
    ):
        assert server.process is not None
        server.process.kill()
        server.process.wait()
        for n, frame in enumerate(sent, 1):
            async with calling(bridge.port) as (_, writer):
                writer.write(frame)
                writer.write_eof()
                await until(lambda n=n: counted(bridge)["gridwatch_bridge_unacknowledged"] == n, "it is taken")
        server.start()
        await arrives(subscriber, {(SL651.topic("3301"), frame) for frame in sent})


async def test_what_a_station_kept_may_come_at_once(server: NatsServer, tmp_path: Path) -> None:
    """More frames than may be unacknowledged, sent without waiting, the broker being away meanwhile: all are stored and answered."""
    frames = SL651.reports()
    sent = [next(frames) for _ in range(1_500)]
    with bridging("sl651", server, tmp_path) as bridge, subscribed(server, "sl651/#") as subscriber:
        assert server.process is not None
        server.process.kill()
        server.process.wait()
        async with calling(bridge.port) as (reader, writer):
            for at in range(0, len(sent), 100):
                writer.write(b"".join(sent[at : at + 100]))
                await writer.drain()
            await until(lambda: counted(bridge)["gridwatch_bridge_unacknowledged"] > 256, "they are taken")
            server.start()
            async with asyncio.timeout(60):
                answers = await reader.readexactly(SL651.answer_size * len(sent))
        told = [answers[at + 14 : at + 16] for at in range(0, len(answers), SL651.answer_size)]
        assert told == [frame[14:16] for frame in sent]
        await arrives(subscriber, {(SL651.topic("3301"), frame) for frame in sent})


async def test_two_bridges_never_take_each_others_place(server: NatsServer) -> None:
    """One protocol, port and process id, as in two containers: the broker lets both in, and keeps both."""
    port, stop = free_port(), asyncio.Event()
    account = server.accounts[0]
    broker = Where(host=server.host, port=server.port, user=account.user, password=account.password)
    bridges = [
        asyncio.create_task(
            serve(
                Plan(
                    dialect=PROTOCOLS["sl651"](Manners()),
                    area="3301",
                    listen=Listen(host=host, port=port),
                    has_udp=False,
                    broker=broker,
                    limits=Limits(),
                ),
                stop=stop,
            )
        )
        for host in ("127.0.0.1", "127.0.0.2")
    ]
    report = next(SL651.reports())
    for host in ("127.0.0.1", "127.0.0.2"):
        await until(lambda host=host: is_listening(host, port), "it listens")
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(report)
        async with asyncio.timeout(30):
            assert SL651.confirms(await reader.readexactly(SL651.answer_size), report)
        writer.close()
        await writer.wait_closed()
    stop.set()
    await asyncio.gather(*bridges)
    assert "Replacing old client" not in server.log.read_text()


async def test_fire_devices_are_acknowledged_and_denied(server: NatsServer, tmp_path: Path) -> None:
    """A component's fire is acknowledged with a right checksum; a damaged frame is denied, and kept raw on its topic."""
    fire = next(GB26875.reports())
    bad = damaged(fire)
    with bridging("gb26875", server, tmp_path) as bridge, subscribed(server, "gb26875/#") as subscriber:
        async with Station(bridge.port, answer_size=GB26875.answer_size) as station:
            assert gb26875_answers(await station.deliver(fire), fire, command=3)
            assert gb26875_answers(await station.deliver(bad), bad, command=6)
            await arrives(subscriber, {(GB26875.topic("3301"), fire), (GB26875.topic("3301"), bad)})


async def test_an_environmental_station_is_answered_where_it_asks(server: NatsServer, tmp_path: Path) -> None:
    """Flag 5 gets 9014 with its own QN; flag 4 gets nothing, and both packets arrive."""
    asks = next(HJ212.reports())
    tells = hj212_frames.report("LA-Rtd=51.3,LA-Flag=N", flag=4, qn="20260701060130123")
    with bridging("hj212", server, tmp_path) as bridge, subscribed(server, "hj212/#") as subscriber:
        async with Station(bridge.port, answer_size=HJ212.answer_size) as station:
            assert HJ212.confirms(await station.deliver(tells + asks), asks)
            await arrives(subscriber, {(HJ212.topic("3301"), asks), (HJ212.topic("3301"), tells)})


async def test_datagrams_are_answered_where_they_came_from(server: NatsServer, tmp_path: Path) -> None:
    """SL 651 over UDP: a datagram with two reports gets two confirmations, one with a wrong checksum none."""
    frames = SL651.reports()
    first, second = next(frames), next(frames)
    with bridging("sl651", server, tmp_path, "--udp") as bridge, subscribed(server, "sl651/#") as subscriber:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as station:
            station.setblocking(False)
            station.bind((LOOPBACK, 0))
            loop = asyncio.get_running_loop()
            for load in (damaged(first), first + second):
                await loop.sock_sendto(station, load, (LOOPBACK, bridge.port))
            async with asyncio.timeout(10):
                answers = [await loop.sock_recv(station, 100) for _ in range(2)]
        assert SL651.confirms(answers[0], first)
        assert SL651.confirms(answers[1], second)
        await arrives(subscriber, {(SL651.topic("3301"), each) for each in (first, second, damaged(first))})


async def test_who_floods_with_datagrams_is_not_heard_for_a_while(server: NatsServer, tmp_path: Path) -> None:
    """A source of wrong checksums is muted, and another one is answered all the time."""
    frames = SL651.reports()
    bad = damaged(next(frames))
    with (
        bridging("sl651", server, tmp_path, "--udp", "--bad-frames", "5") as bridge,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flood,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as station,
    ):
        loop = asyncio.get_running_loop()
        for each in (flood, station):
            each.setblocking(False)
            each.bind((LOOPBACK, 0))
        for report in (next(frames) for _ in range(30)):
            for _ in range(5):
                await loop.sock_sendto(flood, bad, (LOOPBACK, bridge.port))
            await loop.sock_sendto(flood, report, (LOOPBACK, bridge.port))
            await loop.sock_sendto(station, report, (LOOPBACK, bridge.port))
            async with asyncio.timeout(10):
                assert SL651.confirms(await loop.sock_recv(station, 100), report)
        await loop.sock_sendto(flood, bad * 6, (LOOPBACK, bridge.port))
        muted = 'gridwatch_bridge_closed_total{reason="bad-frames"}'
        await until(lambda: counted(bridge)[muted] == 1, "the flood is muted")
        before = counted(bridge)["gridwatch_bridge_answers_total"]
        await loop.sock_sendto(flood, next(frames), (LOOPBACK, bridge.port))
        await loop.sock_sendto(station, last := next(frames), (LOOPBACK, bridge.port))
        async with asyncio.timeout(10):
            assert SL651.confirms(await loop.sock_recv(station, 100), last)
        assert counted(bridge)["gridwatch_bridge_answers_total"] == before + 1


async def test_it_stops_cleanly_with_frames_on_their_way(server: NatsServer, tmp_path: Path) -> None:
    """SIGTERM: what was taken is still stored and answered, then it goes with exit code 0."""
    with bridging("sl651", server, tmp_path) as bridge, subscribed(server, "sl651/#") as subscriber:
        reader, writer = await asyncio.open_connection(LOOPBACK, bridge.port)
        frames = SL651.reports()
        sent = [next(frames) for _ in range(50)]
        writer.write(b"".join(sent))
        answers = await reader.readexactly(SL651.answer_size)
        bridge.process.send_signal(signal.SIGTERM)
        answers += await reader.read()
        assert await asyncio.to_thread(bridge.process.wait, 20) == 0
        writer.close()
        answered = {answers[at + 14 : at + 16] for at in range(0, len(answers), SL651.answer_size)}
        known = {frame[14:16]: frame for frame in sent}
        await arrives(subscriber, {(SL651.topic("3301"), known[serial]) for serial in answered})
        assert not is_listening(LOOPBACK, bridge.port)


async def test_a_station_over_tcp_becomes_a_reading_in_the_database(
    server: NatsServer, database_url: str, tmp_path: Path
) -> None:
    """A registered station speaks SL 651 over TCP, is confirmed, and its level above its own base is in the database."""
    stage = NewChannel(metric="stage", unit="m", interval_s=300, limits=(4.0, 3.0, 2.0, 1.0))
    gauge = NewDevice(id=SL651.station, kind="gauge", name="水尺", lon=120.0, lat=30.0, area="3301", channels=(stage,))
    with connect(database_url) as connection, connection.cursor() as cur:
        register(cur, [gauge], now=datetime.now(UTC))
    now = f"{datetime.now(UTC) + timedelta(hours=8):%y%m%d%H%M%S}"
    report = sl651_frames.report("3923 00001250", sent=now, observed=now[:10])
    account = server.accounts[0]
    with bridging("sl651", server, tmp_path) as bridge:
        async with (
            working(database_url, server.host, server.port, account.user, account.password),
            Station(bridge.port, answer_size=SL651.answer_size) as station,
        ):
            await station.deliver(damaged(report)[:-1] + report)  # a half frame before it, glued
            assert SL651.confirms(station.answered[0][1], report)
            await stored(database_url, "SELECT FROM readings WHERE value = 1.25", 1)
            await stored(database_url, "SELECT FROM alarms WHERE condition = 'level-high'", 1)


async def test_a_broker_of_our_own_authority_is_spoken_to_by_tls(tmp_path: Path) -> None:
    """With --ca the bridge trusts the centre's authority; without it nothing is published and nobody answered."""
    authority, made_at = Authority(tmp_path / "certs"), datetime.now(UTC)
    authority.make_root("试点县", now=made_at)
    authority.issue("broker", Purpose.SERVER, (LOOPBACK,), now=made_at)
    tls = BrokerTls(certificate=authority.file("broker"), key=authority.key_file("broker"))
    account = BrokerAccount(user="test", password="secret")
    server = NatsServer(tmp_path / "nats", host=LOOPBACK, port=free_port(), accounts=(account,), tls=tls)
    server.start()
    url = ("--mqtt", mqtt_url(server).replace("mqtt:", "mqtts:"))
    report = next(SL651.reports())
    try:
        with bridging("sl651", server, tmp_path, *url, "--ca", str(authority.root)) as bridge:
            async with Station(bridge.port, answer_size=SL651.answer_size) as station:
                assert SL651.confirms(await station.deliver(report), report)
        with bridging("sl651", server, tmp_path, *url) as bridge:
            async with Station(bridge.port, answer_size=SL651.answer_size, patience_s=0.5) as station:
                waiting = asyncio.create_task(station.deliver(report))
                await until(lambda: station.resent > 0, "the station resends")
                assert counted(bridge)["gridwatch_bridge_broker_up"] == 0
                await until(lambda: b"certificate verify failed" in bridge.log.read_bytes(), "the log says why")
                waiting.cancel()
                await asyncio.gather(waiting, return_exceptions=True)
    finally:
        server.stop()


def test_every_metric_of_a_bridge_is_described() -> None:
    """docs/reference/bridges.md names what a bridge counts, and the reasons of its closings."""
    from gridwatch.bridge import Closing
    from gridwatch.bridge.counters import Counters

    page = (Path(__file__).parents[2] / "docs" / "reference" / "bridges.md").read_text(encoding="utf-8")
    exported = {
        sample.name
        for family in Counters().registry.collect()
        for sample in family.samples
        if "_created" not in sample.name
    }
    assert exported <= set(re.findall(r"`(gridwatch_bridge_\w+)`", page))
    assert {reason.value for reason in Closing} <= set(re.findall(r"`([\w-]+)`", page))
