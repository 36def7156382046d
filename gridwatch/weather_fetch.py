"""One GET over HTTP or HTTPS, within limits: time, size, redirects, hosts. Refuses by FetchError; follows nothing to another host.

The standard library's client is enough for one small document a minute. Its timeout is for each wait, so a server that sends a
byte now and then is cut off by a timer that closes the connection.
"""

import http.client
import socket
import ssl
import threading
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

from ingest.decoders import MAX_BYTES

WAIT_S: Final = 10.0  # for a connection and for each answer on it
WHOLE_S: Final = 20.0
REDIRECTS_AT_MOST: Final = 3
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_OK, _NOT_MODIFIED = 200, 304
_GONE: Final = frozenset({404, 410})
_PORTS: Final = {"http": 80, "https": 443}
_PLAIN: Final = frozenset({"", "identity"})
_PACKED: Final = frozenset({"gzip", "x-gzip"})
_SAFE: Final = "%/:@!$&'()*+,;=?~[]"
"""What stays as it is in a path or query; Chinese characters and blanks, which indexes have, are written as %XX."""
_CHUNK: Final = 65_536


class FetchError(Exception):
    """The server, or the network, did not give us the document. The message says why, without accounts and queries."""

    def __init__(self, why: str, *, is_gone: bool = False) -> None:
        super().__init__(why)
        self.is_gone = is_gone
        """The server is well and has no such document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server answered. `document` None: nothing new since `etag` or `modified`."""

    url: str
    document: bytes | None
    etag: str = ""
    modified: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked. `hosts` are those that a redirect may lead to beside the one of `url`.

    The account in `of`, the feed's address where `url` is listed in a feed, goes to that origin alone.
    """

    url: str
    of: str = ""
    etag: str = ""
    modified: str = ""
    hosts: frozenset[str] = field(default_factory=frozenset)
    wait_s: float = WAIT_S
    whole_s: float = WHOLE_S


def fetch(question: Question) -> Answer:
    """Ask once, following redirects to allowed hosts. Call it in a thread.

    Raises:
        FetchError: it cannot be had within the limits.
    """
    url, allowed = question.url, question.hosts | {_host(question.url), _host(question.of or question.url)}
    for _ in range(REDIRECTS_AT_MOST + 1):
        status, headers, body = _ask(url, question)
        if status in _REDIRECTS and headers.get("location"):
            target = _target(url, headers["location"])
            if urlsplit(target).scheme not in {"http", "https"} or _host(target) not in allowed:
                raise FetchError(f"it sends us to {public_name(target)}, a host that is not allowed")
            if urlsplit(url).scheme == "https" and urlsplit(target).scheme == "http":
                raise FetchError("it sends us from https to http")
            url = target
            continue
        if status == _NOT_MODIFIED and (question.etag or question.modified):
            return Answer(url=url, document=None, etag=question.etag, modified=question.modified)
        if status != _OK:
            raise FetchError(f"it answers {status}", is_gone=status in _GONE)
        etag, modified = headers.get("etag", ""), headers.get("last-modified", "")
        return Answer(url=url, document=body, etag=etag[:500], modified=modified[:100])
    raise FetchError(f"it redirects more than {REDIRECTS_AT_MOST} times")


def public_name(url: str) -> str:
    """Name an address without its account and query: those may be secrets."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port is not None else ""
    except ValueError:
        return "what is no address"
    return urlunsplit((parts.scheme, f"[{host}]{port}" if ":" in host else f"{host}{port}", parts.path, "", ""))[:500]


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").lower()


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, _host(url), parts.port or _PORTS.get(parts.scheme)


def _target(url: str, location: str) -> str:
    """Say where a redirect leads. A header is read as Latin-1, whatever its bytes meant."""
    try:
        target = urljoin(url, quote(location.encode("latin-1", "replace"), safe=_SAFE + "#"))
        _origin(target)
    except ValueError:
        raise FetchError("it sends us to what is no address") from None
    return target


def _ask(url: str, question: Question) -> tuple[int, Mapping[str, str], bytes]:
    try:
        with _connection(url, question) as connection:
            connection.request("GET", _path(url), headers=_headers(url, question))
            with connection.getresponse() as answer:
                headers = {name.lower(): value for name, value in answer.getheaders()}
                body = _read(answer, headers) if answer.status == _OK else b""
                return answer.status, headers, body
    except TimeoutError:
        raise FetchError(f"no answer within {question.wait_s:g} s") from None
    except (OSError, http.client.HTTPException, ValueError, zlib.error) as error:
        raise FetchError(f"{type(error).__name__}: {error}"[:200]) from None


@contextmanager
def _connection(url: str, question: Question) -> Iterator[http.client.HTTPConnection]:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https":
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, parts.port, timeout=question.wait_s, context=ssl.create_default_context()
        )
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=question.wait_s)
    is_late = threading.Event()
    held: list[socket.socket] = []  # the client forgets its socket as soon as an answer has it

    def cut_off() -> None:
        is_late.set()
        for each in held:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)  # closing alone does not wake whoever reads

    timer = threading.Timer(question.whole_s, cut_off)
    timer.daemon = True
    timer.start()
    try:
        connection.connect()
        held.append(connection.sock)
        yield connection
    except (OSError, http.client.HTTPException, ValueError):
        if is_late.is_set():
            raise FetchError(f"not whole within {question.whole_s:g} s") from None
        raise
    finally:
        timer.cancel()
        connection.close()
    if is_late.is_set():
        raise FetchError(f"not whole within {question.whole_s:g} s")


def _path(url: str) -> str:
    parts = urlsplit(url)
    return quote(urlunsplit(("", "", parts.path or "/", parts.query, "")), safe=_SAFE)


def _headers(url: str, question: Question) -> dict[str, str]:
    headers = {
        "Accept": "application/cap+xml, application/atom+xml, application/rss+xml, application/xml, application/json, */*;q=0.1",
        "Accept-Encoding": "gzip",
        "User-Agent": "gridwatch",
    }
    if question.etag:
        headers["If-None-Match"] = question.etag
    if question.modified:
        headers["If-Modified-Since"] = question.modified
    home = question.of or question.url
    parts = urlsplit(home)
    if parts.username is not None and _origin(url) == _origin(home):
        headers["Authorization"] = _basic(parts.username, parts.password or "")
    return headers


def _basic(user: str, password: str) -> str:
    from base64 import b64encode

    return "Basic " + b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode()


def _read(answer: http.client.HTTPResponse, headers: Mapping[str, str]) -> bytes:
    """Read at most MAX_BYTES, unpacked as far as that and no further.

    Raises:
        FetchError: there is more, or it breaks off: half a document must not count as one.
    """
    coding = headers.get("content-encoding", "").strip().lower()
    if coding not in _PLAIN | _PACKED:
        raise FetchError(f"it answers packed as {coding[:40]!r}, which was not asked for")
    unpacker = zlib.decompressobj(wbits=31) if coding in _PACKED else None
    body = bytearray()
    while chunk := answer.read1(_CHUNK):
        body += chunk if unpacker is None else unpacker.decompress(chunk, MAX_BYTES + 1 - len(body))
        if len(body) > MAX_BYTES:
            raise FetchError(f"more than {MAX_BYTES} bytes")
    if answer.length or (unpacker is not None and not unpacker.eof):
        raise FetchError("it breaks off")
    return bytes(body)
