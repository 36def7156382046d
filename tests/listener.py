"""A subscriber of a real broker that keeps what it hears, for tests that publish."""

import threading
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from tests.conftest import Broker


@dataclass
class Listener:
    """Subscribed to everything, QoS 1, as a context manager; `heard` is (topic, payload) in order of arrival."""

    broker: Broker
    topic_filter: str = "#"
    heard: list[tuple[str, bytes]] = field(default_factory=list)

    def __enter__(self) -> Self:
        """Connect and wait for the subscription to be granted."""
        self._change = threading.Condition()
        granted = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2, client_id="listener")
        if self.broker.user:
            self._client.username_pw_set(self.broker.user, self.broker.password)
        self._client.on_message = self._on_message
        self._client.on_subscribe = lambda *_: granted.set()
        self._client.connect(self.broker.host, self.broker.port)
        self._client.loop_start()
        self._client.subscribe(self.topic_filter, qos=1)
        assert granted.wait(10), "the subscription was not granted"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    def wait_for(self, count: int, seconds: float = 30.0) -> list[tuple[str, bytes]]:
        """Wait until `count` messages have come; give what came by then."""
        with self._change:
            self._change.wait_for(lambda: len(self.heard) >= count, seconds)
            return list(self.heard)

    def _on_message(self, _client: Client, _user: object, message: MQTTMessage) -> None:
        with self._change:
            self.heard.append((message.topic, message.payload))
            self._change.notify_all()
