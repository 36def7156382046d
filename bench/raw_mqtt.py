"""The limit: a bare MQTT 3.1.1 socket that publishes prepared bytes, and one that only counts and acknowledges."""

import socket
import threading
import time
from contextlib import closing
from dataclasses import dataclass

CONNACK_BYTES = 4
WINDOW = 4096  # publications under way without their PUBACK


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """A broker on loopback and an account."""

    port: int
    user: str
    password: str


def _string(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(2, "big") + data


def _length(count: int) -> bytes:
    out = bytearray()
    while True:
        count, low = divmod(count, 128)
        out.append(low | 0x80 if count else low)
        if not count:
            return bytes(out)


def _packet(header: int, body: bytes) -> bytes:
    return bytes([header]) + _length(len(body)) + body


def connect(where: Where, client_id: str, *, clean: bool) -> socket.socket:
    """Open a session and wait for the broker's yes."""
    connection = socket.create_connection(("127.0.0.1", where.port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    flags = 0xC0 | (0x02 if clean else 0)
    body = _string("MQTT") + bytes([4, flags]) + b"\x00\x00" + _string(client_id)
    connection.sendall(_packet(0x10, body + _string(where.user) + _string(where.password)))
    answer = connection.recv(CONNACK_BYTES)
    assert answer[3] == 0, f"the broker refused the connection: {answer!r}"
    return connection


def subscribe(connection: socket.socket, topic_filter: str) -> None:
    """Subscribe at QoS 1 and wait for the answer."""
    connection.sendall(_packet(0x82, b"\x00\x01" + _string(topic_filter) + b"\x01"))
    answer = connection.recv(5)
    assert answer[-1] == 1, f"the broker refused the subscription: {answer!r}"


def make_session(where: Where, client_id: str, topic_filter: str) -> None:
    """Leave a persistent session behind that collects what is published from now on."""
    with closing(connect(where, client_id, clean=False)) as connection:
        subscribe(connection, topic_filter)
        connection.sendall(b"\xe0\x00")


def end_session(where: Where, client_id: str) -> None:
    """End a persistent session, so that it collects nothing more."""
    with closing(connect(where, client_id, clean=True)) as connection:
        connection.sendall(b"\xe0\x00")


def publish_all(where: Where, messages: list[tuple[str, bytes]]) -> float:
    """Publish at QoS 1 with a window, wait for every PUBACK, and return the seconds it took."""
    with closing(connect(where, "bench-publisher", clean=True)) as connection:
        free = threading.Semaphore(WINDOW)
        answers = threading.Thread(target=_count_answers, args=(connection, len(messages), free))
        begun = time.perf_counter()
        answers.start()
        for i, (topic, payload) in enumerate(messages):
            free.acquire()
            mid = (i % 65535) + 1
            connection.sendall(_packet(0x32, _string(topic) + mid.to_bytes(2, "big") + payload))
        answers.join()
        return time.perf_counter() - begun


def _count_answers(connection: socket.socket, count: int, free: threading.Semaphore) -> None:
    seen = 0
    while seen < count * 4:
        data = connection.recv(65536)
        assert data, "the broker closed the connection"
        whole = (seen + len(data)) // 4 - seen // 4
        seen += len(data)
        if whole:
            free.release(whole)


def drain(where: Where, client_id: str, count: int) -> float:
    """Resume a session, acknowledge `count` messages as they come, and return the seconds from first to last."""
    with closing(connect(where, client_id, clean=False)) as connection:
        buffer, seen, begun = b"", 0, 0.0
        while seen < count:
            data = connection.recv(1 << 18)
            assert data, "the broker closed the connection"
            begun = begun or time.perf_counter()
            buffer += data
            position, answers = 0, []
            while (end := _packet_end(buffer, position)) is not None:
                header, start = buffer[position], end[0]
                if header & 0xF0 == 0x30:
                    at = start + 2 + int.from_bytes(buffer[start : start + 2], "big")
                    answers.append(b"\x40\x02" + buffer[at : at + 2])
                position = end[1]
            buffer = buffer[position:]
            seen += len(answers)
            connection.sendall(b"".join(answers))
        return time.perf_counter() - begun


def _packet_end(buffer: bytes, position: int) -> tuple[int, int] | None:
    """Find where the body of the packet at `position` starts and ends, or None when it is not all there."""
    length = shift = 0
    at = position + 1
    while at < len(buffer):
        byte = buffer[at]
        length |= (byte & 0x7F) << shift
        at += 1
        if not byte & 0x80:
            return (at, at + length) if at + length <= len(buffer) else None
        shift += 7
    return None
