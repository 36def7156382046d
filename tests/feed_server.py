"""A real HTTP server of warnings, in a thread of its own: it answers what a test tells it, and keeps what it was asked."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass(slots=True)
class FeedServer:
    """Answers by path; `asked` are (path, headers) in their order."""

    port: int = 0
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def paths(self) -> list[str]:
        """Name what was asked for."""
        return [path for path, _ in self.asked]

    def give(
        self,
        path: str,
        body: bytes,
        *,
        etag: str = "",
        status: int = 200,
        packed: bool = False,
        coding: str = "",
        length: int | None = None,
    ) -> None:
        """Answer a path with a document; 304 to whoever names its tag. `length` is what it says it is, where it breaks off."""

        def answer(asker: BaseHTTPRequestHandler) -> None:
            if etag and asker.headers.get("If-None-Match") == etag:
                asker.send_response(304)
                asker.end_headers()
                return
            asker.send_response(status)
            if etag:
                asker.send_header("ETag", etag)
            if packed or coding:
                asker.send_header("Content-Encoding", coding or "gzip")
            asker.send_header("Content-Length", str(len(body) if length is None else length))
            asker.end_headers()
            asker.wfile.write(body)

        self.answers[path] = answer

    def lead(self, path: str, target: str) -> None:
        """Redirect a path."""

        def answer(asker: BaseHTTPRequestHandler) -> None:
            asker.send_response(302)
            asker.send_header("Location", target)
            asker.end_headers()

        self.answers[path] = answer

    def hang(self, path: str) -> None:
        """Say nothing until the asker goes."""

        def answer(asker: BaseHTTPRequestHandler) -> None:
            asker.rfile.read(1)

        self.answers[path] = answer

    def drip(self, path: str, *, every_s: float) -> None:
        """Answer a path a byte at a time, for ever."""

        def answer(asker: BaseHTTPRequestHandler) -> None:
            asker.send_response(200)
            asker.end_headers()
            while True:
                asker.wfile.write(b" ")
                asker.wfile.flush()
                time.sleep(every_s)

        self.answers[path] = answer


@contextmanager
def feed_server() -> Iterator[FeedServer]:
    """Serve until the block ends."""
    feed = FeedServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            feed.asked.append((self.path, dict(self.headers)))
            answer = feed.answers.get(self.path)
            try:
                if answer is None:
                    self.send_error(404)
                else:
                    answer(self)
            except OSError:
                self.close_connection = True  # the asker went away

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    feed.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield feed
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
