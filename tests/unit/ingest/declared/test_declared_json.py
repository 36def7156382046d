"""Declared JSON formats: paths, scales, words, times, devices."""

import json
from datetime import UTC, datetime

import pytest

from ingest.declared import read_format
from ingest.readings import DeviceState, Dropped, Fact, Quality, Reading, Reason, Rejection

RECEIVED = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
HEAD = "input: json\ndevice: {topic: 2}\n"


def decoded(declaration: str, report: object, topic: str = "acme/meter-7/up"):
    """Decode a report, given as a value or as text, by a declaration."""
    payload = report.encode() if isinstance(report, str) else json.dumps(report).encode()
    return read_format(declaration, "acme.yaml").decode(topic, payload, RECEIVED)


def values(items) -> list[tuple[str, float | None]]:
    """Give metric and value of the readings."""
    return [(item.metric, item.value) for item in items if isinstance(item, Reading)]


def facts(items) -> list[tuple[Fact, bool]]:
    """Give the facts that are stated."""
    return [(item.fact, item.active) for item in items if isinstance(item, DeviceState)]


def test_value_is_found_scaled_and_given_its_unit():
    """A dotted path leads to a number, which is multiplied and then added to."""
    rule = HEAD + "readings: [{metric: temperature, unit: Cel, path: data.0.t, scale: 0.1, offset: -40}]"
    (reading,) = decoded(rule, {"data": [{"t": 652}]})
    assert (reading.device, reading.metric, reading.unit, reading.code) == ("meter-7", "temperature", "Cel", "t")
    assert reading.value == pytest.approx(25.2)
    assert (reading.time, reading.quality) == (RECEIVED, Quality.GOOD)


def test_tenths_are_what_people_read():
    """257 tenths are 25.7, not 25.700000000000003."""
    rule = HEAD + "readings: [{metric: t, unit: Cel, path: t, scale: 0.1}]"
    assert values(decoded(rule, {"t": 257})) == [("t", 25.7)]


def test_what_is_not_there_says_nothing():
    """A missing key, null, and a path through something else give neither a reading nor a fact."""
    rule = HEAD + "readings: [{metric: t, unit: Cel, path: a.t}]\nstates: [{fact: fire, path: a.fire}]"
    for report in ({}, {"a": {}}, {"a": {"t": None, "fire": None}}, {"a": 3}, {"a": [1]}, []):
        assert decoded(rule, report) == []


@pytest.mark.parametrize("raw", [9999, "9999", 9999.0, "No Sensor", "", {}, [], True, "12abc"])
def test_mark_for_no_value_is_a_missing_value(raw):
    """What the file calls missing, and what is no number, is a reading without a value."""
    rule = HEAD + "readings: [{metric: t, unit: Cel, path: t, missing: [9999, No Sensor]}]"
    (reading,) = decoded(rule, {"t": raw})
    assert (reading.value, reading.quality) == (None, Quality.MISSING)


def test_value_out_of_range_is_kept_and_marked():
    """A value beyond `low` and `high` is implausible."""
    rule = HEAD + "readings: [{metric: humidity, unit: '%RH', path: h, low: 0, high: 100}]"
    assert [(r.value, r.quality) for r in decoded(rule, {"h": 130})] == [(130.0, Quality.IMPLAUSIBLE)]


def test_words_become_numbers():
    """`values` turns a maker's words into numbers; other numbers stay what they are."""
    rule = HEAD + "readings: [{metric: level, unit: '1', path: l, values: {LOW: 10, HIGH: 90}}]"
    assert [values(decoded(rule, {"l": raw})) for raw in ("LOW", "HIGH", 42)] == [
        [("level", 10.0)], [("level", 90.0)], [("level", 42.0)]
    ]  # fmt: skip


def test_enumeration_states_a_fact_only_where_it_says_so():
    """Listed values state the fact; others say nothing about it."""
    rule = HEAD + "states: [{fact: fire, path: s, active: [1, 'ALARM'], clear: 7}]"
    said = [facts(decoded(rule, {"s": raw})) for raw in (1, "1", "ALARM", 7, 10, "x")]
    assert said == [[(Fact.FIRE, True)]] * 3 + [[(Fact.FIRE, False)]] + [[]] * 2


def test_all_others_may_be_clear():
    """`clear: others` takes whatever is not active."""
    rule = HEAD + "states: [{fact: fire, path: s, active: 1, clear: others}]"
    assert facts(decoded(rule, {"s": 12})) == [(Fact.FIRE, False)]


