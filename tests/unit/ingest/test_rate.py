"""One topic that floods, beside others that do not."""

import pytest

from ingest.publish import Message
from ingest.rate import CATCHING_UP_US, KEPT_RAW, WINDOW_US, RateGate

SECOND = 1_000_000
PER_SECOND = 100


@pytest.fixture
def gate() -> RateGate:
    """A gate in a calm office: the broker has nothing kept for us."""
    made = RateGate(PER_SECOND)
    for i in range(3):
        made.let_through([], received_us=(1 + i) * WINDOW_US)
    return made


def batch(topic: str, count: int, first: int = 0) -> list[Message]:
    """Make messages of one topic, numbered."""
    return [Message(topic, str(first + i).encode(), 0, retained=False) for i in range(count)]


def test_what_stays_below_the_rate_is_the_very_same_sequence(gate):
    """Nothing is copied, nothing refused."""
    messages = batch("a", PER_SECOND * 10)
    assert gate.let_through(messages, received_us=4 * WINDOW_US).messages is messages


def test_beyond_the_rate_only_the_newest_of_a_batch_passes_and_others_are_not_touched(gate):
    """The flood's last word and every word of the others get through; a few of the flood are shown, all are counted."""
    at = 4 * WINDOW_US
    gate.let_through(batch("flood", PER_SECOND * 10), received_us=at)
    mixed = [*batch("flood", 500), *batch("calm", 3), *batch("flood", 500, first=500)]
    passed = gate.let_through(mixed, received_us=at + SECOND)
    assert [(m.topic, m.payload) for m in passed.messages] == [
        *(("calm", str(i).encode()) for i in range(3)),
        ("flood", b"999"),
    ]
    assert passed.refused == 999
    assert len(passed.shown) == KEPT_RAW
    again = gate.let_through(batch("flood", 10), received_us=at + 2 * SECOND)
    assert (again.refused, again.shown) == (9, [])


def test_a_new_window_begins_anew(gate):
    """Ten seconds later the topic may speak again."""
    at = 4 * WINDOW_US
    gate.let_through(batch("flood", 5000), received_us=at)
    assert gate.let_through(batch("flood", 10), received_us=at + WINDOW_US).refused == 0


def test_what_the_broker_has_kept_is_no_flood(gate):
    """After a connection everything passes until a window was calm, or ten minutes are over."""
    gate.reconnected()
    at = 5 * WINDOW_US
    for i in range(CATCHING_UP_US // WINDOW_US + 1):
        assert gate.let_through(batch("kept", 5000), received_us=at + i * WINDOW_US).refused == 0
    late = at + CATCHING_UP_US + 2 * WINDOW_US
    gate.let_through(batch("kept", 5000), received_us=late)
    assert gate.let_through(batch("kept", 5000), received_us=late + SECOND).refused > 0


def test_a_limit_of_zero_is_none():
    """0 lets everything through."""
    gate = RateGate(0)
    messages = batch("a", 100_000)
    assert gate.let_through(messages, received_us=1).messages is messages
