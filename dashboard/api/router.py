"""All resources under /api/v1, and the answer to what is none of them."""

import re
from functools import cache
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response
from starlette.routing import compile_path

from dashboard.api import (
    alarms,
    audit_trail,
    codecs,
    device_imports,
    device_life,
    devices,
    explain,
    field,
    grids,
    identity,
    incidents,
    notifications,
    overrides,
    performance,
    points,
    readings,
    rejected,
    rules,
    token,
    users,
    waiting,
    warnings,
    weather,
    why,
)
from dashboard.problem import ProblemDocument, ProblemError

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemDocument, "description": text}
    for status, text in (
        (401, "Nobody is logged in."),
        (403, "The role or the area of the account does not allow it."),
        (404, "There is no such record."),
        (409, "The record has changed; `current` is how it is now."),
        (422, "A field or parameter is wrong; `errors` names it."),
        (503, "The database cannot be reached now."),
    )
}

router = APIRouter()
_v1 = APIRouter(prefix="/api/v1", responses=PROBLEMS)
for _resource in (
    token,
    alarms,
    why,
    incidents,
    notifications,
    device_imports,
    device_life,
    devices,
    readings,
    explain,
    rules,
    grids,
    overrides,
    performance,
    points,
    warnings,
    weather,
    waiting,
    codecs,
    field,
    rejected,
    identity,
    users,
    audit_trail,
):
    _v1.include_router(_resource.router)
router.include_router(_v1)


@router.api_route("/api/{rest:path}", methods=[*METHODS], include_in_schema=False)
def nothing(request: Request, rest: str) -> Response:
    """Answer 405 where another method would do, else 404. Without this Dash's catch-all would answer with a page."""
    methods = {
        method.upper()
        for template, operations in request.app.openapi()["paths"].items()
        if _pattern(template).match(request.url.path)
        for method in operations
    }
    if methods:
        allowed = sorted(methods)
        raise ProblemError(
            405, "method-not-allowed", f"Use {' or '.join(allowed)}.", headers={"Allow": ", ".join(allowed)}
        )
    raise ProblemError(404, "not-found", f"There is nothing at /api/{rest}.")


@cache
def _pattern(template: str) -> re.Pattern[str]:
    return compile_path(template)[0]
