"""Sparkplug B: births and aliases, sequences and sessions, numbers and units."""

import gzip
import json
import struct
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingest.decoders.sparkplug_b import SparkplugMemory, decode
from ingest.decoders.sparkplug_b.births import NODES_MOST, Births
from ingest.decoders.sparkplug_b.payload import _PAYLOAD, Payload, rebirth
from ingest.readings import (
    Decoded,
    DeviceState,
    Discovered,
    Fact,
    Quality,
    Reading,
    Reason,
    Rejection,
    Request,
)

RECEIVED = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
AT = 1714564798250
SAID = datetime(2024, 5, 1, 11, 59, 58, 250000, tzinfo=UTC)
INT8, INT16, INT32, UINT8, FLOAT, DOUBLE, BOOLEAN = 1, 2, 3, 5, 9, 10, 11


def _pb(*metrics: dict[str, Any], seq: int | None = None) -> bytes:
    message = _PAYLOAD(timestamp=AT)
    if seq is not None:
        message.seq = seq
    for fields in metrics:
        unit = fields.pop("unit", "")
        metric = message.metrics.add(**fields)
        if unit:
            metric.properties.keys.append("engUnit")
            metric.properties.values.add(string_value=unit)
    return bytes(message.SerializeToString())


def _birth(seq: int = 0, session: int = 0) -> bytes:
    return _pb(
        {"name": "bdSeq", "datatype": 8, "long_value": session},
        {"name": "Node Control/Rebirth", "datatype": BOOLEAN, "boolean_value": False},
        {"name": "Tank/Level", "alias": 1, "datatype": DOUBLE, "double_value": 2.5, "unit": "m"},
        {"name": "Smoke", "alias": 2, "datatype": BOOLEAN, "boolean_value": False},
        seq=seq,
    )


def _data(seq: int, level: float = 3.0) -> bytes:
    return _pb({"alias": 1, "double_value": level}, {"alias": 2, "boolean_value": True}, seq=seq)


def _readings(decoded: list[Decoded]) -> list[tuple[str, float | None, str]]:
    return [(item.metric, item.value, item.unit) for item in decoded if isinstance(item, Reading)]


def _of(decoded: list[Decoded], kind: type) -> list[Any]:
    return [item for item in decoded if isinstance(item, kind)]


def test_birth_announces_and_tells() -> None:
    """A birth is a device with its channels, that it is there, and its first values; what controls it is none."""
    said = SparkplugMemory()("spBv1.0/Plant 1/NBIRTH/Pump", _birth(), RECEIVED)
    assert said == [
        Discovered(device="Plant_1.Pump", name="Pump", channels=(("tank.level", "m"), ("fire", "1"))),
        DeviceState(device="Plant_1.Pump", fact=Fact.OFFLINE, active=False, time=RECEIVED, code="NBIRTH"),
        Reading(device="Plant_1.Pump", metric="tank.level", time=SAID, value=2.5, unit="m", code="Tank/Level"),
        DeviceState(device="Plant_1.Pump", fact=Fact.FIRE, active=False, time=SAID, code="Smoke"),
    ]


def test_aliases_mean_what_the_birth_said() -> None:
    """Name, type and unit are told once; device and node have aliases of their own."""
    memory = SparkplugMemory()
    memory("spBv1.0/g/NBIRTH/n", _birth(), RECEIVED)
    memory("spBv1.0/g/DBIRTH/n/d", _pb({"name": "T", "alias": 7, "datatype": INT8, "int_value": 1}, seq=1), RECEIVED)
    said = memory("spBv1.0/g/NDATA/n", _data(2), RECEIVED)
    assert _readings(said) == [("tank.level", 3.0, "m")]
    assert [(item.fact, item.active) for item in _of(said, DeviceState)] == [(Fact.FIRE, True)]
    said = memory("spBv1.0/g/DDATA/n/d", _pb({"alias": 7, "int_value": 0xFF}, seq=3), RECEIVED)
    assert _readings(said) == [("t", -1.0, "")]
    assert not _of(said, Request)


