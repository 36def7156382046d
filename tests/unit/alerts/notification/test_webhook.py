"""A webhook against a real server: what is signed, what is success, and how long it may take."""

import socket
import threading
import time
from datetime import UTC, datetime

import pytest

from alerts.notification.happening import Message
from alerts.notification.routes import Receiver, ReceiverKind, Secret
from alerts.notification.webhook import post
from tests.receivers import Town, running_town

MESSAGE = Message(title="【红色告警】", text="东河镇", urgent=True, test=False)
NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def town():
    """An HTTP server."""
    with running_town() as running:
        yield running


def tell(url, *, within_s=5.0):
    """Post the message."""
    receiver = Receiver(name="镇", kind=ReceiverKind.WEBHOOK, secret=Secret(variable="S"), url=url)
    return post(receiver, MESSAGE, key="k-1", secret=b"secret", now=NOW, within_s=within_s)


@pytest.mark.parametrize(
    ("status", "final"),
    [
        (200, None),
        (204, None),
        (302, True),
        (400, True),
        (404, True),
        (410, True),
        (408, False),
        (429, False),
        (500, False),
    ],
)
def test_what_the_status_means(town: Town, status, final):
    """2xx is success; 4xx is about this message; "later" and 5xx are about the receiver."""
    town.answer = lambda _: status
    refusal = tell(town.url())
    assert (refusal and refusal.final) == final
    assert refusal is None or f"HTTP {status}" in refusal.reason


def test_the_same_message_is_the_same_bytes(town: Town):
    """A retry can be told from another message by its key and its body alone."""
    tell(town.url())
    tell(town.url())
    first, second = town.posted
    assert (first.body, first.key) == (second.body, second.key)
    assert first.headers["x-gridwatch-signature"] == second.headers["x-gridwatch-signature"]
    assert first.json["title"] == "【红色告警】"


def test_nobody_there_is_said():
    """A port that nobody listens on is a reason, not an error."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        refusal = tell(f"http://127.0.0.1:{listening.getsockname()[1]}/")
    assert refusal is not None
    assert refusal.reason == "connection-refused"


def test_one_that_answers_a_byte_at_a_time_does_not_hold_us():
    """The limit is for the whole exchange, not for each byte."""

    def drip(listening):
        connection, _ = listening.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
            while True:
                time.sleep(0.05)
                try:
                    connection.sendall(b"x")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=drip, args=(listening,), daemon=True)
        thread.start()
        refusal = tell(f"http://127.0.0.1:{listening.getsockname()[1]}/", within_s=0.5)
        thread.join()  # it ends when we have hung up
    assert refusal is not None
