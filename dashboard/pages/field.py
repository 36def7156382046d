"""`/field`, the page for a grid worker's phone, and `/labels`, labels to print and stick on devices. Plain pages without Dash.

A phone on the edge of the network loads forty kilobytes instead of three megabytes; nothing here is live.
"""

import io
import json
from html import escape
from string import Template
from typing import Annotated, Any
from urllib.parse import quote

import segno
from fastapi import APIRouter, Query, Request
from pydantic import StringConstraints
from starlette.responses import HTMLResponse, Response

from dashboard.api.field import SURE_WITHIN_M
from dashboard.context import Reader, Web, WebParts
from dashboard.headers import FIELD_PAGE, LABELS_PAGE
from dashboard.messages import Language, choose_language, load_messages, text
from dashboard.problem import not_found
from dashboard.queries.devices import devices_by_id
from ingest.identifiers import ID_LONGEST
from ingest.readings import Fact

router = APIRouter(include_in_schema=False)
LANGUAGE_COOKIE = "gridwatch_language"
SCRIPTS = ("00_page.js", "03_text.js", "04_elements.js", "06_api.js", "field.js", "field_place.js")
LABELS_AT_MOST = 500
LabelId = Annotated[str, StringConstraints(min_length=1, max_length=ID_LONGEST)]  # more does not go into a code

_PAGE = Template("""<!doctype html>
<html lang="$language">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="dark">
<meta name="theme-color" content="#0a1420">
<title>$title · $product</title>
<link rel="icon" type="image/svg+xml" href="/assets/gridwatch.svg">
<link rel="stylesheet" href="/assets/field.css">
<script type="application/json" id="gridwatch-page">$page</script>
</head>
<body>
<main id="field"></main>
<div id="notice" class="notice" role="status"></div>
$scripts
</body>
</html>
""")
_SHEET = Template("""<!doctype html>
<html lang="$language">
<head>
<meta charset="utf-8">
<title>$title · $product</title>
<link rel="stylesheet" href="/assets/labels.css">
</head>
<body>
<header><h1>$title</h1><p>$words</p></header>
<main>$labels</main>
</body>
</html>
""")


@router.get(FIELD_PAGE)
def field_page(web: WebParts, _: Reader, request: Request) -> HTMLResponse:
    """Give the page of the phone."""
    language = _language(web, request)
    account = request.state.account
    given = {
        "page": "field",
        "language": str(language),
        "zone": web.settings.zone,
        "viewer": {"name": account.name, "role": account.role},
        "sure_within_m": SURE_WITHIN_M,
        "messages": _messages(language),
        "facts": list(Fact),
    }
    scripts = "\n".join(f'<script src="/assets/{name}"></script>' for name in SCRIPTS)
    body = _PAGE.substitute(
        language=language,
        title=escape(text(language, "field.title")),
        product=escape(text(language, "app.name")),
        page=json.dumps(given, ensure_ascii=False).replace("<", "\\u003c"),
        scripts=scripts,
    )
    return HTMLResponse(body)


@router.get(LABELS_PAGE)
def labels_page(
    web: WebParts, _: Reader, request: Request, device: Annotated[list[LabelId], Query(max_length=LABELS_AT_MOST)]
) -> HTMLResponse:
    """Give a sheet of labels, one for each device named, to be printed: the code leads the phone to its page."""
    language = _language(web, request)
    with web.transaction() as cur:
        known = {item.id: item for item in devices_by_id(cur, web.grids.table(cur), device, now=web.clock())}
    labels = "\n".join(_label(request, id_, known[id_].name if id_ in known else "") for id_ in dict.fromkeys(device))
    body = _SHEET.substitute(
        language=language,
        title=escape(text(language, "field.labels_title")),
        words=escape(text(language, "field.labels_text", n=len(set(device)))),
        product=escape(text(language, "app.name")),
        labels=labels,
    )
    return HTMLResponse(body)


@router.get(LABELS_PAGE + "/{device_id}.svg")
def label(_: Reader, request: Request, device_id: str) -> Response:
    """Give the code of one device as a picture."""
    if len(device_id) > ID_LONGEST:
        raise not_found(f"device {device_id[:20]}")
    return Response(_code(request, device_id), media_type="image/svg+xml")


def _label(request: Request, device_id: str, name: str) -> str:
    return (
        f'<section class="label"><div class="code">{_code(request, device_id)}</div>'
        f'<div class="words"><strong>{escape(name or device_id)}</strong><span>{escape(device_id)}</span></div></section>'
    )


def _code(request: Request, device_id: str) -> str:
    """Draw a QR code of the address of the device's page on this server, as SVG; correction M: a label gets dirty."""
    url = f"{request.base_url}{FIELD_PAGE.lstrip('/')}?device={quote(device_id, safe='')}"
    out = io.BytesIO()
    segno.make(url, error="m", micro=False).save(
        out, kind="svg", xmldecl=False, omitsize=True, scale=4, border=2, dark="#000", light="#fff"
    )
    return out.getvalue().decode()


def _messages(language: Language) -> dict[str, Any]:
    wanted = ("field.", "kind.", "devices.datum.", "notice.", "age.", "app.", "devices.field_")
    return {key: value for key, value in load_messages(language).items() if key.startswith(wanted)}


def _language(web: Web, request: Request) -> Language:
    return choose_language(
        request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE), web.settings.language
    )
