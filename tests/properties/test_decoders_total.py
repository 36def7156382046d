"""Decoders are total: whatever arrives, on whatever topic, the answer is a list of what it says, never an exception."""

import json
import random
import typing
from collections.abc import Iterator
from datetime import UTC, datetime

import cbor2
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.decoders import decoder, names
from ingest.decoders.senml import decode as decode_senml
from ingest.decoders.senml import fast
from ingest.instants import to_us
from ingest.readings import Decoded, Quality, Reading
from tests.payloads import PAYLOADS

RECEIVED = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
KINDS = typing.get_args(Decoded)
ROUNDS = 100_000
SENML_TOPIC = "gridwatch/v1/4401/smoke-1/senml"
FRAGMENTS = (
    b"null", b"true", b"-1", b"1e999", b"NaN", b"[]", b"{}", b'""', b'"\\u0000"', b"[" * 40, b'{"a":' * 40, b"\x00",
    b"\xff", b"\r\n", b"9" * 400, b"\x7e\x7e", b"##", b"@@", b"\x03", b"\xc5\x82\x1b", b'"bn"', b'"smoke"', b",", b":",
)  # fmt: skip
ODD = (
    None, True, False, 0, 1, -1, 10**30, -1e308, 5e-324, float("nan"), float("inf"), 1714564700.5, 1714564700500,
    "", "x", "ON", "1e5", "\x00", "2024-02-30T25:00:00Z", "0001-01-01T00:00:00+14:00", "1714564700.5-a", [], [[]], {},
    [None], ["fire", "smoke"], {"label": "face"}, {"a": {"b": [1]}},
)  # fmt: skip
TOPICS = (
    "",
    "/",
    "x",
    "frigate",
    "frigate/reviews",
    "frigate/tracked_object_update",
    "zigbee2mqtt",
    "a/b/c/d/e/f",
    "…",
)


def _mutations(rng: random.Random, seeds: list[tuple[str, bytes]], count: int) -> Iterator[tuple[str, bytes]]:
    """Damage valid payloads as lines, radios and bad programs do, now and then under a topic of something else."""
    shapes = [_shape_of(payload) for _, payload in seeds]
    for _ in range(count):
        seed = rng.randrange(len(seeds))
        topic, payload = seeds[seed]
        if shapes[seed] is not None and rng.random() < 0.6:
            value = shapes[seed]
            for _ in range(rng.choice((1, 1, 2, 5))):
                value = _reshaped(rng, value)
            payload = cbor2.dumps(value) if rng.random() < 0.2 else json.dumps(value).encode()
        else:
            damaged = bytearray(payload)
            for _ in range(rng.choice((1, 1, 1, 2, 4, 12))):
                _damage(rng, damaged)
            payload = bytes(damaged)
        yield rng.choice(TOPICS) if rng.random() < 0.03 else topic, payload


def _shape_of(payload: bytes) -> object:
    """Give what a JSON seed holds, None where it holds something else: bytes alone would mostly break its syntax."""
    try:
        return json.loads(payload)
    except ValueError:
        return None


def _reshaped(rng: random.Random, value: object) -> object:
    """Put something odd in one place of a value, or take a part away, and leave its syntax whole."""
    if isinstance(value, dict) and value and rng.random() < 0.9:
        key = rng.choice(list(value))
        if rng.random() < 0.15:
            return {k: v for k, v in value.items() if k != key}
        return value | {key: _reshaped(rng, value[key])}
    if isinstance(value, list) and value and rng.random() < 0.9:
        at = rng.randrange(len(value))
        return [*value[:at], _reshaped(rng, value[at]), *value[at + 1 :]]
    return rng.choice(ODD)


def _damage(rng: random.Random, damaged: bytearray) -> None:
    at = rng.randrange(len(damaged) + 1)
    match rng.randrange(7):
        case 0 if at < len(damaged):
            damaged[at] ^= 1 << rng.randrange(8)
        case 1 if at < len(damaged):
            damaged[at] = rng.randrange(256)
        case 2:
            del damaged[at : at + rng.randrange(1, 9)]
        case 3:
            damaged[at:at] = rng.choice(FRAGMENTS)
        case 4:
            damaged[at:at] = damaged[at : at + rng.randrange(1, 40)]
        case 5:
            damaged[at:] = b""
        case _:
            end = at + rng.randrange(1, 9)
            damaged[at:end] = rng.choice(FRAGMENTS)


def _check(name: str, topic: str, payload: bytes) -> None:
    """Fail, showing the payload, unless the decoder answers with a list of what a decoder can say."""
    try:
        decoded = decoder(name)(topic, payload, RECEIVED)
    except Exception as error:  # noqa: BLE001 -- that nothing is raised is what is tested
        pytest.fail(f"{name} on {topic!r} raised {error!r} for {payload.hex()}")
    if type(decoded) is not list or not all(isinstance(item, KINDS) for item in decoded):
        pytest.fail(f"{name} on {topic!r} answered {decoded!r} for {payload.hex()}")


@pytest.mark.parametrize("name", names())
def test_every_decoder_has_seeds(name: str) -> None:
    """A decoder without payloads to mutate would be tested with noise alone."""
    assert PAYLOADS.get(name), f"add payloads of {name} to tests/payloads.py"


@pytest.mark.parametrize("name", names())
def test_hundred_thousand_damaged_payloads_raise_nothing(name: str) -> None:
    """100,000 mutated and random payloads all end as readings, states, camera events, drops or rejections."""
    rng = random.Random(f"damaged {name}")
    seeds = PAYLOADS.get(name, [("x", b"x")])
    noise = ROUNDS // 5
    for topic, payload in _mutations(rng, seeds, ROUNDS - noise):
        _check(name, topic, payload)
    for _ in range(noise):
        head = rng.choice((b"", b"", b"[", b'{"', b"\x82\xa2", b"~~", b"@@"))
        _check(name, rng.choice(seeds)[0], head + rng.randbytes(rng.randrange(64)))


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
@settings(max_examples=200, deadline=None)
@given(value=SHAPED, data=st.data())
def test_json_of_any_shape_raises_nothing(name: str, value: object, data: st.DataObject) -> None:
    """Valid JSON with the right keys and the wrong things under them is data like any other."""
    topic = data.draw(st.sampled_from([*(topic for topic, _ in PAYLOADS.get(name, [])), *TOPICS]))
    _check(name, topic, msgspec.json.encode(value))


@pytest.mark.parametrize("name", names())
@settings(max_examples=200, deadline=None)
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


@settings(max_examples=1000, deadline=None)
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
