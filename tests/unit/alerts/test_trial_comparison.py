"""Two trials held against each other: what is the same, moved, new and gone."""

import json
from datetime import timedelta

from alerts.answer import instant
from alerts.comparison import LISTED, Seen, compare
from alerts.life_cycle import Cause, State
from alerts.trial import TrialStep, declare
from tests.engine_feed import T0, tag

START = instant(T0)
TAGS = declare([("a", tag(interval_s=60.0)), ("b", tag())])
SEEN = Seen(start=START, end=START + timedelta(days=2), rows=10, devices=2)


def raised(minutes, *, device="a", priority=2, place=""):
    """Make one raise."""
    return TrialStep(
        time=START + timedelta(minutes=minutes),
        device=device,
        metric="stage",
        kind="gauge",
        place=place,
        rule="high",
        condition="level-high",
        priority=priority,
        cause=Cause.RAISED,
        from_state=State.NORM,
        to_state=State.UNACK,
        value=3.0,
    )


def test_the_same_alarms_are_the_same():
    """Nothing is new, gone or moved; a reporting interval apart is no difference."""
    found = compare([raised(0), raised(60)], [raised(0), raised(61)], seen=SEEN, tags=TAGS)
    assert (found.same, found.new, found.gone, found.moved) == (2, 0, 0, 0)
    assert found.days == 2.0


def test_a_raise_at_another_time_has_moved():
    """More than an interval apart and within a watch; farther apart it is another alarm."""
    found = compare([raised(0), raised(2000)], [raised(5), raised(3000)], seen=SEEN, tags=TAGS)
    assert (found.same, found.moved, found.gone, found.new) == (0, 1, 1, 1)
    (moved,) = found.moved_alarms
    assert (moved.before, moved.after) == (START, START + timedelta(minutes=5))


def test_new_and_gone_are_told_by_what_an_alarm_is_known_by():
    """Another device or priority is another alarm."""
    found = compare([raised(0)], [raised(0, priority=1), raised(0, device="b")], seen=SEEN, tags=TAGS)
    assert (found.same, found.new, found.gone) == (0, 2, 1)
    assert {(alarm.device, alarm.priority) for alarm in found.new_alarms} == {("a", 1), ("b", 2)}


def test_the_nearest_neighbour_is_the_pair():
    """An extra raise just before leaves the old one the same."""
    found = compare([raised(60)], [raised(50), raised(60)], seen=SEEN, tags=TAGS)
    assert (found.same, found.new, found.moved) == (1, 1, 0)


def test_alarms_a_day_are_counted_by_place():
    """A grid where one is known, the kind of device elsewhere; the most first."""
    found = compare(
        [raised(0)], [raised(0), raised(900, place="330522"), raised(1900, place="330522")], seen=SEEN, tags=TAGS
    )
    assert [(row.place, row.count.before, row.count.after) for row in found.places] == [
        ("330522", 0, 2),
        ("gauge", 1, 1),
    ]
    assert found.total.per_day_after == 1.5


def test_it_is_plain_json_and_lists_only_so_many():
    """What the database keeps can be read by anybody; all are counted, the first are listed."""
    found = compare([], [raised(20 * n) for n in range(LISTED + 5)], seen=SEEN, tags=TAGS)
    text = json.loads(json.dumps(found.to_json()))
    assert text["new"] == LISTED + 5
    assert len(text["new_alarms"]) == LISTED
    assert text["new_alarms"][0]["after"] == "2023-11-14T22:13:20Z"


def test_nothing_at_all_is_a_comparison_too():
    """An empty recording divides by no zero."""
    found = compare([], [], seen=Seen(start=None, end=None, rows=0, devices=0), tags=[])
    assert (found.total.after, found.places) == (0, ())