def test_truth_is_read_and_may_be_inverted():
    """Without a list, true and false are meant; `inverted` turns them round; nonsense is rejected, not guessed."""
    rule = HEAD + "states: [{fact: open, path: closed, inverted: true}]"
    assert [facts(decoded(rule, {"closed": raw})) for raw in (True, "on", 0)] == [
        [(Fact.OPEN, False)], [(Fact.OPEN, False)], [(Fact.OPEN, True)]
    ]  # fmt: skip
    (rejection,) = decoded(rule, {"closed": "maybe"})
    assert isinstance(rejection, Rejection)
    assert rejection.reason is Reason.MALFORMED


def test_bits_are_facts():
    """Each bit has its fact, several bits may have one, and an inverted bit says it by being 0."""
    rule = HEAD + "states: [{path: w, alarm_bits: {0: value_low, 3: fault, 4: fault, 7: open}, inverted_bits: [7]}]"
    assert facts(decoded(rule, {"w": 0b1_0000})) == [(Fact.VALUE_LOW, False), (Fact.FAULT, True), (Fact.OPEN, True)]
    assert facts(decoded(rule, {"w": "129"})) == [(Fact.VALUE_LOW, True), (Fact.FAULT, False), (Fact.OPEN, False)]


def test_test_is_over_a_second_later():
    """A momentary fact is a report of something done: it takes itself back."""
    rule = HEAD + "states: [{fact: test, path: s, active: 14, momentary: true}]"
    begin, over = decoded(rule, {"s": 14})
    assert (begin.active, over.active) == (True, False)
    assert (over.time - begin.time).total_seconds() == 1


@pytest.mark.parametrize(
    ("time", "raw", "expected"),
    [
        ("as: seconds", 1714564700.5, "2024-05-01T11:58:20.500000+00:00"),
        ("as: milliseconds", "1714564700500", "2024-05-01T11:58:20.500000+00:00"),
        ("as: iso", "2024-05-01T11:58:20.5Z", "2024-05-01T11:58:20.500000+00:00"),
        ("as: iso", "2024-05-01T19:58:20.123456789+08:00", "2024-05-01T11:58:20.123456+00:00"),
        ("as: iso, zone: Asia/Shanghai", "2024-05-01T19:58:20", "2024-05-01T11:58:20+00:00"),
        ("as: local, zone: Asia/Shanghai", "2024-05-01 19:58:20", "2024-05-01T11:58:20+00:00"),
        ("as: local, zone: Asia/Shanghai", "2024/5/1 9:08:20", "2024-05-01T01:08:20+00:00"),
        ("as: local, zone: UTC", "2024.05.01 11:58:20", "2024-05-01T11:58:20+00:00"),
        ("as: digits, zone: Asia/Shanghai", "20240501195820", "2024-05-01T11:58:20+00:00"),
        ("as: digits, zone: Asia/Shanghai", 240501195820, "2024-05-01T11:58:20+00:00"),
    ],
)
def test_time_of_the_device_is_taken(time, raw, expected):
    """Each way of writing a time gives the instant in UTC."""
    rule = HEAD + f"time: {{path: t, {time}}}\nreadings: [{{metric: x, unit: '1', path: x}}]"
    (reading,) = decoded(rule, {"t": raw, "x": 1})
    assert (reading.time.isoformat(), reading.quality) == (expected, Quality.GOOD)


@pytest.mark.parametrize("raw", ["soon", "2024-02-30 00:00:00", "1970-01-01 00:00:00", "2059-01-01 00:00:00", 7, {}])
def test_impossible_time_is_ours_and_flagged(raw):
    """A time that cannot be read, or cannot be, is the receive time."""
    rule = HEAD + "time: {path: t, as: local, zone: Asia/Shanghai}\nreadings: [{metric: x, unit: '1', path: x}]"
    (reading,) = decoded(rule, {"t": raw, "x": 1})
    assert (reading.time, reading.quality) == (RECEIVED, Quality.UNCERTAIN_TIME)


def test_records_have_their_own_devices_and_times():
    """`each` leads to every record; the keys its wildcards met name the device."""
    rule = (
        "input: json\neach: '*.points.*'\ndevice: {parts: [{topic: 1}, {key: 1}], join: ':', case: upper}\n"
        "time: {path: ts, as: seconds}\nreadings: [{metric: x, unit: '1', path: v.x}]"
    )
    report = {
        "a": {"points": [{"ts": 1714564700, "v": {"x": 1}}, {"ts": 1714564701, "v": {"x": 2}}]},
        "b": {"points": []},
    }
    said = [(r.device, r.time.second, r.value) for r in decoded(rule, report)]
    assert said == [("acme:a", 20, 1.0), ("acme:a", 21, 2.0)]


