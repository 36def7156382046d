"""Whom we told, over HTTP: receivers, messages, trying again, the metrics and the readiness of the notifier."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from alerts.notification.deliveries import Refusal
from alerts.notification.untold import watch_receivers
from database import append_changes
from tests.alarm_county import session
from tests.notification_office import TWO, Notifying

Client = Callable[[str | None], httpx.AsyncClient]


@pytest.fixture
def office(county: Any, database_url: str, clock: Any) -> Notifying:
    """Two receivers, of which `town` is down, and one alarm that both are to hear of."""
    county.device("g1")
    office = Notifying(database_url, TWO, since=clock())
    office.refuse = lambda parcel: Refusal(reason="HTTP 503") if parcel.receiver == "town" else None
    county.alarm("g1")
    office.look(clock())
    return office


async def test_who_was_told_of_an_alarm_and_who_not(client: Client, office: Notifying, clock: Any) -> None:
    """The list of an alarm names both receivers, the newest first, with what the one said and why the other waits."""
    officer = client("officer")
    items = (await officer.get("/api/v1/notifications?alarm=1")).json()["items"]
    assert [(item["receiver"], item["state"], item["error"]) for item in items] == [
        ("town", "waiting", "HTTP 503"),
        ("duty", "sent", ""),
    ]
    assert items[1]["title"] == "【橙色告警】水位超限 名T1 -1"
    assert "状态：未确认" in items[1]["text"]
    assert items[1]["alarms"] == ["1"]
    assert (await officer.get("/api/v1/notifications?alarm=2")).json()["items"] == []
    assert (await officer.get("/api/v1/notifications?alarm=x")).status_code == 422


async def test_messages_come_in_pages(client: Client, office: Notifying) -> None:
    """The cursor leads from the newest message to the oldest, and filters hold on every page."""
    officer = client("officer")
    first = (await officer.get("/api/v1/notifications?limit=1")).json()
    second = (await officer.get(f"/api/v1/notifications?limit=1&cursor={first['next']}")).json()
    assert [page["items"][0]["receiver"] for page in (first, second)] == ["town", "duty"]
    assert second["next"] is None
    sent = (await officer.get("/api/v1/notifications?state=sent,dead&receiver=duty")).json()["items"]
    assert [item["receiver"] for item in sent] == ["duty"]


async def test_receivers_say_how_they_are(client: Client, office: Notifying, county: Any, clock: Any) -> None:
    """A receiver is good, or failing since when, why and how often; the fault of the file is said beside."""
    county.connection.execute("INSERT INTO notifier_progress VALUES ('n', %s, 'notify.yaml:3: oh')", (clock(),))
    county.connection.commit()
    clock.move(timedelta(minutes=1))
    answer = (await client("screen").get("/api/v1/receivers")).json()
    duty, town = answer["items"]
    assert (duty["state"], duty["waiting"], duty["failing_since"]) == ("good", 0, None)
    assert (town["state"], town["waiting"], town["failures"], town["last_error"]) == ("failing", 1, 1, "HTTP 503")
    assert (answer["fault"], answer["exercise"]) == ("notify.yaml:3: oh", True)


async def test_a_dispatcher_has_a_message_tried_again(
    client: Client, office: Notifying, county: Any, clock: Any
) -> None:
    """The pause is over at once, the trail has a name, and what was sent is not sent again: 409 with how it is."""
    office.refuse = lambda _: None
    assert office.look(clock()) == []
    assert (await client("officer").post("/api/v1/notifications/2/retry")).status_code == 403
    dispatcher = client("dispatcher")
    assert (await dispatcher.post("/api/v1/notifications/2/retry")).json()["state"] == "waiting"
    assert [parcel.receiver for parcel in office.look(clock())] == ["town"]
    refused = await dispatcher.post("/api/v1/notifications/2/retry")
    assert (refused.status_code, refused.json()["current"]["state"]) == (409, "sent")
    assert (await dispatcher.post("/api/v1/notifications/99/retry")).status_code == 404
    audited = county.connection.execute(
        "SELECT actor, target FROM audit WHERE action = 'notification.retry'"
    ).fetchall()
    assert audited == [("dispatcher", "notification 2")]


async def test_the_metrics_say_who_is_behind(client: Client, office: Notifying, clock: Any) -> None:
    """Messages by receiver and state, how long the oldest waits, and who fails."""
    clock.move(timedelta(minutes=1))
    text = (await client("admin").get("/metrics")).text
    assert 'gridwatch_deliveries{receiver="duty",state="sent"} 1.0' in text
    assert 'gridwatch_delivery_wait_seconds{receiver="town"} 60.0' in text
    assert 'gridwatch_receiver_failing{receiver="town"} 1.0' in text


class TestReadiness:
    """`/readyz` asks for the sign of the notifier where there is to be one."""

    @pytest.fixture
    def settings(self, settings: Any) -> Any:
        """Settings of an instance that notifies."""
        return settings.model_copy(update={"notifies": True})

    async def test_a_silent_notifier_is_not_ready(self, client: Client, county: Any, clock: Any) -> None:
        """Never heard of and silent for a minute are both said; a fresh sign is ready."""
        watcher = client(None)
        assert (await watcher.get("/readyz")).json()["parts"]["notifier"]["reason"] == "has never given a sign"
        county.connection.execute("INSERT INTO notifier_progress VALUES ('n', %s)", (clock(),))
        county.connection.commit()
        assert (await watcher.get("/readyz")).json()["parts"]["notifier"]["ready"]
        clock.move(timedelta(minutes=1))
        assert (await watcher.get("/readyz")).json()["parts"]["notifier"]["reason"] == "silent for 60 s"


async def test_the_alarm_about_a_receiver_opens_like_any_other(
    client: Client, office: Notifying, database_url: str, clock: Any
) -> None:
    """No rule file judges it: it has its device, its state and its reason all the same, and is acknowledged."""
    clock.move(timedelta(minutes=6))
    with session(database_url) as cur:
        append_changes(cur, watch_receivers(cur, now=clock()))
    officer = client("officer")
    (alarm,) = (await officer.get("/api/v1/alarms?condition=not-told")).json()["items"]
    assert (alarm["device"], alarm["device_name"], alarm["priority"]) == ("service:receiver:town", "town", 3)
    opened = await officer.get(f"/api/v1/alarms/{alarm['id']}")
    assert (opened.status_code, opened.json()["guidance"]) == (200, None)
    assert (await officer.get(f"/api/v1/alarms/{alarm['id']}/why")).status_code == 200
    body = {"version": alarm["version"]}
    acknowledged = await officer.post(f"/api/v1/alarms/{alarm['id']}/acknowledge", json=body)
    assert acknowledged.json()["state"] == "acked"
