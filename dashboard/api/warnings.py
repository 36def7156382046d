"""`/api/v1/warnings…`: what was published as CAP 1.2 (OASIS Standard CAP-V1.2), as one message, one by one, and as Atom.

Each list is of one status. The default is the status the centre works in, so a reader of the plain address never meets
a test, and never an exercise once the centre says that its warnings are actual.
"""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from dashboard.api.atom import atom_index
from dashboard.context import Reader, Web, WebParts
from dashboard.problem import not_found
from incidents.cap import Sender, Status, active_document, active_messages, find_message, recent_messages
from incidents.cap.message import LASTS

router = APIRouter(prefix="/warnings", tags=["warnings"])
MOST = 500
INDEX_REACHES = timedelta(hours=24)
CAP_TYPE = "application/cap+xml"
ATOM_TYPE = "application/atom+xml"

Asked = Annotated[Status | None, Query(description="Actual, Exercise, System or Test; default: the centre's own.")]


@router.get(".cap", response_class=Response, responses={200: {"content": {CAP_TYPE: {}}}})
def warnings(web: WebParts, _: Reader, status: Asked = None) -> Response:
    """Give the warnings in force as one CAP 1.2 message, newest first; with none it says so in `note`."""
    now, sender = web.clock(), _sender(web)
    chosen = status or sender.status
    with web.transaction() as cur:
        messages = active_messages(cur, status=chosen, now=now)[:MOST]
        newest = recent_messages(cur, status=chosen, since=now - 2 * LASTS, limit=1)
    body = active_document(
        [message.body for message in messages],
        sender=sender,
        status=chosen,
        number=newest[0].number if newest else 0,
        sent=newest[0].sent if newest else now,
        expires=now + LASTS,
    )
    return Response(body, media_type=CAP_TYPE)


@router.get(".atom", response_class=Response, responses={200: {"content": {ATOM_TYPE: {}}}})
def index(web: WebParts, _: Reader, request: Request, status: Asked = None) -> Response:
    """List the messages of the last 24 h, newest first: alerts, updates and cancellations, each with its address."""
    now, sender = web.clock(), _sender(web)
    chosen = status or sender.status
    with web.transaction() as cur:
        messages = recent_messages(cur, status=chosen, since=now - INDEX_REACHES, limit=MOST)
    body = atom_index(messages, sender=sender, status=chosen, base=str(request.base_url).rstrip("/"), now=now)
    return Response(body, media_type=ATOM_TYPE)


@router.get("/{identifier}.cap", response_class=Response, responses={200: {"content": {CAP_TYPE: {}}}})
def message(web: WebParts, _: Reader, identifier: str) -> Response:
    """Give one message word for word as it was published."""
    with web.transaction() as cur:
        found = find_message(cur, identifier)
    if found is None:
        raise not_found(f"warning {identifier}")
    return Response(found.body, media_type=CAP_TYPE)


def _sender(web: Web) -> Sender:
    settings = web.settings
    return Sender(
        address=settings.cap_sender,
        name=settings.centre,
        status=Status(settings.cap_status),
        zone=settings.zone,
        contact=settings.cap_contact,
        web=settings.cap_web,
        exercise=settings.cap_exercise,
    )
