"""`WS /api/v1/live`: the live feed (docs/reference/http.md). The guard has let the visitor in already."""

from fastapi import APIRouter
from starlette.websockets import WebSocket

from dashboard.context import Web, web
from dashboard.live.feed import Feed

router = APIRouter()
FULL = 1013  # RFC 6455 registry: try again later


@router.websocket("/api/v1/live")
async def live(websocket: WebSocket) -> None:
    """Send a snapshot, or what came after `?from=`, then every change."""
    parts: Web = web(websocket)
    if parts.hub.clients >= parts.settings.live_clients:
        await websocket.close(FULL, "too many screens")
        return
    await websocket.accept()
    feed = Feed(
        websocket,
        parts.hub,
        claim=websocket.state.claim,
        directory=parts.directory,
        clock=parts.clock,
    )
    await feed.serve(_number(websocket.query_params.get("from")))


def _number(text: str | None) -> int | None:
    # Anything that is no number of ours gets a snapshot, which is always right.
    return int(text) if text is not None and text.isascii() and text.isdigit() else None
