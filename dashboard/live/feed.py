"""One screen on the live feed: first everything, then every change, and beats in between.

Overload policy: a screen that is further behind than the backlog gets a snapshot instead of what it missed; one that
takes nothing at all for 30 s is cut off. What a screen sends is thrown away.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocket, WebSocketDisconnect

from dashboard.auth.credentials import Claim
from dashboard.auth.directory import Directory
from dashboard.live.hub import Hub
from dashboard.outage import DATABASE_AWAY

PAGE = 200  # frames between two looks at whether the screen is still near enough
STALLED_S = 30.0
EXPIRED = 4401


class SessionExpiredError(Exception):
    """The login behind a feed holds no longer."""


class Feed:
    """Serves one accepted WebSocket until it ends."""

    def __init__(
        self, websocket: WebSocket, hub: Hub, *, claim: Claim, directory: Directory, clock: Callable[[], datetime]
    ) -> None:
        self._websocket = websocket
        self._hub = hub
        self._claim = claim
        self._directory = directory
        self._clock = clock

    async def serve(self, start: int | None) -> None:
        """Send from after `start`, or a snapshot first where that is not possible or None."""
        self._hub.clients += 1
        sending = asyncio.create_task(self._send(start))
        receiving = asyncio.create_task(self._receive())
        try:
            await asyncio.wait({sending, receiving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._hub.clients -= 1
            sending.cancel()
            receiving.cancel()
            outcome, _ = await asyncio.gather(sending, receiving, return_exceptions=True)
        match outcome:
            case SessionExpiredError():
                with suppress(WebSocketDisconnect, RuntimeError):
                    await self._websocket.close(EXPIRED, "session expired")
            case WebSocketDisconnect() | TimeoutError() | asyncio.CancelledError() | None:
                pass  # the screen went away, or takes nothing any more
            case _:
                raise outcome

    async def _receive(self) -> None:
        # Without this a screen that went away would be noticed only at the next frame.
        while (await self._websocket.receive())["type"] != "websocket.disconnect":
            pass

    async def _send(self, start: int | None) -> None:
        at, beats = start, self._hub.beats
        while True:
            if self._hub.beats != beats:
                beats = self._hub.beats
                await self._send_all([self._hub.beat])
                await self._check_session()
                continue
            frames = None if at is None else self._hub.after(at, limit=PAGE)
            if frames is None:
                try:
                    snapshot = await self._hub.snapshot()
                except DATABASE_AWAY:
                    await self._hub.wait()
                    continue
                await self._send_all([snapshot.text])
                at = snapshot.seq
            elif frames and at is not None:
                await self._send_all(frames)
                at += len(frames)
            else:
                await self._hub.wait()  # nothing was awaited since we looked, so no news was missed

    async def _send_all(self, frames: list[str]) -> None:
        async with asyncio.timeout(STALLED_S):
            for frame in frames:
                await self._websocket.send_text(frame)

    async def _check_session(self) -> None:
        """End the feed when the login has expired or the account was changed: a socket outlives its cookie."""
        is_known, account = self._directory.known(self._claim.name)
        if not is_known:
            try:
                account = await run_in_threadpool(self._directory.look_up, self._claim.name)
            except DATABASE_AWAY:
                return  # that we cannot ask is no reason to blind the wall
        if not self._claim.holds(account, self._clock()):
            raise SessionExpiredError
