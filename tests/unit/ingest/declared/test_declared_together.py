"""Rules whose values stand together are applied together: they say what each of them says alone."""

import json
from datetime import UTC, datetime
from random import Random

import pytest

from ingest.declared import read_format

RECEIVED = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
FIELDS = [
    {"metric": "a", "at": 0, "type": "u8", "scale": 0.1},
    {"metric": "b", "at": 1, "type": "u16", "missing": [65535], "high": 500},
    {"metric": "c", "at": 1, "type": "u16", "bits": "4-11"},
    {"metric": "d", "at": 5, "type": "i8", "values": {"-1": 7}},
    {"metric": "e", "at": 3, "type": "i16", "scale": 3.0, "offset": -1},
    {"metric": "f", "at": 6, "type": "f32"},
]
OVERLAP = [*FIELDS, {"metric": "g", "at": 2, "type": "u16"}]
TWO_ORDERS = [*FIELDS, {"metric": "g", "at": 10, "type": "u16", "endian": "little"}]
BITS = [
    {"fact": "fire", "at": 1, "type": "u8", "bits": "0-3", "active": 1, "clear": 7},
    {"fact": "test", "at": 1, "type": "u8", "bits": "0-3", "active": [14, 15], "momentary": True},
    {"fact": "tamper", "at": 1, "type": "u8", "bits": "0-3", "active": "others", "clear": 10},
    {"fact": "fault", "at": 2, "type": "u8"},
    {"fact": "offline", "at": 2, "type": "u8", "bit": 3, "inverted": True},
    {"at": 3, "type": "i8", "alarm_bits": {0: "fire", 2: "fault", 3: "fire"}, "inverted_bits": [2]},
]
KEYS = [
    {"metric": "a", "path": "x.t", "scale": 0.1},
    {"metric": "b", "path": "x.n", "missing": ["No Sensor", 0], "low": -10},
    {"metric": "c", "path": "x.0"},
    {"metric": "d", "path": "$.x.-1", "values": {"on": 1}},
]
WORDS = [
    {"fact": "fire", "path": "x.s", "active": 1, "clear": [0, "off"]},
    {"fact": "tamper", "path": "x.s", "active": "others", "clear": 1},
    {"fact": "test", "path": "x.s", "active": ["on", True], "momentary": True},
    {"fact": "fault", "path": "x.s"},
    {"fact": "offline", "path": "x.s", "bit": 0},
]
VALUES = [
    0,
    1,
    1.0,
    True,
    False,
    "1",
    "on",
    "ON",
    "off",
    "No Sensor",
    "12.5",
    -5,
    2.5,
    -0.0,
    1 << 60,
    10**400,
    -(10**400),
]
VALUES += ["x", [], {}, [1], {"t": 3}, None]


def said(head: str, kind: str, rules: list[dict[str, object]], payload: bytes) -> list[str]:
    """Give what the rules of a format say of a payload."""
    declared = read_format(f"{head}device: {{topic: 1}}\n{kind}: {json.dumps(rules)}", "acme.yaml")
    return [repr(item) for item in declared.decode("d", payload, RECEIVED)]


def alone(head: str, kind: str, rules: list[dict[str, object]], payload: bytes) -> list[str]:
    """Give what formats of one rule each say, one after another."""
    return [item for rule in rules for item in said(head, kind, [rule], payload)]


@pytest.mark.parametrize(
    ("kind", "rules"), [("readings", FIELDS), ("readings", OVERLAP), ("readings", TWO_ORDERS), ("states", BITS)]
)
def test_fields_are_read_together_as_each_alone(kind, rules):
    """In whole frames and in those that end before the last field, whatever stands in them."""
    random = Random(0)
    for size in (*range(1, 14), *[12] * 40):
        payload = bytes(random.choice((0, 1, 2, 7, 10, 15, 255, random.randrange(256))) for _ in range(size))
        together = said("input: binary\n", kind, rules, payload)
        assert together == alone("input: binary\n", kind, rules, payload)


@pytest.mark.parametrize(
    ("kind", "rules", "key"), [("readings", KEYS, "t"), ("readings", KEYS, "n"), ("states", WORDS, "s")]
)
def test_keys_are_read_together_as_each_alone(kind, rules, key):
    """In an object, and where a list or a plain value stands in its place; 1 and true are one key of a table, and two values."""
    for value in VALUES:
        for report in ({"x": {key: value, "0": value}}, {"x": [value, 3]}, {"x": value}):
            payload = json.dumps(report).encode()
            assert said("input: json\n", kind, rules, payload) == alone("input: json\n", kind, rules, payload)


@pytest.mark.parametrize(
    "written", ["2024-05-01T19:58:20", "2024-05-01 19:58:20", "2024/5/1 19:58:20", "2024-05-01 19:58:20 "]
)
def test_local_time_is_read_however_it_is_written(written):
    """Written out, it is read at once; all other ways lead to the same instant."""
    head = "input: json\ntime: {path: t, as: local, zone: Asia/Shanghai}\n"
    (reading,) = said(head, "readings", [{"metric": "x", "path": "x"}], json.dumps({"t": written, "x": 1}).encode())
    assert "datetime.datetime(2024, 5, 1, 11, 58, 20, tzinfo=datetime.timezone.utc)" in reading


@pytest.mark.parametrize(
    "written", ["2024-W18-3T19:58:20", "2024-05-01T19:58:2x", "2024-05-41T19:58:20", "2024-05-01 19:58: 2"]
)
def test_what_is_no_local_time_is_none_at_any_length(written):
    """A week's day, and digits that are none, are a clock that cannot be read."""
    head = "input: json\ntime: {path: t, as: local, zone: Asia/Shanghai}\n"
    (reading,) = said(head, "readings", [{"metric": "x", "path": "x"}], json.dumps({"t": written, "x": 1}).encode())
    assert "quality=<Quality.UNCERTAIN_TIME: 1>" in reading
