"""Publish frames with QoS 1 and tell when the broker has them. Gives up on nothing that it took, as long as it runs.

paho keeps what is unacknowledged and sends it again after reconnecting. While the broker is away frames wait here, bounded; what
does not fit is refused, so its device is not answered and keeps it.
"""

import asyncio
import random
import ssl
import sys
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

log = structlog.get_logger(__name__)

MOST_FRAMES = 20_000  # taken and not acknowledged; packet ids of MQTT end at 65,535
MOST_BYTES = 32 << 20
KEEPALIVE_S = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """A broker, and who we are there. `tls` None: plain MQTT."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    tls: ssl.SSLContext | None = None


class Publisher:
    """One connection to a broker, used from the event loop that made it."""

    def __init__(
        self,
        where: Where,
        *,
        client_id: str,
        on_up: Callable[[bool], object] = bool,
        most_frames: int = MOST_FRAMES,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._most_frames = most_frames
        self._most_bytes = most_bytes
        self._loop = asyncio.get_running_loop()
        self._where = where
        self._on_up = on_up
        self._waiting: dict[int, tuple[asyncio.Future[bool], int]] = {}
        self._bytes = 0
        self._is_stopping = False
        self._told = ""  # why the broker could not be reached: each reason once
        self.connected = asyncio.Event()
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=MQTTProtocolVersion.MQTTv311)
        # Every frame goes out at once: with a smaller window paho would look through all that wait at each acknowledgement.
        self._client.max_inflight_messages_set(most_frames)
        self._client.max_queued_messages_set(0)  # bounded by ourselves
        self._client.reconnect_delay_set(1, 10)
        if where.user:
            self._client.username_pw_set(where.user, where.password)
        if where.tls is not None:
            self._client.tls_set_context(where.tls)
        self._client.on_connect = self._on_connect
        self._client.on_connect_fail = self._on_connect_fail
        self._client.on_disconnect = self._on_disconnect
        self._client.on_publish = self._on_publish

    def start(self) -> None:
        """Begin to connect, and go on trying."""
        self._client.connect_async(self._where.host, self._where.port, keepalive=KEEPALIVE_S)
        self._client.loop_start()

    @property
    def unacknowledged(self) -> int:
        """Count the frames the broker has not acknowledged."""
        return len(self._waiting)

    def publish(self, topic: str, payload: bytes) -> asyncio.Future[bool]:
        """Publish; True when the broker has acknowledged it, False when it was not taken or we stopped before."""
        told = self._loop.create_future()
        if len(self._waiting) >= self._most_frames or self._bytes + len(payload) > self._most_bytes:
            told.set_result(False)
            return told
        message = self._client.publish(topic, payload, qos=1)  # without a connection paho keeps it
        if message.mid in self._waiting:  # the ids have come round to one that is still on its way: paho took nothing
            told.set_result(False)
            return told
        self._waiting[message.mid] = (told, len(payload))
        self._bytes += len(payload)
        return told

    async def stop(self, *, grace_s: float) -> None:
        """Wait for what is on its way, at most so long, and disconnect; the rest is told False."""
        waiting = [told for told, _ in self._waiting.values()]
        if waiting:
            await asyncio.wait(waiting, timeout=grace_s)
        self._is_stopping = True
        self._client.disconnect()
        await asyncio.to_thread(self._client.loop_stop)
        for mid in list(self._waiting):
            self._settle(mid, is_published=False)

    def _settle(self, mid: int, *, is_published: bool) -> None:
        told, size = self._waiting.pop(mid, (None, 0))
        self._bytes -= size
        if told is not None and not told.done():
            told.set_result(is_published)

    # paho calls these from its own thread.

    def _on_connect(
        self, _client: Client, _user: object, _flags: ConnectFlags, code: ReasonCode, _properties: Properties | None
    ) -> None:
        if code.is_failure:
            log.error("the broker does not let us in", broker=self._where.host, reason=str(code))
        else:
            self._told = ""
            self._loop.call_soon_threadsafe(self._up, True)

    def _on_connect_fail(self, _client: Client, _user: object) -> None:
        reason = str(sys.exception())  # paho tells it in no other way
        if reason != self._told:
            self._told = reason
            log.error("the broker cannot be reached", broker=self._where.host, port=self._where.port, reason=reason)

    def _on_disconnect(
        self, client: Client, _user: object, _flags: DisconnectFlags, code: ReasonCode, _properties: Properties | None
    ) -> None:
        # Chance in the waiting time, so that after a broker's restart not every bridge comes at once.
        client.reconnect_delay_set(1, random.randint(5, 15))  # noqa: S311 -- jitter, not a secret
        if not self._is_stopping:
            log.warning("broker lost; devices are not answered until it is back", reason=str(code))
            self._loop.call_soon_threadsafe(self._up, False)

    def _on_publish(
        self, _client: Client, _user: object, mid: int, _code: ReasonCode, _properties: Properties | None
    ) -> None:
        self._loop.call_soon_threadsafe(lambda: self._settle(mid, is_published=True))

    def _up(self, is_up: bool) -> None:  # noqa: FBT001 -- call_soon_threadsafe passes by position
        if is_up:
            log.info("broker connected", broker=self._where.host)
            self.connected.set()
        else:
            self.connected.clear()
        self._on_up(is_up)
