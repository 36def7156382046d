"""A field of devices behind one gateway: publishes a plan at its pace and keeps account of what was acknowledged."""

import asyncio
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from tests.faults.county import Planned


class Gateway:
    """One MQTT client with a persistent session, QoS 1, that sends again what was not acknowledged, as it was."""

    def __init__(self, host: str, port: int, *, user: str = "", password: str = "") -> None:
        self._client = Client(CallbackAPIVersion.VERSION2, client_id="field-gateway", clean_session=False)
        if user:
            self._client.username_pw_set(user, password)
        self._client.max_inflight_messages_set(2000)
        self._client.max_queued_messages_set(0)  # without a bound: what devices measure during an outage
        self._client.reconnect_delay_set(0.1, 0.5)
        self._client.on_publish = self._on_publish
        self._client.on_connect = self._on_connect
        self._address = (host, port)
        self._lock = threading.Lock()
        self._waiting: dict[int, Planned] = {}
        self._early: set[int] = set()  # acknowledged before publish() had told us the number
        self.acknowledged: list[Planned] = []
        self.sent = 0
        self.connections = 0

    @contextmanager
    def connected(self) -> Iterator["Gateway"]:
        """Stay connected, coming back whenever the broker is gone."""
        self._client.connect_async(*self._address, keepalive=5)
        self._client.loop_start()
        try:
            yield self
        finally:
            self._client.disconnect()
            self._client.loop_stop()

    @property
    def is_settled(self) -> bool:
        """Tell whether everything sent was acknowledged."""
        with self._lock:
            return not self._waiting

    async def send(self, readings: Iterable[Planned], *, clock_ahead: float) -> None:
        """Send each reading when its time comes. `clock_ahead` is the wall clock less the loop's clock, seconds."""
        loop = asyncio.get_running_loop()
        for reading in readings:
            due = reading.time / 1e6 - clock_ahead
            if due > loop.time() + 0.005:
                await asyncio.sleep(due - loop.time())
            self._publish(reading)

    def _publish(self, reading: Planned) -> None:
        message = self._client.publish(reading.topic, reading.payload, qos=1)
        self.sent += 1
        with self._lock:
            if message.mid in self._early:
                self._early.discard(message.mid)
                self.acknowledged.append(reading)
            else:
                assert message.mid not in self._waiting
                self._waiting[message.mid] = reading

    def _on_publish(self, _client, _userdata, mid, _reason, _properties) -> None:
        with self._lock:
            reading = self._waiting.pop(mid, None)
            if reading is None:
                self._early.add(mid)
            else:
                self.acknowledged.append(reading)

    def _on_connect(self, *_) -> None:
        self.connections += 1
