"""A gateway as its broker sees it: MQTT 3.1.1 over TLS or plain, and what the broker let it do."""

import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import paho.mqtt.client as mqtt

PATIENCE_S = 10.0


@dataclass
class Visitor:
    """One connection. `refused` is why it was not let in, None where it was."""

    user: str
    password: str
    context: ssl.SSLContext | None = None
    version: mqtt.MQTTProtocolVersion = mqtt.MQTTProtocolVersion.MQTTv311
    client_id: str = ""
    refused: str | None = None
    granted: list[bool] = field(default_factory=list)
    published: dict[int, int] = field(default_factory=dict)
    heard: list[tuple[str, bytes]] = field(default_factory=list)
    is_in: bool = False

    def connect(self, port: int, host: str = "127.0.0.1") -> "Visitor":
        """Connect and wait for the broker's answer, or for what keeps us from it."""
        client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2,
            client_id=self.client_id or f"visitor-{self.user}-{id(self)}",
            protocol=self.version,
        )
        client.username_pw_set(self.user, self.password)
        if self.context is not None:
            client.tls_set_context(self.context)
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_subscribe = lambda _c, _u, _m, codes, _p: self.granted.extend(not c.is_failure for c in codes)
        client.on_publish = lambda _c, _u, mid, code, _p: self.published.update({mid: code.value})
        client.on_message = lambda _c, _u, message: self.heard.append((message.topic, message.payload))
        self.client = client
        try:
            if self.context is not None:  # paho leaves a socket open whose server it does not believe
                with (
                    socket.create_connection((host, port)) as bare,
                    self.context.wrap_socket(bare, server_hostname=host),
                ):
                    pass
            client.connect(host, port)
        except (ssl.SSLError, OSError) as error:
            self.refused = str(error)
            return self
        self._until(lambda: self.is_in or self.refused is not None)
        return self

    def subscribe(self, topic_filter: str) -> bool:
        """Ask for a subscription and tell whether it was granted."""
        self.granted.clear()
        self.client.subscribe(topic_filter, qos=1)
        self._until(lambda: bool(self.granted))
        return self.granted[0]

    def publish(self, topic: str, payload: bytes) -> int:
        """Publish at QoS 1 and give the reason code of the answer."""
        mid = self.client.publish(topic, payload, qos=1).mid
        self._until(lambda: mid in self.published)
        return self.published[mid]

    def hears(self, payload: bytes) -> set[str]:
        """Wait until this payload comes and give the topics of all that was heard."""
        self._until(lambda: any(told == payload for _, told in self.heard))
        return {topic for topic, _ in self.heard}

    def leave(self) -> None:
        """Disconnect."""
        self.client.disconnect()
        self.client.loop(0.05)

    def _connected(self, _c: object, _u: object, _f: object, code: mqtt.ReasonCode, _p: object) -> None:
        if code.is_failure:
            self.refused = str(code)
        else:
            self.is_in = True

    def _disconnected(self, _c: object, _u: object, _f: object, code: mqtt.ReasonCode, _p: object) -> None:
        if not self.is_in and self.refused is None:
            self.refused = f"closed: {code}"

    def _until(self, done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not done():
            assert time.monotonic() < deadline, "the broker does not answer"
            try:
                self.client.loop(0.05)
            except (ssl.SSLError, OSError) as error:
                self.refused = str(error)


def trusting(ca: Path, certificate: Path | None = None) -> ssl.SSLContext:
    """Make the TLS context of a gateway that was given `ca.pem`, and perhaps a certificate of its own."""
    context = ssl.create_default_context(cafile=ca)
    if certificate is not None:
        context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    return context
