"""Put the web server together: guard, login, REST, live feed, screens. Reads no clock: it is told one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.sessions import SessionMiddleware

from dashboard import api, problem
from dashboard.auth import login
from dashboard.auth.credentials import Tokens
from dashboard.auth.directory import Directory
from dashboard.auth.door import Door
from dashboard.auth.guard import Guard
from dashboard.context import Web
from dashboard.headers import SecurityHeaders
from dashboard.imports import Imports
from dashboard.live import route as live
from dashboard.live.hub import Hub
from dashboard.live.picture import Pictures
from dashboard.metrics import CountRequests, CountyCollector, WebMetrics
from dashboard.metrics_performance import PerformanceCollector
from dashboard.outage import Sessions
from dashboard.pages.field import router as field_pages
from dashboard.queries.counters import Counting
from dashboard.queries.drawings import Drawings
from dashboard.queries.grids import GridNames
from dashboard.queries.points import Points
from dashboard.settings import WebSettings
from dashboard.trials import Trials
from dashboard.watch import routes as watch
from database import open_pool

SESSION_COOKIE = "gridwatch_session"
FEED_SESSIONS = 2  # the live feed never waits for a database session that a slow request holds
SMALLEST_ZIPPED = 1000  # bytes; below that the header costs more than it saves
LEVEL_ZIPPED = 5


def create_app(settings: WebSettings, *, clock: Callable[[], datetime]) -> FastAPI:
    """Make the application. It connects to the database when it is started, and starts without one, too.

    `clock` gives the present instant, aware UTC; the front door's is `gridwatch.clock.now`.
    """
    tokens = Tokens(settings.secret.get_secret_value())
    metrics = WebMetrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with _parts(app, settings, clock, tokens, metrics):
            yield

    app = FastAPI(
        title="Gridwatch",
        version="1",
        lifespan=lifespan,
        docs_url=None,  # its page would load scripts from a CDN
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        redirect_slashes=False,
    )
    problem.install(app)
    app.include_router(login.router)
    app.include_router(watch)
    app.include_router(live.router)
    app.include_router(field_pages)
    app.include_router(api.router)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    _add_layers(app, settings, clock, tokens, metrics)
    _mount_screens(app, settings)
    return app


def _add_layers(
    app: FastAPI, settings: WebSettings, clock: Callable[[], datetime], tokens: Tokens, metrics: WebMetrics
) -> None:
    """Add the layers, innermost first: the guard needs the session, so the session is outside of it."""
    app.add_middleware(Guard, tokens=tokens, clock=clock, origins=settings.origins)
    app.add_middleware(
        SessionMiddleware,
        secret_key=settings.secret.get_secret_value(),
        session_cookie=SESSION_COOKIE,
        # Each login carries its own end; the cookie lasts as long as the longest of them.
        max_age=int(timedelta(days=settings.screen_days).total_seconds()),
        same_site="lax",
        https_only=settings.secure_cookies,
    )
    app.add_middleware(GZipMiddleware, minimum_size=SMALLEST_ZIPPED, compresslevel=LEVEL_ZIPPED)
    app.add_middleware(CountRequests, metrics=metrics)
    app.add_middleware(SecurityHeaders, tile_url=settings.tile_url)


def _mount_screens(app: FastAPI, settings: WebSettings) -> None:
    from dashboard.dash_app import mount

    mount(app, settings)


@asynccontextmanager
async def _parts(
    app: FastAPI, settings: WebSettings, clock: Callable[[], datetime], tokens: Tokens, metrics: WebMetrics
) -> AsyncIterator[None]:
    """Open what the handlers need, run the live feed, and close everything again."""
    pool = open_pool(settings.database_url, size=settings.pool_size, name="gridwatch web")
    feed_pool = open_pool(settings.database_url, size=FEED_SESSIONS, name="gridwatch live")
    grids, counting = GridNames(), Counting()
    pictures = Pictures(feed_pool, grids=grids, counting=counting, clock=clock, most=settings.live_backlog)
    sessions = Sessions(pool)
    hub = Hub(
        settings.database_url,
        pictures,
        sessions=sessions,
        clock=clock,
        beat_s=settings.beat_s,
        capacity=settings.live_backlog,
    )
    trials = Trials(settings.database_url, clock=clock)
    imports = Imports(settings.database_url, clock=clock)
    county = CountyCollector(sessions, grids=grids, counting=counting, clients=lambda: hub.clients, clock=clock)
    metrics.registry.register(county)
    room = PerformanceCollector(sessions, seats=settings.seats, clock=clock)
    metrics.registry.register(room)
    app.state.web = Web(
        settings=settings,
        clock=clock,
        sessions=sessions,
        directory=Directory(sessions, clock),
        door=Door(sessions, clock),
        tokens=tokens,
        grids=grids,
        counting=counting,
        drawings=Drawings(),
        points=Points(),
        metrics=metrics,
        hub=hub,
        trials=trials,
        imports=imports,
    )
    tasks = [asyncio.create_task(hub.run()), asyncio.create_task(trials.run()), asyncio.create_task(imports.run())]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        hub.close()
        metrics.registry.unregister(county)
        metrics.registry.unregister(room)
        await asyncio.to_thread(pool.close, 1)
        await asyncio.to_thread(feed_pool.close, 1)


def _openapi(app: FastAPI) -> dict[str, Any]:
    """Describe the REST interface, with the two ways of showing who one is."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title="Gridwatch",
            version="1",
            description="Times are RFC 3339. Coordinates are WGS 84 degrees. Errors are RFC 9457 problem documents.",
            routes=app.routes,
        )
        schema.setdefault("components", {})["securitySchemes"] = {
            "token": {"type": "oauth2", "flows": {"password": {"tokenUrl": "/api/v1/token", "scopes": {}}}},
            "session": {"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE},
        }
        schema["security"] = [{"token": []}, {"session": []}]
        schema["paths"]["/api/v1/token"]["post"]["security"] = []
        app.openapi_schema = schema
    return app.openapi_schema
