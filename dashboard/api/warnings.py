"""`/api/v1/warnings.cap`: what is going on, as one CAP 1.2 message (OASIS Standard CAP-V1.2)."""

from fastapi import APIRouter
from starlette.responses import Response

from dashboard.api.cap import Sender, cap_message
from dashboard.context import Reader, WebParts
from dashboard.queries.incidents import open_incidents
from database import newest_change

router = APIRouter(tags=["incidents"])
MOST = 500


@router.get("/warnings.cap", response_class=Response, responses={200: {"content": {"application/cap+xml": {}}}})
def warnings(web: WebParts, _: Reader) -> Response:
    """Give one CAP 1.2 message with one `info` per open incident of priority 1 or 2; with none it says so."""
    settings, now = web.settings, web.clock()
    with web.transaction() as cur:
        cur.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        seq = newest_change(cur)
        incidents = open_incidents(cur, web.grids.table(cur), limit=MOST)
    sender = Sender(
        address=settings.cap_sender,
        name=settings.centre,
        status=settings.cap_status,
        zone=settings.zone,
        language="zh-CN" if settings.language == "zh" else "en-US",
    )
    return Response(cap_message(incidents, sender, seq=seq, now=now), media_type="application/cap+xml")
