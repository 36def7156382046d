"""`/api/v1/points.bin`: places and states of all devices for the map's canvas layer."""

import hashlib

from fastapi import APIRouter, Request
from starlette.responses import Response

from dashboard.api.etag import is_known
from dashboard.context import Reader, WebParts

router = APIRouter(tags=["devices"])


@router.get("/points.bin", response_class=Response, responses={200: {"content": {"application/octet-stream": {}}}})
def points(web: WebParts, _: Reader, request: Request) -> Response:
    """Give all devices as columns.

    Little-endian: u32 n, n × u32 key, n × i32 longitude · 10⁶, n × i32 latitude · 10⁶ (WGS 84 degrees), n × u8 kind (0 smoke, 1 gauge, 2 rain, 3 camera, 4 other), n × u8 state (0 quiet, 1–4 worst
    active priority, 5 offline).
    """
    with web.transaction() as cur:
        body = web.points.read(cur, now=web.clock())
    etag = f'"p{hashlib.blake2b(body, digest_size=8).hexdigest()}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if is_known(request, etag):
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, "application/octet-stream")