def test_data_before_the_birth_is_refused_and_asked_for() -> None:
    """Numbers without names mean nothing: they are kept raw, and the node is asked to be born again."""
    said = SparkplugMemory()("spBv1.0/g/DDATA/n/d", _data(5), RECEIVED)
    request, rejection = said
    assert isinstance(request, Request)
    assert request.topic == "spBv1.0/g/NCMD/n"
    command = _PAYLOAD.FromString(request.payload)
    assert [(m.name, m.datatype, m.boolean_value) for m in command.metrics] == [("Node Control/Rebirth", BOOLEAN, True)]
    assert isinstance(rejection, Rejection)
    assert rejection.reason is Reason.UNSUPPORTED
    assert "alias unknown" in rejection.detail


def test_node_is_asked_at_most_once_a_minute() -> None:
    """A node that cannot be born is not shouted at."""
    memory = SparkplugMemory()
    asked = [
        len(_of(memory("spBv1.0/g/NDATA/n", _data(1), RECEIVED + timedelta(seconds=s)), Request))
        for s in (0, 1, 59, 60, 61)
    ]
    assert asked == [1, 0, 0, 1, 0]


def test_gap_in_the_sequence_asks_for_a_birth() -> None:
    """After a gap aliases may mean something else: values are uncertain until the next birth. A repeat is no gap."""
    memory = SparkplugMemory()
    memory("spBv1.0/g/NBIRTH/n", _birth(seq=254), RECEIVED)
    for seq in (255, 255, 0):
        said = memory("spBv1.0/g/NDATA/n", _data(seq), RECEIVED)
        assert not _of(said, Request)
        assert {item.quality for item in _of(said, Reading)} == {Quality.GOOD}
    said = memory("spBv1.0/g/NDATA/n", _data(2), RECEIVED)
    assert len(_of(said, Request)) == 1
    assert {item.quality for item in _of(said, Reading)} == {Quality.UNCERTAIN}
    memory("spBv1.0/g/NBIRTH/n", _birth(seq=0, session=1), RECEIVED)
    said = memory("spBv1.0/g/NDATA/n", _data(1), RECEIVED)
    assert {item.quality for item in _of(said, Reading)} == {Quality.GOOD}


def test_death_of_an_earlier_session_is_ignored() -> None:
    """The broker may deliver an old will after the node is back."""
    memory = SparkplugMemory()
    memory("spBv1.0/g/NBIRTH/n", _birth(session=4), RECEIVED)
    will = {"name": "bdSeq", "datatype": 8}
    assert memory("spBv1.0/g/NDEATH/n", _pb({**will, "long_value": 3}), RECEIVED) == []
    (said,) = memory("spBv1.0/g/NDEATH/n", _pb({**will, "long_value": 4}), RECEIVED)
    assert said == DeviceState(device="g.n", fact=Fact.OFFLINE, active=True, time=RECEIVED, code="NDEATH")
    assert _of(memory("spBv1.0/g/NDATA/n", _data(1), RECEIVED), Request)


def test_death_of_a_device_leaves_its_node() -> None:
    """A device that dies is offline; what its node says goes on."""
    memory = SparkplugMemory()
    memory("spBv1.0/g/NBIRTH/n", _birth(), RECEIVED)
    (said,) = memory("spBv1.0/g/DDEATH/n/d", _pb(seq=1), RECEIVED)
    assert isinstance(said, DeviceState)
    assert (said.device, said.fact, said.active) == ("g.n.d", Fact.OFFLINE, True)
    assert not _of(memory("spBv1.0/g/NDATA/n", _data(2), RECEIVED), Request)


@pytest.mark.parametrize(
    ("datatype", "field", "raw", "value"),
    [
        (INT8, "int_value", 0xFF, -1.0),
        (INT8, "int_value", 0xFFFFFFFF, -1.0),
        (INT16, "int_value", 0xFF38, -200.0),
        (INT32, "int_value", 0xFFFFFFFE, -2.0),
        (4, "long_value", 2**64 - 5, -5.0),
        (UINT8, "int_value", 255, 255.0),
        (7, "int_value", 2**32 - 1, 4294967295.0),
        (FLOAT, "float_value", 1.5, 1.5),
        (DOUBLE, "double_value", float("nan"), None),
        (DOUBLE, "double_value", float("inf"), None),
        (BOOLEAN, "boolean_value", True, 1.0),
    ],
)
def test_numbers_are_read_by_their_data_type(datatype: int, field: str, raw: float, value: float | None) -> None:
    """Signed numbers travel in unsigned fields; what is no number is missing."""
    said = decode("spBv1.0/g/NDATA/n", _pb({"name": "x", "datatype": datatype, field: raw}), RECEIVED)
    assert [(item.value, item.quality) for item in _of(said, Reading)] == [
        (value, Quality.MISSING if value is None else Quality.GOOD)
    ]


