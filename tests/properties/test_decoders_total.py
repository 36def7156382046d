"""Decoders are total: whatever arrives, on whatever topic, the answer is a list of what it says, never an exception."""

import time

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.decoders import decoder, names
from ingest.decoders.senml import decode as decode_senml
from ingest.decoders.senml import fast
from ingest.instants import to_us
from ingest.readings import Quality, Reading
from tests.fuzzing import KINDS, RECEIVED, Outcome, ask, inputs, put, ways
from tests.mutations import TOPICS, mebibytes
from tests.payloads import PAYLOADS

ROUNDS = 10_000
"""`make fuzz` takes 1,000,000 of the same."""
LONGEST_S = 2.0
SENML_TOPIC = "gridwatch/v1/4401/smoke-1/senml"


def _check(name: str, topic: str, payload: bytes) -> None:
    """Fail, showing the payload, unless the decoder answers with a list of what a decoder can say, and at once."""
    outcome = Outcome(name=name)
    for say in ways(name):
        ask(outcome, say, topic, payload)
    assert not outcome.failures, next(iter(outcome.failures.values()))


@pytest.mark.parametrize("name", names())
def test_every_decoder_has_seeds(name: str) -> None:
    """A decoder without payloads to mutate would be tested with noise alone."""
    assert PAYLOADS.get(name), f"add payloads of {name} to tests/payloads.py"


@pytest.mark.parametrize("name", names())
def test_damaged_payloads_raise_nothing_take_no_time_and_leave_nothing(name: str) -> None:
    """10,000 mutated and random payloads end as what a decoder can say, each within 50 ms, and none is kept."""
    seeds = PAYLOADS.get(name, [("x", b"x")])
    outcome = put(name, inputs(name, seeds, ROUNDS), ROUNDS)
    assert not outcome.failures, "\n".join(outcome.failures.values())


@pytest.mark.parametrize("name", names())
def test_a_mebibyte_of_the_worst_is_refused_or_read_quickly(name: str) -> None:
    """Depth, width, length and repetition up to the size limit end within two seconds, as what a decoder can say."""
    one_of_each = {(topic, payload[:1]): (topic, payload) for topic, payload in reversed(PAYLOADS.get(name, []))}
    for what, topic, payload in mebibytes(list(one_of_each.values())[:3]):
        began = time.process_time()
        decoded = decoder(name)(topic, payload, RECEIVED)
        took = time.process_time() - began
        assert took < LONGEST_S, f"{name} took {took:.1f} s for 1 MiB of {what} on {topic!r}"
        assert all(type(item) in KINDS for item in decoded)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
KEYS = st.sampled_from(
    [
        "n", "v", "vb", "vs", "vd", "t", "s", "u", "bn", "bt", "bu", "bv", "bs", "bver", "ut", "x_",
        "smoke", "battery", "voltage", "last_seen", "device", "state", "test",
        "type", "before", "after", "id", "camera", "label", "severity", "data", "objects", "end_time", "start_time",
        "sub_label", "score", "entered_zones", "false_positive", "detections", "audio",
    ]
)  # fmt: skip
SHAPED = st.recursive(
    JSON | st.sampled_from(["new", "end", "online", "fire", "1714564700.5-a", 1714564700.5]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=8),
    max_leaves=20,
)


@pytest.mark.parametrize("name", names())
@settings(max_examples=100)
@given(value=SHAPED, data=st.data())
def test_json_of_any_shape_raises_nothing(name: str, value: object, data: st.DataObject) -> None:
    """Valid JSON with the right keys and the wrong things under them is data like any other."""
    topic = data.draw(st.sampled_from([*(topic for topic, _ in PAYLOADS.get(name, [])), *TOPICS]))
    _check(name, topic, msgspec.json.encode(value))


@pytest.mark.parametrize("name", names())
@settings(max_examples=100)
@given(payload=st.binary(max_size=200), topic=st.text(max_size=30))
def test_any_bytes_on_any_topic_raise_nothing(name: str, payload: bytes, topic: str) -> None:
    """Neither bytes nor topics can be chosen so that a decoder fails."""
    _check(name, topic, payload)


NUMBERS = st.integers(-(10**12), 10**12) | st.floats(allow_nan=False, allow_infinity=False)
PACKS = st.lists(
    st.fixed_dictionaries(
        {"v": NUMBERS},
        optional={
            "n": st.sampled_from(["smoke", "smoke-1:smoke", "other:smoke", "", "-", "urn:dev:x:smoke-1:a", "a/b"]),
            "u": st.sampled_from(["", "%/m", "Cel"]),
            "t": st.sampled_from([0, -5, 0.25, 1714564700, 1714564700.123456, 2**28, 4e9, -1e10, 1e300, 5e-324])
            | NUMBERS,
            "bn": st.sampled_from(["", "smoke-1:", "smoke-1/", "other:", "x"]),
            "bt": st.sampled_from([0, 1714564700, 1714564700.5, -1e12]),
            "bu": st.sampled_from(["", "m"]),
        },
    ),
    max_size=4,
)


@settings(max_examples=1000)
@given(pack=PACKS)
def test_fast_way_says_what_the_full_decoder_says(pack: list[dict[str, object]]) -> None:
    """Where the fast way answers at all, it answers the same, good and complete."""
    payload = msgspec.json.encode(pack)
    rows = fast(payload, to_us(RECEIVED), "smoke-1")
    if rows is None:
        return
    decoded = decode_senml(SENML_TOPIC, payload, RECEIVED)
    assert all(isinstance(item, Reading) and item.quality is Quality.GOOD for item in decoded)
    assert rows == [
        (item.metric, item.unit, to_us(item.time), item.value) for item in decoded if isinstance(item, Reading)
    ]
