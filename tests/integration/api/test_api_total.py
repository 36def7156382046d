"""Whatever anybody sends to the REST interface, the answer is his fault or a result, never a fault of ours."""

import json
from collections import Counter
from datetime import timedelta
from urllib.parse import quote

import httpx
from fastapi import FastAPI

from tests.api_calls import calls
from tests.integration.api.conftest import START, Clock, County, bearer

JSON = {"Content-Type": "application/json"}
CONFLICT = 409
FAULT = 500


async def test_nothing_that_is_sent_is_a_fault_of_ours(app: FastAPI, county: County, clock: Clock) -> None:
    """Odd text, numbers and shapes in every path, query and body of every route are answered below 500."""
    county.device("d1")
    county.alive(clock())
    later = (START + timedelta(days=1)).isoformat()
    known = {
        "device_id": "d1", "alarm_id": county.alarm("d1"), "incident_id": county.incident(), "action": "send", "id": "w1",
        "grid": "T1-1", "grids": ["T1-1"], "areas": ["T1"], "unit": "m", "metric": "stage", "until": later, "until_at": later,
        "ends_at": later, "to": later, "polygon": None, "gateway": None, "device": None, "condition": "level-high",
        "comment": "x", "password": "a long enough password", "title": "x", "name": "officer", "limits": None, "codec": None,
        "supersedes": None,
    }  # fmt: skip
    faults: dict[str, str] = {}
    answers: Counter[int] = Counter()
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://gridwatch.test", headers=bearer("admin", clock)
    ) as client:
        for call in calls(app.openapi(), known):
            path = quote(call.path.encode("utf-8", "surrogatepass"), safe="/%")
            query = {name: value.encode("utf-8", "replace").decode() for name, value in call.query.items()}
            body = call.body
            for _ in range(2):
                content = None if body is None else json.dumps(body)
                answer = await client.request(call.method, path, params=query, content=content, headers=JSON)
                if answer.status_code != CONFLICT or not isinstance(body, dict) or "version" not in body:
                    break
                seen = (answer.json().get("current") or {}).get("version", 1)
                body = body | {"version": seen}  # what a call before made of it
            answers[answer.status_code] += 1
            if answer.status_code >= FAULT:
                faults.setdefault(f"{call.method} {call.path[:60]} {call.odd}", answer.text[:300])
    assert answers[200] + answers[201] + answers[204] > len(known)  # not all of it was refused at the door
    assert faults == {}