def test_letters_of_an_id_are_those_that_are_declared():
    """`case` writes an id one way, and what structures a topic is no part of it."""
    rule = "input: json\ndevice: {path: id, case: upper}\nreadings: [{metric: x, path: x}]"
    assert [r.device for r in decoded(rule, {"id": "a/b+c#", "x": 1})] == ["A-B-C-"]
    assert [r.device for r in decoded(rule, {"id": 861931046156398, "x": 1})] == ["861931046156398"]


def test_wildcard_of_a_reading_names_its_metric():
    """`{key}` is what the last wildcard met, in our spelling."""
    rule = HEAD + "readings: [{metric: '{key}', path: 'v.*'}]"
    assert values(decoded(rule, {"v": {"waterLevel": 2, "T 1": 3}})) == [("water_level", 2.0), ("t_1", 3.0)]


def test_conditions_choose_the_message_and_the_rule():
    """`when` holds for a block or for one rule; a message nobody asks for says nothing."""
    rule = HEAD + (
        "when: [{path: type, is: data}, {path: kind, is_not: [ack]}]\n"
        "readings: [{metric: x, path: v, when: [{path: id, is: 3}]}, {metric: y, path: v, when: [{path: id, is: 4}]}]"
    )
    assert values(decoded(rule, {"type": "data", "id": 4, "v": 1})) == [("y", 1.0)]
    assert decoded(rule, {"type": "data", "id": 4, "v": 1, "kind": "ack"}) == []
    assert decoded(rule, {"type": "login", "id": 4, "v": 1}) == []


def test_place_is_told_in_wgs84():
    """Degrees of a declared datum become two readings in WGS 84; no place is no value."""
    rule = HEAD + "position: {lon: {path: lng}, lat: {path: lat}, datum: gcj02}"
    (lon, lat) = values(decoded(rule, {"lng": 104.06, "lat": 30.67}))
    assert lon == ("longitude", pytest.approx(104.0575, abs=0.001))
    assert lat == ("latitude", pytest.approx(30.6724, abs=0.001))
    assert values(decoded(rule, {"lng": 0, "lat": 0})) == [("longitude", None), ("latitude", None)]


def test_level_is_relative_where_it_is_declared():
    """A level above the station's own base is told as such: the registry adds the datum."""
    rule = HEAD + "readings: [{metric: stage, unit: m, path: z, relative: true}]"
    assert [r.relative for r in decoded(rule, {"z": 4.28})] == [True]


def test_history_is_never_judged():
    """What a block declares as history has that quality."""
    rule = HEAD + "history: true\nreadings: [{metric: x, path: x}]"
    assert [r.quality for r in decoded(rule, {"x": 1})] == [Quality.HISTORY]


def test_word_alone_is_a_value_where_it_is_expected():
    """`bare_text` takes a payload such as Online; without it that is no JSON."""
    rule = HEAD + "states: [{fact: offline, path: $, active: Offline, clear: Online}]"
    assert facts(decoded("bare_text: true\n" + rule, "Offline")) == [(Fact.OFFLINE, True)]
    assert [item.reason for item in decoded(rule, "Offline")] == [Reason.MALFORMED]
    assert [item.reason for item in decoded(rule, "3")] == [Reason.MALFORMED]


def test_persons_are_dropped_and_not_kept():
    """Personal fields are named, and a raw message is stored without them."""
    declared = read_format(HEAD + "personal: [owner]\nreadings: [{metric: x, path: x}]", "acme.yaml")
    payload = json.dumps({"x": 1, "site": {"owner": "somebody"}}).encode()
    assert Dropped(fields=("owner",)) in declared.decode("a/b", payload, RECEIVED)
    assert declared.storable(payload) == b'{"x":1,"site":{}}'
    assert declared.storable(b"somebody") == b""


def test_nobody_speaks_without_an_id():
    """A message that does not say which device speaks is rejected."""
    rule = "input: json\ndevice: {path: id}\nreadings: [{metric: x, path: x}]"
    assert [item.reason for item in decoded(rule, {"x": 1})] == [Reason.TOPIC]


def test_ten_thousand_records_are_cut_off_and_said():
    """A report with more records than any honest one is taken up to the limit, and rejected beyond."""
    rule = "input: json\neach: '*'\ndevice: {text: d}\nreadings: [{metric: x, path: x}]"
    items = decoded(rule, [{"x": 1}] * 10_000)
    assert len(items) == 5_001
    assert items[-1].reason is Reason.TOO_LARGE
