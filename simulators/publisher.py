"""Send messages to an MQTT broker, QoS 1, with a bounded number unacknowledged. Refuses to lose one while it runs.

paho keeps what is unacknowledged and sends it again after reconnecting; a broker that is away only makes `send` wait.
"""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from ssl import SSLContext
from types import TracebackType
from typing import Self

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

WINDOW = 256  # messages; enough to hide a round trip of 5 ms at 50,000 msg/s, and 100 kB of SenML
_LOOK_S = 0.2  # how often a waiting sender looks whether it shall stop
_GRACE_S = 1.0  # for what is on its way when it is stopped
_NO_RIGHT = ("Bad user name or password", "Not authorized", "Bad username or password")


class BrokerError(Exception):
    """The broker cannot be reached or does not let us in; the message says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerUrl:
    """Where a broker is and who we are there."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    ssl: SSLContext | None = None


class Publisher:
    """A connection to a broker for sending, used as a context manager.

    Overload policy: `send` waits while `window` messages are unacknowledged. `stopped` is asked while waiting.
    """

    def __init__(
        self,
        broker: BrokerUrl,
        *,
        client_id: str,
        window: int = WINDOW,
        connect_s: float = 10.0,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self._broker = broker
        self._connect_s = connect_s
        self._stopped = stopped
        self._window = window
        self._refused: str | None = None
        self._connected = threading.Event()
        self._room = threading.Condition()
        self._unacknowledged = 0
        self.acknowledged = 0
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=client_id)
        self._client.max_inflight_messages_set(window)
        self._client.max_queued_messages_set(0)  # bounded by our own window
        if broker.user:
            self._client.username_pw_set(broker.user, broker.password)
        if broker.ssl is not None:
            self._client.tls_set_context(broker.ssl)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_publish = self._on_publish

    def __enter__(self) -> Self:
        """Connect.

        Raises:
            BrokerError: nobody answers within `connect_s` seconds, or the broker does not let us in.
        """
        self._client.connect_async(self._broker.host, self._broker.port, keepalive=30)
        self._client.loop_start()
        if not self._connected.wait(self._connect_s):
            self.close()
            raise BrokerError(f"no MQTT broker answers at {self._broker.host}:{self._broker.port}")
        if self._refused is not None:
            self.close()
            raise BrokerError(f"the MQTT broker does not let us in: {self._refused}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Disconnect; what is unacknowledged stays so."""
        self.close()

    def send(self, topic: str, payload: bytes) -> bool:
        """Publish a message, waiting for room; False if it was stopped before there was any.

        Raises:
            BrokerError: the broker no longer lets us in.
        """
        with self._room:
            while self._unacknowledged >= self._window:
                if self._stopped() or self._refused is not None:
                    return self._give_up()
                self._room.wait(_LOOK_S)
            self._unacknowledged += 1
        self._client.publish(topic, payload, qos=1)  # without a connection paho keeps it and sends it later
        return True

    def flush(self) -> bool:
        """Wait until everything is acknowledged; False if it was stopped and some is not after a second's grace.

        Raises:
            BrokerError: the broker no longer lets us in.
        """
        with self._room:
            while self._unacknowledged and not self._stopped():
                if self._refused is not None:
                    return self._give_up()
                self._room.wait(_LOOK_S)
            return self._room.wait_for(lambda: not self._unacknowledged, _GRACE_S)

    @property
    def unacknowledged(self) -> int:
        """Count the messages the broker has not acknowledged."""
        return self._unacknowledged

    def close(self) -> None:
        """Disconnect and end the thread. Closing twice is harmless."""
        self._client.disconnect()
        self._client.loop_stop()

    def _give_up(self) -> bool:
        if self._refused is not None:
            raise BrokerError(f"the MQTT broker does not let us in: {self._refused}")
        return False

    def _on_connect(
        self, _client: Client, _user: object, _flags: ConnectFlags, code: ReasonCode, _properties: Properties | None
    ) -> None:
        if code.is_failure and str(code) in _NO_RIGHT:
            self._refused = str(code)
            self._client.disconnect()  # trying again would not help
        if not code.is_failure or self._refused is not None:
            self._connected.set()

    def _on_disconnect(
        self, client: Client, _user: object, _flags: DisconnectFlags, _code: ReasonCode, _properties: Properties | None
    ) -> None:
        # Chance in the waiting time, so that after a broker's restart not everybody comes at once.
        client.reconnect_delay_set(min_delay=random.randint(1, 3), max_delay=random.randint(15, 30))

    def _on_publish(
        self, _client: Client, _user: object, _mid: int, _code: ReasonCode, _properties: Properties | None
    ) -> None:
        with self._room:
            self._unacknowledged -= 1
            self.acknowledged += 1
            self._room.notify_all()


__all__ = ["WINDOW", "BrokerError", "BrokerUrl", "Publisher"]
