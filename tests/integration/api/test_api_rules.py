"""Changing a rule over HTTP: proposed, tried, and admitted by a second officer who saw the table."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from alerts import RuleSet, default_rules
from alerts.admission import AdmissionMode, RuleFile, take_file
from alerts.rules import load_rules
from dashboard import audit
from tests.integration.api.conftest import START, Clock, County

Client = Callable[[str | None], httpx.AsyncClient]
CHANGED = default_rules().text.replace("deadband: 0.02", "deadband: 0.05", 1)
WITHIN_S = 30
SPAN = {"from": (START - timedelta(days=1)).isoformat(), "to": START.isoformat()}


@pytest.fixture
def rules(county: County) -> RuleSet:
    """The packaged rules, in force."""
    with county.connection.cursor() as cur:
        take_file(cur, RuleFile(rules=default_rules(), is_packaged=True), now=START - timedelta(days=30))
    county.connection.commit()
    return default_rules()


async def _proposed(client: Client, name: str = "officer", text: str = CHANGED) -> dict[str, Any]:
    answer = await client(name).post("/api/v1/rules/proposals", json={"text": text, "note": "水位抖动"})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def _tried(client: Client, proposal: dict[str, Any], name: str = "officer") -> dict[str, Any]:
    """Try a proposal and wait for its table."""
    path = f"/api/v1/rules/proposals/{proposal['id']}"
    answer = await client(name).post(f"{path}/try", json={"version": proposal["version"], **SPAN})
    assert answer.status_code == 202, answer.text
    async with asyncio.timeout(WITHIN_S):
        while True:
            found: dict[str, Any] = (await client(name).get(path)).json()
            if found["trying_since"] is None:
                return found
            await asyncio.sleep(0.05)


async def test_the_rules_in_force_are_told_with_their_version_and_words(client: Client, rules: RuleSet) -> None:
    """Each rule in force comes with guidance, parameters in words of either language, and how often it spoke."""
    chinese = (await client("screen").get("/api/v1/rules")).json()
    english = (await client("screen").get("/api/v1/rules?lang=en")).json()
    assert chinese["version"] == 1
    assert (chinese["origin"], chinese["actor"], chinese["sha256"]) == ("file", "file", rules.sha256)
    assert [rule["name"] for rule in chinese["rules"]] == [rule.common.name for rule in rules.rules]
    stage = next(rule for rule in chinese["rules"] if rule["name"] == "stage-high")
    assert {"key": "deadband", "label": "回差", "value": "0.02 m"} in stage["words"]
    stage = next(rule for rule in english["rules"] if rule["name"] == "stage-high")
    assert {"key": "realarm_after", "label": "Sounds again after", "value": "30 min"} in stage["words"]


async def test_a_rule_counts_its_alarms_of_the_week(client: Client, county: County, rules: RuleSet) -> None:
    """An older alarm that still stands is active and not of this week."""
    county.device("w1")
    county.device("w2")
    county.alarm("w1", raised=START - timedelta(days=8))
    county.alarm("w2", raised=START - timedelta(days=1))
    told = (await client("officer").get("/api/v1/rules")).json()
    stage = next(rule for rule in told["rules"] if rule["name"] == "stage-high")
    assert (stage["alarms"], stage["active"]) == (1, 2)


async def test_a_faulty_file_is_refused_with_line_and_reason(client: Client, rules: RuleSet) -> None:
    """The author is told where and why; nothing is stored."""
    faulty = CHANGED.replace("deadband: 0.05", "deadbond: 0.05", 1)
    answer = await client("officer").post("/api/v1/rules/proposals", json={"text": faulty, "note": "x"})
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["type"] == "urn:gridwatch:rule-file"
    assert faulty.splitlines()[problem["line"] - 1].strip().startswith("deadbond")
    assert "did you mean 'deadband'" in problem["detail"]
    assert (await client("officer").get("/api/v1/rules/proposals")).json()["items"] == []


async def test_what_is_in_force_is_no_proposal(client: Client, rules: RuleSet) -> None:
    """Proposing the very rules in force is refused."""
    answer = await client("officer").post("/api/v1/rules/proposals", json={"text": rules.text, "note": "x"})
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:gridwatch:invalid")


async def test_the_whole_way(client: Client, county: County, rules: RuleSet, clock: Clock) -> None:
    """Proposed by one, tried, refused to its author, admitted by a second officer; each step is in the audit trail."""
    proposal = await _proposed(client, "commander")
    path = f"/api/v1/rules/proposals/{proposal['id']}"
    early = await client("admin").post(f"{path}/admit", json={"version": 1, "seen": "0" * 64})
    assert (early.status_code, early.json()["type"]) == (409, "urn:gridwatch:not-tried")

    tried = await _tried(client, proposal, "commander")
    assert tried["state"] == "tried"
    assert tried["trial_fault"] == ""
    assert {"new", "gone", "moved", "places"} <= tried["comparison"].keys()
    body = {"version": tried["version"], "seen": tried["comparison_sha256"], "reason": "看过对照表"}
    assert tried["hindrance"] == "own-proposal"
    own = await client("commander").post(f"{path}/admit", json=body)
    assert (own.status_code, own.json()["type"]) == (409, "urn:gridwatch:own-proposal")
    assert (await client("officer").post(f"{path}/admit", json=body)).status_code == 403
    unseen = await client("admin").post(f"{path}/admit", json={**body, "seen": "0" * 64})
    assert (unseen.status_code, unseen.json()["type"]) == (409, "urn:gridwatch:not-seen")

    clock.move(timedelta(minutes=30))
    admitted = await client("admin").post(f"{path}/admit", json=body)
    assert admitted.status_code == 200, admitted.text
    assert (admitted.json()["state"], admitted.json()["reviewer"]) == ("admitted", "admin")
    in_force = (await client("officer").get("/api/v1/rules")).json()
    assert (in_force["text"], in_force["actor"], in_force["proposal"]) == (CHANGED, "admin", proposal["id"])
    history = (await client("officer").get("/api/v1/rules/history")).json()["items"]
    assert [(item["origin"], item["until"] is None) for item in history] == [("proposal", True), ("file", False)]
    old = (await client("officer").get(f"/api/v1/rules/versions/{history[1]['version']}")).json()
    assert old["text"] == rules.text

    with county.connection.cursor() as cur:
        actions = cur.execute("SELECT actor, action FROM audit ORDER BY id").fetchall()
        assert audit.verify(cur) is None
    assert actions == [("commander", "rules.propose"), ("commander", "rules.try"), ("admin", "rules.admit")]
    told = county.connection.execute("SELECT kind, id FROM changes ORDER BY seq").fetchall()
    assert told[-1] == ("rules", str(in_force["version"]))


async def test_a_trial_against_older_rules_has_to_be_made_again(client: Client, rules: RuleSet) -> None:
    """Of two tried proposals the second is not admitted once the first is in force, until it is tried anew."""
    first = await _tried(client, await _proposed(client))
    other = default_rules().text.replace("deadband: 0.02", "deadband: 0.1", 1)
    second = await _tried(client, await _proposed(client, text=other))
    for proposal in (first, second):
        answer = await client("commander").post(
            f"/api/v1/rules/proposals/{proposal['id']}/admit",
            json={"version": proposal["version"], "seen": proposal["comparison_sha256"]},
        )
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:gridwatch:tried-against-another")
    again = await _tried(client, answer.json()["current"])
    answer = await client("commander").post(
        f"/api/v1/rules/proposals/{again['id']}/admit",
        json={"version": again["version"], "seen": again["comparison_sha256"]},
    )
    assert answer.status_code == 200, answer.text


async def test_refused_and_withdrawn_proposals_stay_on_record(client: Client, rules: RuleSet) -> None:
    """A reviewer turns one down with a reason, an author takes one back; neither can be admitted after that."""
    first, second = await _proposed(client), await _proposed(client)
    path = "/api/v1/rules/proposals"
    refused = await client("commander").post(f"{path}/{first['id']}/refuse", json={"version": 1, "reason": "太松"})
    assert refused.json()["state"] == "refused"
    foreign = await client("dispatcher").post(f"{path}/{second['id']}/withdraw", json={"version": 1})
    assert (foreign.status_code, foreign.json()["type"]) == (409, "urn:gridwatch:not-the-author")
    withdrawn = await client("officer").post(f"{path}/{second['id']}/withdraw", json={"version": 1})
    assert withdrawn.json()["state"] == "withdrawn"
    stale = await client("commander").post(f"{path}/{first['id']}/admit", json={"version": 1, "seen": "0" * 64})
    assert (stale.status_code, stale.json()["type"]) == (409, "urn:gridwatch:stale-version")
    late = await client("commander").post(f"{path}/{first['id']}/admit", json={"version": 2, "seen": "0" * 64})
    assert (late.status_code, late.json()["type"]) == (409, "urn:gridwatch:decided")
    listed = (await client("screen").get(f"{path}?state=refused,withdrawn&limit=1")).json()
    assert [item["id"] for item in listed["items"]] == [second["id"]]
    rest = (await client("screen").get(f"{path}?state=refused,withdrawn&cursor={listed['next']}")).json()
    assert [item["id"] for item in rest["items"]] == [first["id"]]


async def test_a_changed_file_waits_for_somebody_who_could_not_have_written_it(
    client: Client, county: County, rules: RuleSet
) -> None:
    """In reviewed mode a file edit is a proposal; the administrator, whose machine it is, does not admit it."""
    with county.connection.cursor() as cur:
        take_file(cur, RuleFile(rules=load_rules(CHANGED), mode=AdmissionMode.REVIEWED), now=START)
    county.connection.commit()
    (listed,) = (await client("admin").get("/api/v1/rules/proposals")).json()["items"]
    assert (listed["origin"], listed["author"], listed["state"]) == ("file", "file", "draft")
    tried = await _tried(client, listed)
    body = {"version": tried["version"], "seen": tried["comparison_sha256"]}
    path = f"/api/v1/rules/proposals/{listed['id']}/admit"
    assert (await client("admin").post(path, json=body)).json()["type"] == "urn:gridwatch:own-proposal"
    assert (await client("commander").post(path, json=body)).status_code == 200


async def test_an_account_of_some_areas_does_not_decide_for_the_county(
    client: Client, county: County, rules: RuleSet
) -> None:
    """Rules hold everywhere: a commander of one town may not admit them."""
    county.connection.execute("UPDATE users SET role = 'commander' WHERE name = 'limited'")
    county.connection.commit()
    tried = await _tried(client, await _proposed(client))
    answer = await client("limited").post(
        f"/api/v1/rules/proposals/{tried['id']}/admit",
        json={"version": tried["version"], "seen": tried["comparison_sha256"]},
    )
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:gridwatch:area")
