"""`/healthz`, `/readyz`, `/metrics`: for whoever watches over the server. Tells nothing of the county but counts."""

from datetime import datetime
from pathlib import Path

import psycopg
from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field
from starlette.responses import FileResponse, JSONResponse, Response

from alerts.deadlines import overdue
from dashboard.context import Web, WebParts
from dashboard.outage import DATABASE_AWAY
from dashboard.queries.counters import read_worker
from dashboard.queries.notifications import read_notifier
from database import is_at_head

routes = APIRouter(tags=["watch"])
NOTIFIER_SILENCE_S = 30.0  # it may decide on a storm of thousands in between
ASSETS = Path(__file__).parent / "assets"


class PartState(BaseModel):
    """How one part is."""

    ready: bool = Field(description="Whether it does its work.")
    reason: str = Field(description="Why not; empty if it does.")


class Readiness(BaseModel):
    """Whether Gridwatch can do its work, part by part."""

    ready: bool = Field(description="Whether every part is ready.")
    parts: dict[str, PartState] = Field(
        description="database, migrations, worker, deadlines; the notifier where there is one."
    )


@routes.get("/healthz")
async def healthz() -> dict[str, str]:
    """Say that the process answers; it says nothing of anything else."""
    return {"state": "alive"}


@routes.get("/readyz", responses={503: {"model": Readiness, "description": "A part is not ready."}})
def readyz(web: WebParts) -> Response:
    """Say of every part whether it does its work: 200 if all do, 503 with the reasons if not."""
    reasons = _reasons(web, web.clock())
    parts = {name: PartState(ready=not reason, reason=reason) for name, reason in reasons.items()}
    answer = Readiness(ready=not any(reasons.values()), parts=parts)
    return JSONResponse(answer.model_dump(), 200 if answer.ready else 503, {"Cache-Control": "no-store"})


def _reasons(web: Web, now: datetime) -> dict[str, str]:
    unknown = "unknown: the database does not answer"
    try:
        with web.sessions.lend() as connection:
            migrations = "" if is_at_head(connection) else "not at head: run `gridwatch migrate`"
            worker = "" if migrations else _worker(web, connection.cursor(), now)
            deadlines = "" if migrations else _deadlines(connection.cursor(), now)
            notifier = "" if migrations else _notifier(web, connection.cursor(), now)
    except DATABASE_AWAY as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        return {
            "database": f"does not answer: {reason}",
            "migrations": unknown,
            "worker": unknown,
            "deadlines": unknown,
        }
    unseen = "unknown" if migrations else ""
    parts = {"database": "", "migrations": migrations, "worker": worker or unseen, "deadlines": deadlines or unseen}
    return parts | ({"notifier": notifier or unseen} if web.settings.notifies else {})


def _worker(web: Web, cur: psycopg.Cursor[tuple[object, ...]], now: datetime) -> str:
    alive_at = read_worker(cur, now=now).alive_at
    if alive_at is None:
        return "has never given a sign"
    silent = (now - alive_at).total_seconds()
    return f"silent for {silent:.0f} s" if silent > web.settings.worker_silence_s else ""


def _notifier(web: Web, cur: psycopg.Cursor[tuple[object, ...]], now: datetime) -> str:
    if not web.settings.notifies:
        return ""
    alive_at, _ = read_notifier(cur)
    if alive_at is None:
        return "has never given a sign"
    silent = (now - alive_at).total_seconds()
    return f"silent for {silent:.0f} s" if silent > NOTIFIER_SILENCE_S else ""


def _deadlines(cur: psycopg.Cursor[tuple[object, ...]], now: datetime) -> str:
    """Audit what the worker should have done, whatever it says of itself (lessons, row 14)."""
    count, since = overdue(cur, now)
    if since is None:
        return ""
    return f"{count} left undone, the oldest since {(now - since).total_seconds():.0f} s"


@routes.get("/metrics", response_class=Response)
def metrics(web: WebParts) -> Response:
    """Give the numbers for Prometheus. Open to this machine; from elsewhere only with a token."""
    return Response(generate_latest(web.metrics.registry), media_type=CONTENT_TYPE_LATEST)


@routes.get("/assets/login.css", include_in_schema=False)
def login_style() -> FileResponse:
    """Give the style of the login page, which is needed before anybody is known."""
    return FileResponse(ASSETS / "login.css", media_type="text/css", headers={"Cache-Control": "max-age=300"})
