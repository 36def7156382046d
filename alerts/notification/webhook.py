"""A webhook: one POST of JSON, signed with HMAC-SHA256 over timestamp and body. Follows no redirect, tries once."""

import hashlib
import hmac
import http.client
import json
import socket
import ssl
import threading
from contextlib import suppress
from datetime import datetime
from urllib.parse import urlsplit

from alerts.notification.deliveries import Refusal
from alerts.notification.happening import Message
from alerts.notification.routes import Receiver

WITHIN_S = 10.0  # from the connection to the last byte of the answer
_BUSY = frozenset({408, 425, 429})  # the receiver says "later", not "never"
_ANSWER_BYTES = 2000


def body_of(message: Message, *, key: str, receiver: str) -> bytes:
    """Write what is posted: the same bytes for the same message and key."""
    return json.dumps(
        {
            "key": key,
            "receiver": receiver,
            "title": message.title,
            "text": message.text,
            "urgent": message.urgent,
            "test": message.test,
            "items": list(message.about),
        },
        ensure_ascii=False,
        sort_keys=True,
    ).encode()


def sign(secret: bytes, timestamp: str, body: bytes) -> str:
    """Sign a body: `v1=` and the hex HMAC-SHA256 of the timestamp, a full stop and the body."""
    return "v1=" + hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def post(
    receiver: Receiver, message: Message, *, key: str, secret: bytes, now: datetime, within_s: float = WITHIN_S
) -> Refusal | None:
    """Send a message and wait for the answer, at most `within_s` seconds; any 2xx is success."""
    body, timestamp = body_of(message, key=key, receiver=receiver.name), str(int(now.timestamp()))
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "gridwatch",
        "Idempotency-Key": key,
        "X-Gridwatch-Timestamp": timestamp,
        "X-Gridwatch-Signature": sign(secret, timestamp, body),
    }
    try:
        status, said = _exchange(receiver, body, headers, within_s)
    except (OSError, http.client.HTTPException) as error:
        return Refusal(reason=_why(error))
    if 200 <= status < 300:  # noqa: PLR2004 - success, RFC 9110 §15.3
        return None
    # A redirect is not followed: what is signed goes where the administrator said.
    is_final = 300 <= status < 500 and status not in _BUSY  # noqa: PLR2004
    return Refusal(reason=f"HTTP {status} {said}".strip()[:300], final=is_final)


def _why(error: Exception) -> str:
    """Name what everybody meets by one word, which the pages translate; anything else by what it says."""
    match error:
        case ConnectionRefusedError():
            return "connection-refused"
        case TimeoutError():
            return "no-answer"
        case socket.gaierror():
            return "unknown-host"
        case ssl.SSLCertVerificationError():
            return "certificate"
        case _:
            return f"{type(error).__name__}: {error}".rstrip(": ")[:300]


def _exchange(receiver: Receiver, body: bytes, headers: dict[str, str], within_s: float) -> tuple[int, str]:
    parts = urlsplit(receiver.url)
    host = parts.hostname or ""
    connection = (
        http.client.HTTPSConnection(host, parts.port, timeout=within_s, context=_trust(receiver.ca_file))
        if parts.scheme == "https"
        else http.client.HTTPConnection(host, parts.port, timeout=within_s)
    )
    # The socket's own timeout begins anew with each byte: one that answers a byte at a time would hold us for ever.
    is_late = threading.Event()
    limit = threading.Timer(within_s, _cut, (connection, is_late))
    limit.daemon = True
    limit.start()
    try:
        connection.request("POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, headers)
        answer = connection.getresponse()
        said = answer.read(_ANSWER_BYTES).decode(errors="replace").strip()
        if is_late.is_set():  # an answer that was cut short looks like one that ended
            raise TimeoutError(f"no whole answer within {within_s:g} s")
        return answer.status, said
    finally:
        limit.cancel()
        connection.close()


def _cut(connection: http.client.HTTPConnection, is_late: threading.Event) -> None:
    is_late.set()
    with suppress(OSError, AttributeError):
        connection.sock.shutdown(2)


def _trust(ca_file: str | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_file)
