"""Nobody comes in without a name: every path, the roles, the origins, the login."""

from collections.abc import Callable

import httpx
import pytest
from fastapi import FastAPI

from dashboard.auth.guard import OPEN_PATHS
from dashboard.auth.permissions import PERMISSIONS, Action, Role

PASSWORD = "correct horse battery"
Client = Callable[[str | None], httpx.AsyncClient]


async def test_every_documented_path_refuses_a_stranger(app: FastAPI, client: Client) -> None:
    """No path of the OpenAPI document answers somebody who has not logged in, but the open ones."""
    refused = 0
    for path, methods in app.openapi()["paths"].items():
        for method in methods:
            if path in OPEN_PATHS or path == "/metrics":
                continue
            answer = await client(None).request(method, path.replace("{", "").replace("}", ""), json={})
            assert answer.status_code == 401, (method, path)
            assert answer.headers["content-type"] == "application/problem+json"
            refused += 1
    assert refused > 20


@pytest.mark.parametrize("path", ["/", "/wall", "/console", "/devices", "/_dash-layout", "/_dash-dependencies"])
async def test_the_screens_refuse_a_stranger(client: Client, path: str) -> None:
    """Pages and what Dash serves for them are behind the guard; a browser is led to the login."""
    assert (await client(None).get(path)).status_code == 401
    led = await client(None).get(path, headers={"accept": "text/html"})
    assert (led.status_code, led.headers["location"]) == (303, f"/login?next={path}")


async def test_a_token_from_the_password_opens_the_door(client: Client) -> None:
    """A name and a password give a token, and the token gives the lists."""
    answer = await client(None).post("/api/v1/token", data={"username": "officer", "password": PASSWORD})
    assert answer.status_code == 200
    assert answer.json()["token_type"] == "bearer"
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    me = await client(None).get("/api/v1/users/me", headers=headers)
    assert me.json()["name"] == "officer"
    assert (await client(None).get("/api/v1/alarms", headers=headers)).json() == {"items": [], "next": None}


async def test_a_session_lasts_from_login_to_logout(client: Client) -> None:
    """The login form begins a session, leads to the page that was wanted, and the logout ends it."""
    browser = client(None)
    form = {"username": "officer", "password": PASSWORD, "next": "/wall?lang=en"}
    entered = await browser.post("/login", data=form, headers={"origin": "http://gridwatch.test"})
    assert (entered.status_code, entered.headers["location"]) == (303, "/wall?lang=en")
    assert "httponly" in entered.headers["set-cookie"].lower()
    assert "samesite=lax" in entered.headers["set-cookie"].lower()
    assert (await browser.get("/api/v1/users/me")).json()["role"] == "officer"
    assert (await browser.post("/logout")).status_code == 303
    assert (await browser.get("/api/v1/users/me")).status_code == 401


@pytest.mark.parametrize("wanted", ["//evil.test/", "https://evil.test/", "/\\evil.test", "javascript:alert(1)"])
async def test_the_login_leads_nowhere_else(client: Client, wanted: str) -> None:
    """A link cannot use our login to lead to a foreign page."""
    form = {"username": "officer", "password": PASSWORD, "next": wanted}
    assert (await client(None).post("/login", data=form)).headers["location"] == "/console"


async def test_a_wrong_password_says_so_in_chinese_and_english(client: Client) -> None:
    """The page says what is wrong and keeps the name that was typed, harmlessly."""
    form = {"username": '"><script>', "password": "no"}
    answer = await client(None).post("/login", data=form)
    assert answer.status_code == 401
    assert "账号或密码不正确" in answer.text
    assert "<script>" not in answer.text
    assert "Wrong account or password" in (await client(None).post("/login", data=form | {"lang": "en"})).text


async def test_guessing_is_slowed_down(client: Client) -> None:
    """After five failures a name must wait, even with the right password; another name need not."""
    for _ in range(5):
        answer = await client(None).post("/api/v1/token", data={"username": "officer", "password": "no"})
        assert answer.status_code == 401
    answer = await client(None).post("/api/v1/token", data={"username": "officer", "password": PASSWORD})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 300
    other = await client(None).post("/api/v1/token", data={"username": "admin", "password": PASSWORD})
    assert other.status_code == 200


async def test_a_page_of_another_origin_cannot_act(client: Client) -> None:
    """An unsafe request that a foreign page causes is refused, with a session and at the login."""
    browser = client(None)
    evil = {"origin": "http://evil.test"}
    form = {"username": "admin", "password": PASSWORD}
    assert (await browser.post("/login", data=form, headers=evil)).status_code == 403
    await browser.post("/login", data=form)
    assert (await browser.post("/logout", headers=evil)).status_code == 403
    assert (await browser.post("/logout", headers={"origin": "null"})).status_code == 403
    assert (await browser.get("/api/v1/users/me", headers=evil)).status_code == 200


async def test_a_forged_token_is_nothing(client: Client) -> None:
    """A token we did not sign, and another scheme than Bearer, are refused."""
    for value in ("Bearer abc.def", "Bearer ", "Basic b2ZmaWNlcjpub25l"):
        assert (await client(None).get("/api/v1/alarms", headers={"authorization": value})).status_code == 401


