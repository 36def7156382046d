"""How often devices are asked."""

from datetime import UTC, datetime, timedelta

from gridwatch.requests import TOPICS_KEPT, RequestLimit
from ingest.readings import Request

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


def _request(topic: str) -> Request:
    return Request(topic=topic, payload=b"")


def test_a_topic_is_asked_once_a_minute() -> None:
    """Ten messages of one node in one batch are one request, and the next comes a minute later."""
    limit = RequestLimit()
    assert len(limit.due([_request("a")] * 10 + [_request("b")], NOW)) == 2
    assert limit.due([_request("a")], NOW + timedelta(seconds=59)) == []
    assert limit.due([_request("a")], NOW + timedelta(seconds=60)) == [_request("a")]
    assert limit.due([_request("a")], NOW + timedelta(seconds=119)) == []


def test_what_is_remembered_is_bounded() -> None:
    """A flood of topics makes the oldest be forgotten, never the memory grow."""
    limit = RequestLimit()
    limit.due([_request(str(i)) for i in range(TOPICS_KEPT + 5)], NOW)
    assert len(limit._sent) == TOPICS_KEPT
    assert limit.due([_request("0")], NOW) == [_request("0")]
    assert limit.due([_request(str(TOPICS_KEPT + 4))], NOW) == []
