"""`/login` and `/logout`: the session of a browser."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboard import audit
from dashboard.auth.credentials import KEY, claim, session_lifetime
from dashboard.auth.door import TooManyAttemptsError, WrongPasswordError
from dashboard.auth.login_page import TEXTS, login_page
from dashboard.auth.permissions import Account, Role
from dashboard.context import Web, WebParts
from dashboard.outage import DATABASE_AWAY

router = APIRouter(include_in_schema=False)


@router.get("/login")
def show(web: WebParts, lang: str = "", next: str = "") -> HTMLResponse:  # noqa: A002 - the name in the address
    """Show the form."""
    language = _language(web, lang)
    return HTMLResponse(login_page(lang=language, centre=web.settings.centre, wanted=_own_path(next)))


@router.post("/login")
def log_in(
    web: WebParts,
    request: Request,
    username: Annotated[str, Form(max_length=64)] = "",
    password: Annotated[str, Form(max_length=256)] = "",
    lang: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "",  # noqa: A002 - the name in the form
) -> Response:
    """Check the password, begin a session and go where the visitor wanted to go."""
    language, wanted = _language(web, lang), _own_path(next)
    address = request.client.host if request.client else "unknown"
    try:
        account = web.door.open(username, password, address=address, way="login")
    except WrongPasswordError:
        message, status = TEXTS[language]["wrong"], 401
    except TooManyAttemptsError as error:
        message, status = TEXTS[language]["wait"].format(seconds=error.seconds), 429
    except DATABASE_AWAY:
        message, status = TEXTS[language]["database"], 503
    else:
        now = web.clock()
        request.session.clear()
        request.session[KEY] = claim(account, lifetime=session_lifetime(web.settings, account.role), now=now).to_json()
        return RedirectResponse(wanted or _home(account), 303)
    page = login_page(lang=language, centre=web.settings.centre, wanted=wanted, name=username, message=message)
    return HTMLResponse(page, status)


@router.post("/logout")
def log_out(web: WebParts, request: Request) -> Response:
    """End this browser's session."""
    account: Account = request.state.account
    request.session.clear()
    with web.transaction() as cur:
        audit.append(cur, actor=account.name, action="logout", target=account.name, detail={}, now=web.clock())
    return RedirectResponse("/login", 303)


def _home(account: Account) -> str:
    return "/wall" if account.role is Role.SCREEN else "/console"


def _language(web: Web, asked: str) -> str:
    return asked if asked in TEXTS else web.settings.language


def _own_path(wanted: str) -> str:
    """Keep a path of ours, drop everything else: a link must not lead through our login to a foreign page."""
    parts = urlsplit(wanted)
    is_own = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return wanted if is_own and wanted.isprintable() and not wanted.startswith("/login") else ""