def test_null_is_missing_history_is_history_and_text_is_nothing() -> None:
    """A metric's own time wins; stored values are never judged."""
    said = decode(
        "spBv1.0/g/NDATA/n",
        _pb(
            {"name": "a", "datatype": DOUBLE, "is_null": True},
            {"name": "b", "datatype": DOUBLE, "double_value": 1.0, "is_historical": True, "timestamp": AT - 3600_000},
            {"name": "c", "datatype": 12, "string_value": "x"},
            {"name": "d", "datatype": 13, "long_value": AT},
        ),
        RECEIVED,
    )
    assert [(item.metric, item.value, item.quality) for item in _of(said, Reading)] == [
        ("a", None, Quality.MISSING),
        ("b", 1.0, Quality.HISTORY),
    ]
    assert said[1].time == SAID - timedelta(hours=1)


def test_members_of_a_template_are_metrics() -> None:
    """A pump of the type Pump says what a pump says; the type's own definition says nothing."""
    message = _PAYLOAD(timestamp=AT)
    pump = message.metrics.add(name="P1", datatype=19)
    pump.template_value.metrics.add(name="Speed", datatype=INT32, int_value=900)
    kind = message.metrics.add(name="_types_/Pump", datatype=19)
    kind.template_value.is_definition = True
    kind.template_value.metrics.add(name="Speed", datatype=INT32, int_value=0)
    assert _readings(decode("spBv1.0/g/NDATA/n", message.SerializeToString(), RECEIVED)) == [("p1.speed", 900.0, "")]


def test_json_and_hex_text_say_the_same() -> None:
    """Three spellings, one meaning."""
    metrics = [
        {"name": "A/B", "timestamp": AT, "dataType": "Int16", "value": -3, "properties": {"engUnit": {"value": "Cel"}}}
    ]
    text = json.dumps({"timestamp": AT, "metrics": metrics, "seq": 1}).encode()
    binary = _pb({"name": "A/B", "timestamp": AT, "datatype": INT16, "int_value": 0xFFFD, "unit": "Cel"}, seq=1)
    spoken = [decode("spBv1.0/g/DDATA/n/d", payload, RECEIVED) for payload in (text, binary, binary.hex().encode())]
    assert spoken[0] == spoken[1] == spoken[2]
    assert _readings(spoken[0]) == [("a.b", -3.0, "Cel")]


@pytest.mark.parametrize(
    "metric",
    [
        {"name": "A", "timestamp": AT, "dataType": "Int8", "value": 200},
        {"name": "A", "timestamp": AT + 0.5, "dataType": "FLOAT", "value": 2},
        {"name": "A", "timestamp": None, "dataType": "Double", "value": None},
        {"name": "A", "dataType": "Int64", "value": 1 << 70},
        {"name": "A", "dataType": "Boolean", "value": 1, "properties": {}},
        {"name": "Smoke", "dataType": "Boolean", "value": True},
        {"name": "A", "dataType": "Nonsense", "value": "12"},
        {"name": "A", "dataType": "Int32"},
        {"name": "A", "value": [1]},
        {"name": "A" * 300, "dataType": "Int32", "value": 1},
        {"name": None, "alias": 3.0, "value": 1},
        {"alias": -3, "dataType": 3, "value": 1},
        {"alias": "3", "value": 1},
        {"name": "A", "dataType": "Int32", "value": 1, "properties": {"unit": "m", "Eng Unit": {"value": "cm"}}},
        {"name": "A", "dataType": "Int32", "value": 1, "properties": {"unit": {"value": 7}}},
    ],
)
def test_readable_metrics_mean_the_same_with_a_key_nobody_knows(metric: dict[str, Any]) -> None:
    """What is spelled as usual is read at once, anything else key by key: both say the same."""
    for topic in ("spBv1.0/g/NBIRTH/n", "spBv1.0/g/NDATA/n"):
        usual = json.dumps({"timestamp": AT, "seq": 3, "metrics": [metric]}).encode()
        odd = json.dumps({"timestamp": AT, "seq": 3, "metrics": [metric | {"odd": 1}]}).encode()
        assert decode(topic, usual, RECEIVED) == decode(topic, odd, RECEIVED)


