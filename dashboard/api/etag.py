"""Whether the asker has an answer already (RFC 9110 §13.1.2). Pure."""

from starlette.requests import Request


def is_known(request: Request, etag: str) -> bool:
    """Tell whether If-None-Match names this ETag."""
    given = request.headers.get("if-none-match", "")
    return given.strip() == "*" or etag in (part.strip().removeprefix("W/") for part in given.split(","))
