"""Our own absences: told once, with their own times, and over when we are back."""

from alerts.points import OutagePoint
from gridwatch.own_outages import OwnOutages

POINT = OutagePoint(rule="out", condition="outage", priority=2, after_us=120_000_000)
SECOND = 1_000_000


def told(detection):
    """Name carrier, whether it holds, when in seconds, and the count."""
    return [(c.device, c.active, c.time // SECOND, c.value if c.active else None) for c in detection.changes]


def test_a_broker_that_is_away_is_told_once_and_its_return_once():
    """Row 3 of lessons: the collector's deafness is a fact of its own."""
    own = OwnOutages(broker=7, worker=8)
    looks = [(0, 100), (0, 121), (0, 500), (501, 502), (501, 503)]
    seen = [told(own.look(POINT, heard_us=h * SECOND, now_us=n * SECOND, devices=42)) for h, n in looks]
    assert seen == [[], [(7, True, 121, 42.0)], [], [(7, False, 502, None)], []]


def test_a_worker_that_was_down_says_from_when_to_when():
    """Raised when anybody was last heard, over when somebody listens again; a short restart is nothing."""
    own = OwnOutages(broker=7, worker=8)
    assert told(own.after_downtime(POINT, heard_us=0, now_us=100 * SECOND, devices=42)) == []
    assert told(own.after_downtime(POINT, heard_us=0, now_us=900 * SECOND, devices=42)) == [
        (8, True, 0, 42.0),
        (8, False, 900, None),
    ]


def test_without_a_rule_nothing_is_told():
    """The rule file decides."""
    own = OwnOutages(broker=7, worker=8)
    assert not own.look(None, heard_us=0, now_us=900 * SECOND, devices=1)
    assert not own.after_downtime(None, heard_us=0, now_us=900 * SECOND, devices=1)