def test_of_two_values_of_a_metric_the_last_holds() -> None:
    """The values are a oneof: what a writer sets last is what it meant, in whatever order a table names them."""
    first, last = _pb({"name": "A", "datatype": DOUBLE, "boolean_value": True}), b"\x69" + struct.pack("<d", 2.5)
    metric = first[first.index(b"\x0a\x01A") :] + last
    payload = first[: first.index(b"\x12")] + b"\x12" + bytes([len(metric)]) + metric
    assert _readings(decode("spBv1.0/g/NDATA/n", payload, RECEIVED)) == [("a", 2.5, "")]


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("spBv1.0/g/NCMD/n", rebirth(AT), Reason.DOWNLINK),
        ("spBv1.0/g/DCMD/n/d", rebirth(AT), Reason.DOWNLINK),
        ("spBv1.0/g/NWHAT/n", b"", Reason.TOPIC),
        ("spAv1.0/g/NDATA/n", b"", Reason.TOPIC),
        ("spBv1.0/g/NDATA/n", b"\x12\xff", Reason.MALFORMED),
        ("spBv1.0/g/NDATA/n", b'{"metrics":5}', Reason.MALFORMED),
    ],
)
def test_what_is_no_data_is_rejected(topic: str, payload: bytes, reason: Reason) -> None:
    """Commands are ours or another host's; a topic must say who speaks."""
    (said,) = decode(topic, payload, RECEIVED)
    assert isinstance(said, Rejection)
    assert said.reason is reason


def test_state_of_a_host_says_nothing() -> None:
    """Host applications tell that they are there, in both versions' topics."""
    assert decode("spBv1.0/STATE/scada", b'{"online":true}', RECEIVED) == []
    assert decode("STATE/scada", b"ONLINE", RECEIVED) == []


def test_copy_goes_on_alone() -> None:
    """A batch that is taken in twice hears the same twice."""
    memory = SparkplugMemory()
    memory("spBv1.0/g/NBIRTH/n", _birth(), RECEIVED)
    other = memory.copy()
    first = other("spBv1.0/g/NDATA/n", _data(1), RECEIVED)
    other("spBv1.0/g/NDEATH/n", _pb(), RECEIVED)
    assert memory("spBv1.0/g/NDATA/n", _data(1), RECEIVED) == first


def test_memory_is_bounded() -> None:
    """However many nodes are born, only so many are remembered, the newest."""
    births = Births()
    for i in range(NODES_MOST + 10):
        births.born(f"g.{i}", f"g.{i}", Payload(seq=0), is_node=True)
    assert not births.follows("g.0", "g.0", 1)
    assert births.follows(f"g.{NODES_MOST + 9}", f"g.{NODES_MOST + 9}", 1)


def _qualified(code: int, **fields: Any) -> bytes:
    message = _PAYLOAD(timestamp=AT)
    metric = message.metrics.add(**fields)
    metric.properties.keys.append("Quality")
    metric.properties.values.add(int_value=code)
    return bytes(message.SerializeToString())


@pytest.mark.parametrize(
    ("code", "value", "quality"), [(192, 2.5, Quality.GOOD), (500, 2.5, Quality.UNCERTAIN), (0, None, Quality.MISSING)]
)
def test_quality_a_node_tells(code: int, value: float | None, quality: Quality) -> None:
    """A bad value is none, a stale one is uncertain (Sparkplug 3.0.0, payloads_b_quality_codes)."""
    binary = _qualified(code, name="Level", datatype=DOUBLE, double_value=2.5)
    readable = {
        "metrics": [{"name": "Level", "dataType": "Double", "value": 2.5, "properties": {"Quality": {"value": code}}}]
    }
    for payload in (binary, json.dumps(readable).encode()):
        (said,) = _of(decode("spBv1.0/g/NDATA/n", payload, RECEIVED), Reading)
        assert (said.value, said.quality) == (value, quality)