async def test_a_disabled_account_is_out(client: Client) -> None:
    """Disabling an account ends its sessions and lets it in no more; setting a password ends sessions, too."""
    assert (await client("officer").get("/api/v1/users/me")).status_code == 200
    assert (await client("admin").post("/api/v1/users/officer/disable")).status_code == 200
    assert (await client("officer").get("/api/v1/users/me")).status_code == 401
    form = {"username": "officer", "password": PASSWORD}
    assert (await client(None).post("/api/v1/token", data=form)).status_code == 401
    assert (await client("admin").post("/api/v1/users/admin/disable")).status_code == 409
    changed = await client("admin").put("/api/v1/users/screen/password", json={"password": "another long one"})
    assert changed.status_code == 204
    assert (await client("screen").get("/api/v1/users/me")).status_code == 401


@pytest.mark.parametrize("role", list(Role))
async def test_the_roles_do_what_the_table_says(client: Client, role: Role) -> None:
    """For every role and action the answer is 403 exactly where the table does not have the pair."""
    until = "2026-06-01T09:00:00Z"
    calls = {
        Action.READ: ("GET", "/api/v1/alarms", None),
        Action.COMMENT: ("POST", "/api/v1/alarms/1/comment", {"version": 1, "comment": "x"}),
        Action.ACKNOWLEDGE: ("POST", "/api/v1/alarms/1/acknowledge", {"version": 1}),
        Action.SHELVE: ("POST", "/api/v1/alarms/1/shelve", {"version": 1, "until": until, "reason": "x"}),
        Action.OPEN_INCIDENT: ("POST", "/api/v1/incidents", {"kind": "fire", "priority": 1, "grid": "none"}),
        Action.MOVE_INCIDENT: ("POST", "/api/v1/incidents/1/send", {"version": 1}),
        Action.TAKE_OUT_OF_SERVICE: ("POST", "/api/v1/devices/x/out-of-service", {"until": until, "reason": "x"}),
        Action.READ_AUDIT: ("GET", "/api/v1/audit", None),
        Action.REGISTER_DEVICE: ("PUT", "/api/v1/devices/x", {"kind": "gauge"}),
        Action.READ_RAW: ("GET", "/api/v1/waiting", None),
        Action.REGISTER_IN_FIELD: ("GET", "/api/v1/field/devices", None),
        Action.MANAGE_USERS: ("GET", "/api/v1/users", None),
        Action.PROPOSE_RULES: ("POST", "/api/v1/rules/proposals", {"text": "rules: []", "note": "x"}),
        Action.ADMIT_RULES: ("POST", "/api/v1/rules/proposals/1/refuse", {"version": 1, "reason": "x"}),
        Action.RETRY_NOTIFICATION: ("POST", "/api/v1/notifications/1/retry", None),
        Action.DECLARE_WEATHER: ("POST", "/api/v1/weather-warnings/1/cancel", {"reason": "x"}),
    }
    assert calls.keys() == set(Action)
    for action, (method, path, body) in calls.items():
        answer = await client(role.value).request(method, path, json=body)
        assert (answer.status_code == 403) == (action not in PERMISSIONS[role]), (role, action, answer.text)
        assert answer.status_code < 500


async def test_unknown_paths_and_methods_are_problems(client: Client) -> None:
    """An unknown path under /api is 404 and a wrong method 405 with the right ones, as problem documents."""
    officer = client("officer")
    missing = await officer.get("/api/nope")
    assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")
    assert missing.json()["type"] == "urn:gridwatch:not-found"
    wrong = await officer.delete("/api/v1/alarms")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET")
    assert wrong.headers["content-type"] == "application/problem+json"
    assert (await officer.post("/api/v1/devices/x")).headers["allow"] == "GET, PUT"
    assert (await officer.get("/nowhere")).status_code == 404


async def test_answers_carry_the_headers_that_keep_a_page_at_home(client: Client) -> None:
    """No answer may be framed or sniffed, and the API is not kept by a cache."""
    for path in ("/login", "/api/v1/alarms", "/healthz"):
        headers = (await client("officer").get(path)).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
    assert (await client("officer").get("/api/v1/alarms")).headers["cache-control"] == "no-store"
    assert "script" not in (await client(None).get("/login")).headers["content-security-policy"]


async def test_the_metrics_are_for_this_machine_or_who_has_logged_in(app: FastAPI, client: Client) -> None:
    """A scraper on this machine needs no token; one from elsewhere, or through a proxy, does."""
    assert "gridwatch_alarms_active" in (await client(None).get("/metrics")).text
    proxied = {"x-forwarded-for": "10.0.0.7"}
    assert (await client(None).get("/metrics", headers=proxied)).status_code == 401
    elsewhere = httpx.ASGITransport(app, client=("10.0.0.7", 1234))
    async with httpx.AsyncClient(transport=elsewhere, base_url="http://gridwatch.test") as scraper:
        assert (await scraper.get("/metrics")).status_code == 401
    assert (await client("screen").get("/metrics", headers=proxied)).status_code == 200
