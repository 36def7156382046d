"""Mount the Dash screens on the web application: /wall, /console, /devices. Refuses to answer for any other path.

Dash carries the layouts and the map components; the live part is in dashboard/assets and its own WebSocket, because a
Dash property keeps only its last value and so loses changes in a burst.
"""

import json
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from dash import Dash, Input, Output, State, ctx, dcc, html
from dash.backends._fastapi import reset_current_request, set_current_request
from dash.development.base_component import Component
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse

from dashboard.auth.guard import ACCOUNT
from dashboard.auth.permissions import LONGEST_SHELVING, Account, Role
from dashboard.messages import Language, choose_language, load_messages, text
from dashboard.pages import console, devices, notifications, overrides, performance, rules, wall
from dashboard.pages.frame import PAGES, Say
from ingest.readings import Fact

LANGUAGE_COOKIE = "gridwatch_language"

_INDEX = Path(__file__).with_name("pages") / "index.html"
_ICON = Path(__file__).with_name("assets") / "gridwatch.svg"
_PAGE_MARK = "__GRIDWATCH_PAGE__"
_LANGUAGE_MARK = "__GRIDWATCH_LANGUAGE__"
_TITLE_MARK = "__GRIDWATCH_TITLE__"


class ScreenSettings(Protocol):
    """What the screens need to know of the web server's settings."""

    @property
    def zone(self) -> str:
        """IANA name of the zone the centre's clock shows, such as Asia/Shanghai."""

    @property
    def tile_url(self) -> str | None:
        """Leaflet tile URL template; None draws the county from its own polygons only."""

    @property
    def language(self) -> str:
        """Language of a screen nobody chose one for."""


def mount(app: FastAPI, settings: ScreenSettings) -> Dash:
    """Add the screens to `app`. Call it last: what is added after it cannot be reached by GET.

    Every path no route knows answers 404. Dash would otherwise answer it 200 with an empty page, the API's too.
    """
    dash = Dash(
        __name__,
        server=app,  # type: ignore[arg-type] # its annotation still knows Flask only
        title=text(Language.ZH, "app.title"),
        update_title=None,  # type: ignore[arg-type] # documented: no "Updating…" in the title
        suppress_callback_exceptions=True,
        assets_ignore=r"login\.css|field.*|labels\.css",
        index_string=_INDEX.read_text(encoding="utf-8"),
    )
    # Without this every page opens Dash's own callback WebSocket, which nothing here uses.
    dash.backend.websocket_capability = False
    dash.layout = html.Div([dcc.Location(id="location", refresh=False), html.Div(id="page")])
    _route_pages(dash, settings)
    _serve_pages(app, dash, settings)
    # Dash looks for assets at the first request under /_dash-; a page asked for before that would come without any.
    dash._setup_server()  # type: ignore[no-untyped-call] # noqa: SLF001 - there is no public call for it
    return dash


def _route_pages(dash: Dash, settings: ScreenSettings) -> None:
    # `dash.callback`, never the global one: after a restart the global one leaves open screens dead.
    @dash.callback(Output("page", "children"), Input("location", "pathname"), State("location", "search"))
    def show(pathname: str, search: str) -> Component | None:
        language = choose_language(_asked(search), (ctx.cookies or {}).get(LANGUAGE_COOKIE), settings.language)
        return _layout(pathname.strip("/"), partial(text, language), settings)


_LAYOUTS = {
    "console": console.layout,
    "devices": devices.layout,
    "rules": rules.layout,
    "overrides": overrides.layout,
    "performance": performance.layout,
    "notifications": notifications.layout,
}


def _layout(page: str, say: Say, settings: ScreenSettings) -> Component | None:
    if page == "wall":
        return wall.layout(say, settings.tile_url)
    layout = _LAYOUTS.get(page)
    return None if layout is None else layout(say)


def _serve_pages(app: FastAPI, dash: Dash, settings: ScreenSettings) -> None:
    def page(request: Request) -> HTMLResponse:
        language = choose_language(
            request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE), settings.language
        )
        token = set_current_request(request)  # type: ignore[no-untyped-call]
        try:
            document = dash.index()  # type: ignore[no-untyped-call]
        finally:
            reset_current_request(token)  # type: ignore[no-untyped-call]
        name = request.url.path.strip("/")
        answer = HTMLResponse(_fill(document, name, language, settings, viewer(request)))
        if "lang" in request.query_params:
            answer.set_cookie(LANGUAGE_COOKIE, language, max_age=365 * 86400, samesite="lax")
        return answer

    def home(request: Request) -> RedirectResponse:
        return RedirectResponse("/wall" if viewer(request)["role"] == Role.SCREEN else "/console", status_code=303)

    def icon() -> FileResponse:
        return FileResponse(_ICON, media_type="image/svg+xml")

    def nothing(rest: str) -> None:
        raise HTTPException(404, f"nothing at /{rest}")

    # Dash has put its own index at "/" already; ours must come first.
    for name in PAGES:
        app.add_api_route(f"/{name}", page, methods=["GET"], include_in_schema=False)
    app.add_api_route("/favicon.ico", icon, methods=["GET"], include_in_schema=False)
    app.add_api_route("/", home, methods=["GET"], include_in_schema=False)
    app.router.routes.insert(0, app.router.routes.pop())
    app.add_api_route("/{rest:path}", nothing, methods=["GET"], include_in_schema=False)


def viewer(request: Request) -> dict[str, Any]:
    """Return who looks at the page, and for how many minutes he may shelve by priority; empty for an unknown one."""
    account: Account | None = getattr(request.state, ACCOUNT, None)
    if account is None:
        return {"name": "", "role": "", "shelving": {}}
    longest = LONGEST_SHELVING[account.role]
    shelving = {str(priority): int(span.total_seconds() // 60) for priority, span in longest.items()}
    return {"name": account.name, "role": account.role, "shelving": shelving}


def _fill(document: str, page: str, language: Language, settings: ScreenSettings, who: dict[str, Any]) -> str:
    """Write what the assets need into the document, so that no text waits for a second request."""
    given = {
        "page": page,
        "language": str(language),
        "zone": settings.zone,
        "viewer": who,
        "messages": dict(load_messages(language)),
        "facts": list(Fact),
    }
    # Inside <script> only "</" could end the element early.
    body = json.dumps(given, ensure_ascii=False).replace("<", "\\u003c")
    title = f"{text(language, f'page.{page}')} · {text(language, 'app.title')}"
    return document.replace(_LANGUAGE_MARK, language).replace(_TITLE_MARK, title).replace(_PAGE_MARK, body)


def _asked(search: str | None) -> str | None:
    pairs = (part.partition("=") for part in (search or "").lstrip("?").split("&"))
    return next((value for key, _, value in pairs if key == "lang"), None)
