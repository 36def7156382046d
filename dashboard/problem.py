"""Every error of the HTTP interface as an RFC 9457 problem document. Refuses to say anything of our inside."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
import psycopg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from alerts import OverrideRefusedError
from dashboard.outage import DATABASE_AWAY

MEDIA_TYPE = "application/problem+json"
log = structlog.get_logger()


class FieldError(BaseModel):
    """One field of a request that was refused."""

    field: str = Field(description="Where: body, query or path, then the name, joined by dots.")
    reason: str = Field(description="What is wrong with it.")


class ProblemDocument(BaseModel):
    """RFC 9457 problem document. `type` is stable and what a program should look at; the rest is for people."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="A URN that names the kind of problem, for example urn:gridwatch:stale-version.")
    title: str = Field(description="The kind of problem in a few words.")
    status: int = Field(description="The HTTP status code.")
    detail: str = Field(description="What is wrong with this request, and what to do.")
    instance: str = Field(description="The path that was asked for.")
    errors: list[FieldError] | None = Field(default=None, description="The fields that were refused, if any.")
    current: dict[str, Any] | None = Field(default=None, description="With 409: the record as it is now.")
    actor: str | None = Field(default=None, description="With 409: who changed the record last.")


class ProblemError(Exception):
    """Ends a request with a problem document.

    `kind` is the last part of the problem's URN. `more` are members besides the standard ones.
    """

    def __init__(
        self,
        status: int,
        kind: str,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        more: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.detail = detail
        self.errors = tuple(errors)
        self.more = dict(more or {})
        self.headers = dict(headers or {})


def invalid(field: str, reason: str) -> ProblemError:
    """Refuse one field of a request with 422."""
    return ProblemError(422, "invalid", f"{field}: {reason}", errors=[FieldError(field=field, reason=reason)])


def not_found(what: str) -> ProblemError:
    """Say that there is no such record."""
    return ProblemError(404, "not-found", f"There is no {what}.")


def respond(problem: ProblemError, path: str) -> Response:
    """Write a problem as the answer to a request for `path`."""
    body = {
        "type": f"urn:gridwatch:{problem.kind}",
        "title": problem.kind.replace("-", " ").capitalize(),
        "status": problem.status,
        "detail": problem.detail,
        "instance": path,
        **({"errors": [error.model_dump() for error in problem.errors]} if problem.errors else {}),
        **problem.more,
    }
    try:
        told = orjson.dumps(body)
    except TypeError:  # half of a character, repeated from the request
        told = json.dumps(body).encode()
    return Response(told, problem.status, problem.headers, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Turn whatever goes wrong in a handler of `app` into a problem document."""
    app.add_exception_handler(ProblemError, _problem)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _validation)
    for kind in DATABASE_AWAY:
        app.add_exception_handler(kind, _database)
    app.add_exception_handler(OverrideRefusedError, _override)
    app.add_exception_handler(psycopg.DataError, _unstorable)
    app.add_exception_handler(UnicodeEncodeError, _unstorable)
    app.add_exception_handler(Exception, _ours)


def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    return respond(error, request.url.path)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    kind = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
    return respond(ProblemError(error.status_code, kind, str(error.detail), headers=error.headers), request.url.path)


def _validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    fields = [
        FieldError(field=".".join(str(part) for part in fault["loc"]), reason=str(fault["msg"]))
        for fault in error.errors()
    ]
    detail = "; ".join(f"{fault.field}: {fault.reason}" for fault in fields)
    return respond(ProblemError(422, "invalid", detail, errors=fields), request.url.path)


def _database(request: Request, error: Exception) -> Response:
    if isinstance(error, psycopg.errors.LockNotAvailable):
        return respond(busy(), request.url.path)
    log.warning("database_unreachable", path=request.url.path, error=str(error).splitlines()[:1])
    return respond(unreachable(), request.url.path)


def unreachable() -> ProblemError:
    """Say that the database cannot be asked now."""
    return ProblemError(
        503, "database-unreachable", "The database cannot be reached; try again shortly.", headers={"Retry-After": "2"}
    )


def busy() -> ProblemError:
    """Say that long work of somebody else, as an import of devices, holds what is asked for."""
    return ProblemError(
        503, "busy", "Somebody else's work, as an import, holds this; try again shortly.", headers={"Retry-After": "5"}
    )


def _override(request: Request, error: Exception) -> Response:
    return respond(ProblemError(422, "override-refused", str(error)), request.url.path)


def _unstorable(request: Request, error: Exception) -> Response:
    """Say of what passed every check that no table holds it: a NUL, half of a character, a number beyond its column."""
    log.warning("request_not_storable", path=request.url.path, error=str(error).splitlines()[:1])
    return respond(
        ProblemError(422, "invalid", "A text or a number of the request cannot be stored."), request.url.path
    )


def _ours(request: Request, error: Exception) -> Response:
    log.error("request_failed", path=request.url.path, method=request.method, exc_info=error)
    return respond(
        ProblemError(500, "internal", "Gridwatch made a mistake; it is in the log of the web server."),
        request.url.path,
    )
