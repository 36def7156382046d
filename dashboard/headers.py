"""ASGI: the headers that tell a browser what our pages may do. Refuses every foreign source but the base map's tiles."""

import re
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# A login page needs nothing but its style sheet.
LOGIN_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


FIELD_PAGE = "/field"
LABELS_PAGE = "/labels"


def page_policy(tile_url: str | None) -> str:
    """Write the content security policy of the screens.

    Dash puts its configuration into inline scripts, and its components set inline styles and compile functions from
    text: hence 'unsafe-inline' and 'unsafe-eval', for our own origin only.
    """
    tiles = f" {_origin(tile_url)}" if tile_url and urlsplit(tile_url).netloc else ""
    return (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        f"img-src 'self' data: blob:{tiles}; connect-src 'self'; font-src 'self' data:; worker-src 'self' blob:; "
        "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    )


def _origin(tile_url: str) -> str:
    """Name the servers of a tile template: a host part with a placeholder may be any."""
    parts = urlsplit(tile_url)
    host = ".".join("*" if "{" in label else label for label in parts.netloc.split("."))
    # Only the first label of a source may be a wildcard (CSP 3 §2.3.1).
    host = re.sub(r"^.*\*", "*", host)
    return f"{parts.scheme}://{host}"


class SecurityHeaders:
    """Adds the headers to every answer, also to those of the guard and of errors."""

    def __init__(self, app: ASGIApp, *, tile_url: str | None) -> None:
        self._app = app
        self._page_policy = page_policy(tile_url)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                policy = LOGIN_POLICY if path == "/login" else self._page_policy
                headers.setdefault("Content-Security-Policy", policy)
                headers.setdefault("X-Content-Type-Options", "nosniff")
                headers.setdefault("X-Frame-Options", "DENY")
                headers.setdefault("Referrer-Policy", "same-origin")
                place = "(self)" if path == FIELD_PAGE else "()"  # a grid worker's phone tells where it stands
                headers.setdefault("Permissions-Policy", f"geolocation={place}, camera=(), microphone=()")
                if path.startswith("/api/") or path in {
                    "/login",
                    "/wall",
                    "/console",
                    "/devices",
                    FIELD_PAGE,
                    LABELS_PAGE,
                }:
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, add)
