"""Valid payloads damaged as lines, radios and bad programs do it, and the megabyte that is worst. Seeded; nothing else is random."""

import base64
import json
import random
from collections.abc import Iterator
from contextlib import suppress

import cbor2

FRAGMENTS = (
    b"null", b"true", b"-1", b"1e999", b"NaN", b"[]", b"{}", b'""', b'"\\u0000"', b"[" * 40, b'{"a":' * 40, b"\x00",
    b"\xff", b"\r\n", b"9" * 400, b"\x7e\x7e", b"##", b"@@", b"\x03", b"\xc5\x82\x1b", b'"bn"', b'"smoke"', b",", b":",
)  # fmt: skip
LONG = base64.b85encode(random.Random(1).randbytes(8_000)).decode()
"""Text that no index takes: 2.7 kB, compressed, is the most."""
ODD = (
    None, True, False, 0, 1, -1, 10**30, -1e308, 5e-324, float("nan"), float("inf"), 1714564700.5, 1714564700500,
    "", "x", "ON", "1e5", "\x00", "2024-02-30T25:00:00Z", "0001-01-01T00:00:00+14:00", "1714564700.5-a", [], [[]], {},
    [None], ["fire", "smoke"], {"label": "face"}, {"a": {"b": [1]}}, 2**31, 2**63, -(2**63) - 1, 32_768, 253402300800, -62135596801,
    "\ud800", "\udcff'\n%s", "…" * 200, LONG,
)  # fmt: skip
TOPICS = (
    "",
    "/",
    "x",
    "frigate",
    "frigate/reviews",
    "frigate/tracked_object_update",
    "$share/x/y",
    "application/1/device/0101010101010101/event/up",
    "spBv1.0/g/DDATA/n/d",
    "v1/gateway/telemetry",
    "/sys/a1/d1/thing/event/property/post",
    "zigbee2mqtt",
    "a/b/c/d/e/f",
    "…",
)


def mutations(rng: random.Random, seeds: list[tuple[str, bytes]], count: int) -> Iterator[tuple[str, bytes]]:
    """Damage valid payloads as lines, radios and bad programs do, now and then under a topic of something else."""
    shapes = [_shape_of(payload) for _, payload in seeds]
    for _ in range(count):
        seed = rng.randrange(len(seeds))
        topic, payload = seeds[seed]
        if shapes[seed] is not None and rng.random() < 0.6:
            value = shapes[seed]
            for _ in range(rng.choice((1, 1, 2, 5))):
                value = _reshaped(rng, value)
            payload = json.dumps(value).encode()
            if rng.random() < 0.2:
                with suppress(UnicodeEncodeError):  # CBOR has no half of a surrogate pair
                    payload = cbor2.dumps(value)
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


def noise(rng: random.Random, seeds: list[tuple[str, bytes]], count: int) -> Iterator[tuple[str, bytes]]:
    """Make bytes that are no payload of anybody, now and then with the beginning of one."""
    for _ in range(count):
        head = rng.choice((b"", b"", b"[", b'{"', b"\x82\xa2", b"~~", b"@@", b"##", b"\x08", b"<?xml"))
        yield rng.choice(seeds)[0], head + rng.randbytes(rng.randrange(64))


def mebibytes(seeds: list[tuple[str, bytes]]) -> Iterator[tuple[str, str, bytes]]:
    """Give (what, topic, payload) of 1 MiB at most: depth, width, length and repetition as far as they go."""
    size = 1 << 20
    for topic, payload in seeds:
        for what, big in (
            ("nothing", b"\x00" * size),
            ("deep list", b"[" * size),
            ("deep object", b'{"a":' * (size // 5)),
            ("wide list", b"[" + b"{}," * (size // 3 - 2) + b"{}]"),
            ("wide object", b"{" + b",".join(b'"%d":1' % n for n in range(size // 12)) + b"}"),
            ("long text", b'{"a":"' + b"x" * (size - 10) + b'"}'),
            ("many digits", b"9" * size),
            ("hex text", b"A5" * (size // 2)),
            ("blanks", b" " * size),
            ("the seed again and again", (payload * (size // max(len(payload), 1)))[:size]),
            ("the seed in a list", _listed(payload, size)),
            ("the seed grown inside", _grown(payload, size)),
        ):
            yield what, topic, big[:size]


def _listed(payload: bytes, size: int) -> bytes:
    return b"[" + b",".join([payload] * ((size - 2) // (len(payload) + 1))) + b"]"


def _grown(payload: bytes, size: int) -> bytes:
    """Repeat what the longest list of a JSON seed holds, or what its object holds, under other keys, until it is big."""
    value = _shape_of(payload)
    room = max(1, size // (2 * len(payload) + 24))
    if isinstance(value, dict):
        grown = {f"{key}{n or ''}": inner for n in range(room) for key, inner in value.items()}
        for key, inner in value.items():
            if isinstance(inner, list) and inner:
                grown = value | {key: inner * max(1, size // (2 * len(json.dumps(inner))))}
        return json.dumps(grown).encode()
    return json.dumps(value * room).encode() if isinstance(value, list) else payload
