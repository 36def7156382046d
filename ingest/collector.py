"""Take messages from the broker and acknowledge them when told. Decodes nothing, stores nothing.

The session is persistent and QoS 1: what is not acknowledged the broker delivers again. The window of unacknowledged
messages bounds what is held here; when more than `limit` wait, or more than `limit_bytes`, reading from the socket pauses
until they were taken.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from ssl import SSLContext

import structlog
from gmqtt import Client
from gmqtt.mqtt.constants import MQTTCommands, MQTTv50, MQTTv311

from ingest.publish import Message, acknowledgements, read_publish

log = structlog.get_logger(__name__)

NEVER_EXPIRES = 0xFFFFFFFF
PING_S = 2.0
REFUSED = 0x80  # a reason code from here on is a failure, MQTT 5 §2.4


class BrokerError(Exception):
    """The broker cannot be reached, or refused us; the message says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerAddress:
    """Where the broker is and who we are to it. `ssl` encrypts, with the machine's trust store or as a context says."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    ssl: bool | SSLContext = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Messages in arrival order, and the connection they came on: only that one can acknowledge them."""

    messages: list[Message]
    connection: int
    received: float  # when they were taken, seconds since 1970 UTC


class Collector:
    """One persistent MQTT session that never gives up.

    `name` stands in the topic of our own ping, where the client id is to be known to nobody.
    `clock` gives seconds since 1970 UTC. `stall_s` is how long a connection may bring nothing, not even our own ping,
    before it is torn down: connected is not the same as alive.
    """

    def __init__(  # noqa: PLR0913 -- one parameter a setting
        self,
        address: BrokerAddress,
        *,
        client_id: str,
        name: str = "",
        filters: tuple[str, ...],
        clock: Callable[[], float],
        limit: int = 60_000,
        limit_bytes: int = 64 << 20,
        stall_s: float = 20.0,
    ) -> None:
        self._address = address
        self._client_id = client_id
        self._ping_topic = f"gridwatch/self/{name or client_id}"
        self._filters = filters
        self._clock = clock
        self._limit, self._limit_bytes = limit, limit_bytes
        self._stall_s = stall_s
        self._version = MQTTv50
        self._client: Client | None = None
        self._lost = asyncio.Event()
        self._arrived = asyncio.Event()
        self._waiting: list[Message] = []
        self._held = 0  # bytes of what waits
        self._heard = 0
        self._granted = 0
        self._wanted = asyncio.Event()  # cleared while more waits than is held here
        self._wanted.set()
        self.subscribed = asyncio.Event()  # since the first time that all subscriptions stood
        self.connection = 0  # counts connections
        self.stalls = 0
        self.malformed = 0

    @property
    def is_connected(self) -> bool:
        """Tell whether a session stands now."""
        return self._client is not None and not self._lost.is_set()

    async def run(self) -> None:
        """Keep the session up until cancelled, reconnecting with jitter (0.2 s growing to 10 s)."""
        pause = 0.2
        while True:
            try:
                await self._connect()
                log.info("broker connected", version=self._version, connection=self.connection)
                pause = 0.2
                await self._watch()
            except (OSError, TimeoutError, BrokerError) as error:
                log.warning("broker not reached", error=str(error) or type(error).__name__)
            finally:
                await self._close()
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 -- jitter, not a secret
            pause = min(pause * 2, 10.0)

    async def take(self, *, wait_s: float) -> Taken:
        """Take all that has arrived, waiting at most `wait_s` for the first message."""
        if not self._waiting:
            self._arrived.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):  # wait_for of 3.11 may swallow that we are ended
                    await self._arrived.wait()
        messages, self._waiting, self._held = self._waiting, [], 0
        self._wanted.set()
        return Taken(messages=messages, connection=self.connection, received=self._clock())

    def acknowledge(self, taken: Taken) -> None:
        """Send the PUBACKs of messages that are safely stored, as one write.

        Messages of a connection that is gone are left alone: the broker delivers them again on the next one.
        """
        if taken.connection == self.connection and self.is_connected:
            buffer = acknowledgements([message.mid for message in taken.messages])
            if buffer:
                self._require_client()._connection.send_package(buffer)  # noqa: SLF001 -- gmqtt has no bulk call

    def send(self, topic: str, payload: bytes) -> bool:
        """Publish to a device with QoS 0, as Sparkplug demands of commands (3.0.0 §6.4.20); False while there is no connection."""
        if not self.is_connected:
            return False
        self._require_client().publish(topic, payload, qos=0)
        return True

    async def _connect(self) -> None:
        self._lost.clear()
        client = Client(
            self._client_id, clean_session=False, session_expiry_interval=NEVER_EXPIRES, receive_maximum=65535
        )
        client.set_config({"reconnect_retries": 0, "reconnect_delay": 0})
        client.on_disconnect = lambda *_: self._lost.set()
        client.on_subscribe = self._subscribed
        if self._address.user:
            client.set_auth_credentials(self._address.user, self._address.password)
        # gmqtt acknowledges when its callback returns; we acknowledge when the database has committed, many at once.
        client._package_handler._handler_cache[MQTTCommands.PUBLISH] = self._keep  # noqa: SLF001
        self._client = client
        self._granted = 0
        self.connection += 1
        self._waiting, self._held = [], 0  # what the last connection brought and nobody took comes again
        connecting = asyncio.ensure_future(
            client.connect(self._address.host, self._address.port, ssl=self._address.ssl, version=self._version)
        )
        lost = asyncio.ensure_future(self._lost.wait())
        try:
            await asyncio.wait({connecting, lost}, timeout=10, return_when=asyncio.FIRST_COMPLETED)
            await self._settle(connecting)
        finally:
            for task in (connecting, lost):
                task.cancel()
            await asyncio.gather(connecting, lost, return_exceptions=True)
        for topic_filter in self._filters:
            client.subscribe(topic_filter, qos=1)
        client.subscribe(self._ping_topic, qos=0)

    async def _settle(self, connecting: "asyncio.Future[None]") -> None:
        if connecting.done():
            try:
                await connecting
            except OSError:
                raise
            except Exception as error:  # gmqtt raises bare exceptions of its own for a refusal
                raise BrokerError(f"the broker refused the connection: {error}") from error
            self._read_when_wanted()
            return
        if self._require_client()._connection_state.protocol_version == MQTTv311 != self._version:  # noqa: SLF001
            self._version = MQTTv311  # nats-server speaks 3.1.1 only, and says so
            raise BrokerError("the broker does not speak MQTT 5; falling back to 3.1.1")
        raise BrokerError("the broker closed the connection or did not answer")

    def _subscribed(self, _client: Client, _mid: int, codes: Sequence[int], _properties: object) -> None:
        if any(code >= REFUSED for code in codes):
            log.error(
                "the broker refused a subscription; one of NATS takes fewer than there are: set ingest.subscriptions to #",
                filters=self._filters,
            )
            self._lost.set()
        self._granted += 1
        if self._granted > len(self._filters):  # and the ping's
            self.subscribed.set()

    def _keep(self, flags: int, body: bytes) -> None:
        message = read_publish(flags, body, version5=self._version == MQTTv50)
        self._heard += 1
        if message is None:
            self.malformed += 1
            return
        self._waiting.append(message)
        self._held += len(body)
        if len(self._waiting) > self._limit or self._held > self._limit_bytes:
            self._wanted.clear()
        self._arrived.set()

    def _read_when_wanted(self) -> None:
        """Let gmqtt read on only while it is wanted. Its stream reader resumes a transport that is paused behind its back."""
        protocol = self._require_client()._connection._protocol  # noqa: SLF001
        read = protocol.read

        async def read_when_wanted(size: int) -> bytes:
            await self._wanted.wait()
            found: bytes = await read(size)
            return found

        protocol.read = read_when_wanted

    async def _watch(self) -> None:
        """Ping ourselves through the broker; return when the connection is lost or brings nothing any more."""
        heard, heard_at = self._heard, self._clock()
        while not self._lost.is_set():
            self._require_client().publish(self._ping_topic, b"", qos=0)
            try:
                async with asyncio.timeout(PING_S):
                    await self._lost.wait()
            except TimeoutError:
                if self._heard != heard or not self._wanted.is_set():
                    heard, heard_at = self._heard, self._clock()
                elif self._clock() - heard_at > self._stall_s:
                    self.stalls += 1
                    log.error("connected, but nothing arrives: starting again", seconds=self._stall_s)  # noqa: TRY400 -- no exception
                    return

    async def _close(self) -> None:
        client, self._client = self._client, None
        self._wanted.set()
        self._lost.set()
        if client is not None and client._connection is not None:  # noqa: SLF001 -- may never have been opened
            await client.disconnect()

    def _require_client(self) -> Client:
        assert self._client is not None
        return self._client
