"""The UDP side of a bridge. A datagram holds whole frames; the answer goes to where it came from.

Peers are remembered by address and port, the longest silent forgotten first: limits hold for a peer, and packets of one report
come in several datagrams. An answer is hardly longer than its frame, so nobody can be flooded through us.
"""

import asyncio
from functools import partial
from typing import Any, cast

from gridwatch.bridge.frames import Frame
from gridwatch.bridge.limits import Closing
from gridwatch.bridge.peer import Peer
from gridwatch.bridge.relay import Relay

FORGIVEN_AFTER_S = 60.0  # a peer that broke a limit is heard again
Address = tuple[Any, ...]


class UdpBridge(asyncio.DatagramProtocol):
    """Takes datagrams until it is stopped."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.DatagramTransport | None = None
        self._peers: dict[Address, Peer] = {}
        self._muted: dict[Address, float] = {}  # until when
        self._is_ending = False

    async def start(self, host: str, port: int) -> None:
        """Listen.

        Raises:
            OSError: the address cannot be listened on.
        """
        await self._loop.create_datagram_endpoint(lambda: self, local_addr=(host, port))

    def stop_listening(self) -> None:
        """Take no datagram any more; what was taken is still answered."""
        self._is_ending = True

    def close(self) -> None:
        """Close the socket."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what answers are sent by."""
        self._transport = cast("asyncio.DatagramTransport", transport)  # what asyncio gives is none by its class

    def error_received(self, exc: Exception) -> None:
        """Pass over that nobody listens where an answer went: the device resends if it needs one."""

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """Publish the frames of a datagram."""
        now = self._loop.time()
        if self._is_ending or self._is_muted(addr, now):
            return
        peer = self._peer(addr, now)
        for frame in [*peer.receive(data, now), *peer.end(now)]:
            self._relay.publish(frame).add_done_callback(partial(self._answer, peer, frame, addr))
        if peer.closing is None and peer.is_full:  # a datagram cannot be made to wait
            peer.closing = Closing.UNACKNOWLEDGED
        if peer.closing is not None:
            self._mute(addr, peer.closing, now)

    def _peer(self, addr: Address, now: float) -> Peer:
        peer = self._peers.pop(addr, None) or Peer(self._relay.dialect, self._relay.limits, now=now)
        self._peers[addr] = peer
        if len(self._peers) > self._relay.limits.connections:
            del self._peers[next(iter(self._peers))]
        return peer

    def _answer(self, peer: Peer, frame: Frame, addr: Address, told: asyncio.Future[bool]) -> None:
        answer = peer.settled(frame, self._relay.clock(), is_published=told.result())
        if answer and self._transport is not None and not self._transport.is_closing():
            self._relay.counters.answers.inc()  # first: who has an answer finds it counted
            self._transport.sendto(answer, addr)

    def _is_muted(self, addr: Address, now: float) -> bool:
        until = self._muted.get(addr)
        if until is not None and now >= until:
            del self._muted[addr]
            return False
        return until is not None

    def _mute(self, addr: Address, reason: Closing, now: float) -> None:
        del self._peers[addr]
        self._muted[addr] = now + FORGIVEN_AFTER_S
        if len(self._muted) > self._relay.limits.connections:
            del self._muted[next(iter(self._muted))]
        self._relay.counters.note_closing(reason, f"{addr[0]}:{addr[1]}", now)