def test_bad_alarm_is_no_alarm() -> None:
    """What a node calls bad states no fact."""
    payload = _qualified(0, name="Smoke", datatype=BOOLEAN, boolean_value=True)
    assert not _of(decode("spBv1.0/g/NDATA/n", payload, RECEIVED), DeviceState)


@pytest.mark.parametrize(
    ("kind", "packed", "values"),
    [
        (23, struct.pack("<2h", -30, 40), [-30.0, 40.0]),
        (28, struct.pack("<I", 4294967295) + b"cut", [4294967295.0]),
        (30, struct.pack("<2f", 1.5, -2.0), [1.5, -2.0]),
        (32, b"\x0a\0\0\0\xa0\x40", [1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]),
        (22, bytes(300), [0.0] * 16),
        (33, b"text\0", []),
        (17, b"file", []),
    ],
)
def test_arrays_are_channels(kind: int, packed: bytes, values: list[float]) -> None:
    """The first sixteen elements of an array are numbered metrics, by alias too; text and files say nothing."""
    memory = SparkplugMemory()
    born = memory(
        "spBv1.0/g/NBIRTH/n",
        _pb({"name": "Probe", "alias": 3, "datatype": kind, "bytes_value": packed, "unit": "m"}, seq=0),
        RECEIVED,
    )
    unit = "1" if kind == 32 else "m"
    expected = [(f"probe_{i}", value, unit) for i, value in enumerate(values, 1)]
    assert _readings(born) == expected
    assert _of(born, Discovered)[0].channels == tuple((name, unit) for name, _, unit in expected)
    assert _readings(memory("spBv1.0/g/NDATA/n", _pb({"alias": 3, "bytes_value": packed}, seq=1), RECEIVED)) == expected


@pytest.mark.parametrize("compress", [zlib.compress, gzip.compress])
def test_payload_inside_of_a_payload(compress: Callable[[bytes], bytes]) -> None:
    """A node may compress its payload; it is read as if it had not."""
    inner = _PAYLOAD(uuid="SPBV1.0_COMPRESSED", seq=0, body=compress(_birth()))
    said = SparkplugMemory()("spBv1.0/g/NBIRTH/n", inner.SerializeToString(), RECEIVED)
    assert said == SparkplugMemory()("spBv1.0/g/NBIRTH/n", _birth(), RECEIVED)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"no stream", Reason.MALFORMED),
        (zlib.compress(_birth())[:-9], Reason.TRUNCATED),
        (zlib.compress(bytes(4 << 20)), Reason.TOO_LARGE),
    ],
)
def test_compressed_payload_that_cannot_be_read(body: bytes, reason: Reason) -> None:
    """A damaged one, half of one, and one that would fill the memory are refused."""
    payload = _PAYLOAD(uuid="SPBV1.0_COMPRESSED", body=body).SerializeToString()
    (said,) = decode("spBv1.0/g/NDATA/n", payload, RECEIVED)
    assert isinstance(said, Rejection)
    assert said.reason is reason


def test_readable_payload_of_javascript_libraries() -> None:
    """The type is called `type`, long numbers are two halves; templates have members, arrays elements."""
    pump = {
        "name": "Pump", "type": "Template",
        "value": {"isDefinition": False, "metrics": [{"name": "Hours", "type": "UInt64", "value": {"low": 7, "high": 1}}]},
    }  # fmt: skip
    kind = {**pump, "name": "Kind", "value": {"isDefinition": True, "metrics": pump["value"]["metrics"]}}  # type: ignore[index]
    probes = {"name": "Probe", "type": "FloatArray", "value": [1.5, None, {}]}
    mapped = {
        "name": "Net",
        "datatype": 4,
        "longValue": "18446744073709551615",
    }  # as Protocol Buffers are mapped to JSON
    said = decode("spBv1.0/g/NDATA/n", json.dumps({"metrics": [pump, kind, probes, mapped]}).encode(), RECEIVED)
    assert _readings(said) == [
        ("pump.hours", 4294967303.0, ""), ("probe_1", 1.5, ""), ("probe_2", None, ""), ("net", -1.0, ""),
    ]  # fmt: skip
