"""When evidence at one place makes an alarm and when it is over: device time only, the same whatever the order."""

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from alerts.correlation.decide import Begun, Decision, Evidence, Holds, Lapsing, Over, decide
from alerts.correlation.nouns import Demand, Role

LONG_AGO = -(10**9)
TWO = Demand(needs=((Role.FIRST, 2),), within_us=300, off_delay_us=60)
BOTH = Demand(needs=((Role.FIRST, 1), (Role.SECOND, 1)), within_us=300, off_delay_us=0)
FLOOD = Demand(needs=((Role.FIRST, 1),), within_us=1, off_delay_us=0)


def spoke(device: int, raised: int, ended: int | None = None, role: Role = Role.FIRST) -> Evidence:
    """One alarm of a device; its id is the device's."""
    return Evidence(alarm=device, device=device, role=role, raised=raised, ended=ended)


def judged(demand: Demand, *evidence: Evidence, standing: int | None = None, after: int = LONG_AGO) -> list[Decision]:
    """Decide what some evidence comes to."""
    return decide(demand, evidence, standing=standing, after=after)


def test_two_devices_within_the_span_make_an_alarm():
    """It begins when the second speaks, and holds while both do."""
    assert judged(TWO, spoke(1, 0), spoke(2, 200)) == [Begun(at=200, devices=2), Holds()]


def test_one_device_is_not_two():
    """Two alarms of one detector (orange, then red) are one detector."""
    assert judged(TWO, spoke(1, 0), spoke(1, 100)) == []


def test_the_span_is_device_time():
    """What was raised longer apart than the span does not meet, however it arrived; the end of the span is open."""
    assert judged(TWO, spoke(1, 0), spoke(2, 300)) == []
    assert judged(TWO, spoke(1, 0), spoke(2, 299)) == [Begun(at=299, devices=2), Holds()]


def test_a_late_alarm_meets_what_was_raised_beside_it():
    """The third arrives late and is older: the alarm began where two stood together, not where it arrived."""
    assert judged(TWO, spoke(1, 1000), spoke(2, 100, 150), spoke(3, 50, 160)) == [
        Begun(at=100, devices=2),
        Over(at=150),
    ]


def test_a_device_that_fell_silent_again_still_counted():
    """Whether the first still holds when the second speaks makes no difference to the beginning; the end waits."""
    assert judged(TWO, spoke(1, 0, 50), spoke(2, 200)) == [Begun(at=200, devices=2), Lapsing(since=200)]


def test_the_same_evidence_again_says_nothing_new():
    """A redelivery finds the alarm standing, or over, and changes neither."""
    assert judged(TWO, spoke(1, 0), spoke(2, 200), standing=200, after=200) == [Holds()]
    assert judged(TWO, spoke(1, 0, 300), spoke(2, 200, 400), after=300) == []


def test_it_returns_after_its_off_delay():
    """Fewer than two hold: it is over when that has lasted for longer than the off-delay."""
    assert judged(TWO, spoke(1, 0), spoke(2, 200, 500), standing=200, after=200) == [Lapsing(since=500)]
    again = judged(TWO, spoke(1, 0), spoke(2, 200, 500), spoke(3, 550), standing=200, after=200)
    assert again == [Holds()]


def test_a_replay_ends_what_no_clock_ended():
    """In a fast replay the next day comes before any deadline: the alarm was over in device time, and begins anew."""
    day = 86_400
    assert judged(
        TWO, spoke(1, 0, 300), spoke(2, 200, 300), spoke(3, day), spoke(4, day + 1), standing=200, after=200
    ) == [Over(at=300), Begun(at=day + 1, devices=2), Holds()]


def test_a_third_keeps_it_standing():
    """Who the two are may change."""
    assert judged(TWO, spoke(1, 0, 400), spoke(2, 200), spoke(3, 390), standing=200, after=200) == [Holds()]


def test_both_kinds_are_needed():
    """Two detectors are no camera."""
    assert judged(BOTH, spoke(1, 0), spoke(2, 1)) == []
    assert judged(BOTH, spoke(1, 0), spoke(9, 100, role=Role.SECOND)) == [Begun(at=100, devices=2), Holds()]
    assert judged(BOTH, spoke(1, 0), spoke(9, 100, 150, Role.SECOND)) == [Begun(at=100, devices=2), Over(at=150)]


def test_a_flood_that_has_come_is_announced_no_more():
    """The gauge's own alarm ends the announcement, and while it holds nothing is announced."""
    assert judged(FLOOD, spoke(1, 0)) == [Begun(at=0, devices=1), Holds()]
    assert judged(FLOOD, spoke(1, 0), spoke(2, 40, role=Role.ANSWER), standing=0, after=0) == [Over(at=40)]
    assert judged(FLOOD, spoke(1, 50), spoke(2, 40, role=Role.ANSWER)) == []
    assert judged(FLOOD, spoke(1, 50), spoke(2, 40, 45, Role.ANSWER)) == [Begun(at=50, devices=1), Holds()]


SPANS = st.tuples(st.integers(1, 4), st.integers(0, 2000), st.none() | st.integers(1, 500)).map(
    lambda drawn: spoke(drawn[0], drawn[1], None if drawn[2] is None else drawn[1] + drawn[2])
)


@given(st.lists(SPANS, max_size=5))
def test_the_order_of_arrival_makes_no_difference(evidence):
    """Promise 8: whatever order the alarms are read in, the same places have the same alarms at the same times."""
    outcomes = {tuple(judged(TWO, *order)) for order in permutations(evidence)}
    assert len(outcomes) == 1


@given(st.lists(SPANS, max_size=8))
def test_a_story_told_again_changes_nothing(evidence):
    """Deciding from where a decision left things gives no beginning that was given before."""
    first = judged(TWO, *evidence)
    times = [d.at for d in first if isinstance(d, Begun | Over)]
    begun = [d.at for d in first if isinstance(d, Begun)]
    if not begun:
        return
    standing = begun[-1] if not isinstance(first[-1], Over) else None
    again = judged(TWO, *evidence, standing=standing, after=max(times))
    assert not any(isinstance(d, Begun) for d in again)
