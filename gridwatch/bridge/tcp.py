"""The TCP side of a bridge: moves bytes between sockets and peers, asks the clock, closes whom a limit hits."""

import asyncio
import socket
from collections import deque
from typing import Final

from gridwatch.bridge.doors import Doors
from gridwatch.bridge.frames import Frame
from gridwatch.bridge.limits import Closing
from gridwatch.bridge.peer import Peer
from gridwatch.bridge.relay import Relay

BACKLOG = 1_024
# A station that lost power leaves a connection that never ends: after two minutes without an echo the system ends it.
_ALIVE: Final = (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4))


class TcpBridge:
    """Accepts peers until it is stopped."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self.doors = Doors(relay.limits)
        self._server: asyncio.Server | None = None
        self._lines: set[Line] = set()

    async def start(self, host: str, port: int) -> int:
        """Listen, and tell the port.

        Raises:
            OSError: the address cannot be listened on.
        """
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Line(self), host, port, backlog=BACKLOG)
        return int(self._server.sockets[0].getsockname()[1])

    def stop_listening(self) -> None:
        """Take no new peer, and nothing more from those that are there; what was taken is still answered."""
        if self._server is not None:
            self._server.close()
        for line in self._lines:
            line.stop_reading()

    def close(self) -> None:
        """End every connection."""
        for line in list(self._lines):
            line.hang_up()

    def admit(self, line: "Line", address: str) -> Closing | None:
        """Let a connection in, or say why not; whoever gives way for it is closed."""
        admitted = self.doors.admit(line, address)
        if isinstance(admitted, Closing):
            return admitted
        if isinstance(admitted.gives_way, Line):
            admitted.gives_way.shut(Closing.MADE_ROOM)
        self._lines.add(line)
        self.relay.counters.accepted.inc()
        self.relay.counters.connections.set(len(self.doors))
        return None

    def forget(self, line: "Line") -> None:
        """Take note that a connection has ended."""
        self.doors.leave(line)
        self._lines.discard(line)
        self.relay.counters.connections.set(len(self.doors))


class Line(asyncio.Protocol):
    """One connection. Answers go out in the order of their frames."""

    def __init__(self, bridge: TcpBridge) -> None:
        self._bridge = bridge
        self._relay = bridge.relay
        self._loop = asyncio.get_running_loop()
        self._peer = Peer(self._relay.dialect, self._relay.limits, now=self._loop.time())
        self._pending: deque[tuple[Frame, asyncio.Future[bool]]] = deque()
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._name = ""
        self._is_ending = False
        self._is_held = False  # not read from until the broker has acknowledged what was taken

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See whether there is room."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        address, port, *_ = transport.get_extra_info("peername") or ("?", 0)
        self._name = f"{address}:{port}"
        _keep_alive(transport.get_extra_info("socket"))
        refused = self._bridge.admit(self, address)
        if refused is not None:
            self.shut(refused)
            return
        self._wind()

    def data_received(self, data: bytes) -> None:
        """Take what the peer sends."""
        if not self._is_ending:
            self._take(self._peer.receive(data, self._loop.time()))

    def eof_received(self) -> bool:
        """Publish what is whole, answer it, and then close."""
        if not self._is_ending:
            self._take(self._peer.end(self._loop.time()))
            self._bridge.doors.ended(self)  # while the broker is away nothing else would end it
        self._is_ending = True
        self._answer()
        return True

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 -- asyncio's signature
        """Forget the connection; what it brought is still published."""
        self._is_ending = True
        self._pending.clear()
        if self._timer is not None:
            self._timer.cancel()
        self._bridge.forget(self)

    def stop_reading(self) -> None:
        """Take nothing more; what was taken is answered."""
        if self._transport is not None and not self._transport.is_closing() and not self._is_ending:
            self._transport.pause_reading()
        self._is_ending = True

    def hang_up(self) -> None:
        """Close when all that was written is sent."""
        if self._transport is not None:
            self._transport.close()

    def shut(self, reason: Closing) -> None:
        """Close at once, for a reason."""
        if self._transport is None or self._transport.is_closing():
            return
        self._is_ending = True
        self._relay.counters.note_closing(reason, self._name, self._loop.time())
        self._transport.abort()

    def _take(self, frames: list[Frame]) -> None:
        for frame in frames:
            told = self._relay.publish(frame)
            self._pending.append((frame, told))
            told.add_done_callback(self._answer)
        if self._peer.is_proven:
            self._bridge.doors.prove(self)
        if self._peer.closing is not None:
            self.shut(self._peer.closing)
        elif self._peer.is_full and not self._is_ending and not self._is_held and self._transport is not None:
            # What a station kept during an outage comes at once. It waits in the sockets; closed, it would begin anew for ever.
            self._is_held = True
            self._transport.pause_reading()
            self._bridge.doors.ended(self)  # while the broker is away nobody would see it go

    def _go_on(self) -> None:
        self._is_held = False
        self._peer.heard_again(self._loop.time())
        self._bridge.doors.prove(self)
        assert self._transport is not None
        self._transport.resume_reading()
        self._wind()

    def _answer(self, _told: object = None) -> None:
        """Answer every frame in front whose fate is known."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        while self._pending and self._pending[0][1].done():
            frame, told = self._pending.popleft()
            answer = self._peer.settled(frame, self._relay.clock(), is_published=told.result())
            if answer:
                self._relay.counters.answers.inc()  # first: who has an answer finds it counted
                transport.write(answer)
        if transport.get_write_buffer_size() > self._relay.limits.unread_bytes:
            self.shut(Closing.NOT_READING)
        elif self._is_ending and not self._pending:
            transport.close()
        elif self._is_held and not self._is_ending and not self._peer.is_full:
            self._go_on()

    def _wind(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(self._peer.due(), self._look)

    def _look(self) -> None:
        if self._is_ending or self._is_held:
            return
        self._take(self._peer.look(self._loop.time()))
        if not self._is_ending:
            self._wind()


def _keep_alive(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _ALIVE:
        if hasattr(socket, name):  # macOS has other names
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
