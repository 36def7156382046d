"""A real `gridwatch bridge`, stations that speak to it, and a subscriber that keeps what arrives."""

import asyncio
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from gridwatch.embedded import NatsServer, free_port
from gridwatch.embedded.process import is_listening, start, wait_until
from tests.faults.running import until

PROGRAM = Path(sys.executable).with_name("gridwatch")
LOOPBACK = "127.0.0.1"
GOOD = "127.0.0.2"  # where the good station calls from: another address than the hostile ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge:
    """A running bridge."""

    process: subprocess.Popen[bytes]
    port: int
    metrics: int
    log: Path

    def terminate(self) -> int:
        """End it as an operator does, and give its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


def mqtt_url(server: NatsServer) -> str:
    """Name the broker with its first account."""
    account = server.accounts[0]
    return f"mqtt://{account.user}:{account.password}@{server.host}:{server.port}"


@contextmanager
def bridging(protocol: str, server: NatsServer, folder: Path, *options: str) -> Iterator[Bridge]:
    """Run `gridwatch bridge` until the test is over."""
    port, metrics, log = free_port(), free_port(), folder / "bridge.log"
    command = [PROGRAM, "bridge", protocol, "--listen", f"{LOOPBACK}:{port}", "--metrics", f"{LOOPBACK}:{metrics}"]
    with log.open("wb") as output:
        process = start([*command, "--mqtt", mqtt_url(server), "--area", "3301", *options], output)
    try:
        wait_until(lambda: is_listening(LOOPBACK, port), process, what="The bridge", seconds=20, log=log)
        yield Bridge(process=process, port=port, metrics=metrics, log=log)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


@dataclass(slots=True)
class Subscriber:
    """A persistent session that keeps every message once it is here."""

    arrived: set[tuple[str, bytes]] = field(default_factory=set)
    messages: int = 0
    ready: threading.Event = field(default_factory=threading.Event)


@contextmanager
def subscribed(server: NatsServer, topic_filter: str = "#") -> Iterator[Subscriber]:
    """Subscribe, and come back whenever the broker was gone."""
    subscriber = Subscriber()
    client = Client(CallbackAPIVersion.VERSION2, client_id="subscriber", clean_session=False)
    client.username_pw_set(server.accounts[0].user, server.accounts[0].password)
    client.reconnect_delay_set(1, 1)

    def keep(_client, _user, message) -> None:
        subscriber.arrived.add((message.topic, message.payload))
        subscriber.messages += 1

    client.on_message = keep
    client.on_connect = lambda *_: client.subscribe(topic_filter, qos=1)
    client.on_subscribe = lambda *_: subscriber.ready.set()
    client.connect_async(server.host, server.port, keepalive=10)
    client.loop_start()
    assert subscriber.ready.wait(20)
    try:
        yield subscriber
    finally:
        client.disconnect()
        client.loop_stop()


class Station:
    """A device: sends a frame and waits for its answer; sends it again, on a new connection if need be, until there is one."""

    def __init__(self, port: int, *, answer_size: int, address: str = GOOD, patience_s: float = 2.0) -> None:
        self._port = port
        self._size = answer_size
        self._address = address
        self._patience_s = patience_s
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.answered: list[tuple[bytes, bytes]] = []
        self.resent = 0

    async def deliver(self, frame: bytes) -> bytes:
        """Send until it is answered, and give the answer."""
        while True:
            try:
                answer = await self._ask(frame)
            except (OSError, TimeoutError, asyncio.IncompleteReadError):
                self.resent += 1
                await self.hang_up()
                await asyncio.sleep(0.05)
            else:
                self.answered.append((frame, answer))
                return answer

    async def hang_up(self) -> None:
        """Close the connection."""
        streams, self._streams = self._streams, None
        if streams is not None:
            streams[1].close()
            with suppress(OSError):
                await streams[1].wait_closed()

    async def __aenter__(self) -> Self:
        """Begin; it connects when it has something to say."""
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Close the connection."""
        await self.hang_up()

    async def _ask(self, frame: bytes) -> bytes:
        if self._streams is None:
            self._streams = await asyncio.open_connection(LOOPBACK, self._port, local_addr=(self._address, 0))
        reader, writer = self._streams
        writer.write(frame)
        async with asyncio.timeout(self._patience_s):
            return await reader.readexactly(self._size)


@asynccontextmanager
async def calling(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Connect, and leave nothing open.

    Raises:
        OSError: we are not let in.
    """
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


@asynccontextmanager
async def attack(*hostile: Coroutine[None, None, None]) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Let hostile peers do what they do, until the test is over."""
    tasks = [asyncio.create_task(each) for each in hostile]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def arrives(subscriber: Subscriber, wanted: set[tuple[str, bytes]]) -> None:
    """Wait until the subscriber has all of them."""
    await until(lambda: wanted <= subscriber.arrived, f"{len(wanted)} messages at the subscriber", seconds=20)
