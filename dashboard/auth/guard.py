"""One pure-ASGI guard in front of every HTTP route and every WebSocket, ours and Dash's (decision 0006).

Refuses whoever has not logged in, and whatever a page of another origin sends. Roles are asked for by the handlers.
"""

import ipaddress
from collections.abc import Callable, Collection
from datetime import datetime
from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.auth.credentials import KEY, Claim, Tokens, read_claim
from dashboard.auth.directory import Directory
from dashboard.auth.permissions import Account
from dashboard.outage import DATABASE_AWAY
from dashboard.problem import ProblemError, respond, unreachable

ACCOUNT = "account"  # request.state.account: who asks, None on an open path
CLAIM = "claim"

OPEN_PATHS = frozenset(
    {"/login", "/assets/login.css", "/healthz", "/readyz", "/api/v1/token", "/api/v1/openapi.json", "/favicon.ico"}
)
OPEN_PREFIXES = ("/_dash-component-suites/",)  # published JavaScript packages, nothing of the county
LOOPBACK_PATHS = frozenset({"/metrics"})  # for a scraper on this machine; from elsewhere with a token
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Guard:
    """Lets a request through with its account in the scope, or answers it itself."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        tokens: Tokens,
        clock: Callable[[], datetime],
        origins: Collection[str] = (),
    ) -> None:
        self._app = app
        self._tokens = tokens
        self._clock = clock
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        refusal = await self._judge(scope)
        if refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 4401, "reason": refusal.kind})  # before accept: HTTP 403
        else:
            await _refuse(refusal, scope)(scope, receive, send)

    async def _judge(self, scope: Scope) -> ProblemError | None:
        """Say why a request is refused; None, and the account in the scope, if it is not."""
        headers = Headers(scope=scope)
        is_unsafe = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
        if is_unsafe and not self._is_own_origin(headers):
            return ProblemError(403, "foreign-origin", "A page of another origin may not act here.")
        state = scope.setdefault("state", {})
        state[ACCOUNT] = state[CLAIM] = None
        if scope["type"] == "http" and _is_open(scope, headers):
            return None
        claim = self._claim(scope, headers)
        try:
            account = await _account(scope["app"].state.web.directory, claim)
        except DATABASE_AWAY:
            return unreachable()
        if claim is None or account is None or not claim.holds(account, self._clock()):
            return ProblemError(
                401, "not-logged-in", "Log in, or send a bearer token.", headers={"WWW-Authenticate": "Bearer"}
            )
        state[ACCOUNT], state[CLAIM] = account, claim
        return None

    def _is_own_origin(self, headers: Headers) -> bool:
        """Tell whether the request comes from a page of ours, or from no page at all.

        Every browser sends Origin with a WebSocket handshake (RFC 6455 §4.1) and with an unsafe request, so a
        request without one was not caused by a foreign page.
        """
        origin = headers.get("origin")
        return origin is None or origin in self._origins or urlsplit(origin).netloc == headers.get("host")

    def _claim(self, scope: Scope, headers: Headers) -> Claim | None:
        authorization = headers.get("authorization")
        if authorization is not None:
            scheme, _, token = authorization.partition(" ")
            return self._tokens.read(token.strip()) if scheme.lower() == "bearer" else None
        return read_claim(scope.get("session", {}).get(KEY))


async def _account(directory: Directory, claim: Claim | None) -> Account | None:
    if claim is None:
        return None
    is_known, account = directory.known(claim.name)
    return account if is_known else await run_in_threadpool(directory.look_up, claim.name)


def _is_open(scope: Scope, headers: Headers) -> bool:
    path = scope["path"]
    if path in OPEN_PATHS or path.startswith(OPEN_PREFIXES):
        return True
    return path in LOOPBACK_PATHS and _is_from_here(scope, headers)


def _is_from_here(scope: Scope, headers: Headers) -> bool:
    # Behind a proxy on this machine everybody comes from loopback; the proxy says so.
    if scope.get("client") is None or "forwarded" in headers or "x-forwarded-for" in headers:
        return False
    try:
        return ipaddress.ip_address(scope["client"][0]).is_loopback
    except ValueError:
        return False


def _refuse(refusal: ProblemError, scope: Scope) -> Response:
    headers = Headers(scope=scope)
    wants_page = "text/html" in headers.get("accept", "") and not scope["path"].startswith("/api/")
    if refusal.status == 401 and wants_page and scope["method"] in SAFE_METHODS:  # noqa: PLR2004
        query = scope["query_string"].decode("latin-1")
        wanted = scope["path"] + (f"?{query}" if query else "")
        return RedirectResponse(f"/login?next={quote(wanted, safe='/')}", 303)
    return respond(refusal, scope["path"])
