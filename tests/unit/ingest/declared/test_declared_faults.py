"""A file that is wrong is refused whole, and every fault is told so that it can be found."""

import re
from pathlib import Path

import pytest

from ingest.declared import FormatError, examples, read_folder, read_format
from ingest.declared.model import Format
from ingest.declared.read_yaml import hints_of

GOOD = "input: json\ndevice: {topic: 1}\nreadings: [{metric: x, path: x}]\n"
BYTES = "input: binary\ndevice: {topic: 1}\nreadings: [{metric: x, at: 0, type: u8}]\n"


def faults_of(text: str, taken=()) -> list[str]:
    """Give the faults of a file as the lines that are told."""
    with pytest.raises(FormatError) as refused:
        read_format(text, "acme.yaml", taken)
    return str(refused.value).splitlines()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "acme.yaml, line 1: it is empty, longer than 256 KiB, or nested too deeply"),
        ("a: [", "acme.yaml, line 1: no YAML: expected the node content, but found '<stream end>'"),
        ("a: &a [*a]", "there is no key 'a' here"),
        ("input: json\ntopcs: [x]", "acme.yaml, line 2, topcs: there is no key 'topcs' here (did you mean 'topics'?)"),
        ("input: jsn", "input: 'jsn' is none of json, binary, hex, base64 (did you mean 'json'?)"),
        ("readings: []", "the key 'input' is missing"),
        ("input: json", "it says nothing: 'readings', 'states', 'position' or 'tlv' is needed"),
        (GOOD + "states: [{fact: fir, path: x}]", "states.0.fact: 'fir' is none of fire,"),
        (GOOD + "states: [{path: x}]", "states.0: either 'fact', or 'alarm_bits'"),
        (
            GOOD + "states: [{fact: fire, path: x, active: 1, clear: 1}]",
            "states.0.clear: '1' cannot be active and clear",
        ),
        (GOOD + "states: [{fact: fire, path: x, bit: 99}]", "bits are counted from 0"),
        (GOOD + "states: [{path: x, alarm_bits: {1: fire}, inverted_bits: [2]}]", "bit 2 is not among 'alarm_bits'"),
        (GOOD + "time: {path: t, as: local}", "'zone' is missing: local has none of its own"),
        (GOOD + "time: {path: t, as: local, zone: Asia/Shanghia}", "there is no time zone 'Asia/Shanghia'"),
        (GOOD + "time: {path: t}", "the key 'as' is missing"),
        (GOOD + "size: ten", "size: 'ten' is no whole number"),
        (GOOD + "bare_text: maybe", "bare_text: 'maybe' is no true or false"),
        (GOOD + "tlv: {elements: {}}", "tlv: JSON has no bytes"),
        (GOOD + "topics: ['a/#/b']", "topics.0: 'a/#/b' is no topic filter"),
        (GOOD + "hints: ['(']", "hints.0: '(' is no regular expression"),
        (GOOD + "name: A B", "name: 'A B' is no name"),
        (GOOD.replace("path: x}", "path: x, scale: 0}"), "readings.0.scale: the scale must not be 0"),
        (
            GOOD.replace("path: x}", "path: x, low: 2, high: 1}"),
            "readings.0.low: the lowest value is above the highest",
        ),
        (
            GOOD.replace("path: x}", "path: x, at: 1, type: u8}"),
            "readings.0: one of path, at, topic, key, text says where",
        ),
        (GOOD.replace("path: x}", "at: 1, type: u8}"), "readings.0.at: JSON has no bytes"),
        (GOOD.replace("metric: x", "metric: '{key}'"), "readings.0.metric: {key} is what '*' of the path has met"),
        (GOOD.replace("metric: x", "metric: Temp"), "readings.0.metric: 'Temp' is no metric"),
        (GOOD.replace("topic: 1", "path: 'a.*'"), "device.path: '*' leads to several values"),
        (GOOD.replace("topic: 1", "topic: 0"), "device: levels and keys are counted from 1"),
        (GOOD + "device: {topic: 1}", "device: 'device' stands here twice"),
        (GOOD + "readings: 3", "'readings' stands here twice"),
        ("input: json\nreadings: 3", "readings.0: keys with values are expected here"),
        (BYTES.replace("at: 0", "path: a"), "readings.0.path: a path leads through JSON"),
        (BYTES.replace("type: u8", "type: bcd"), "readings.0: 'size' is missing: bcd has no length of its own"),
        (BYTES.replace("type: u8", "type: u9"), "readings.0.type: 'u9' is none of u8,"),
        (BYTES.replace("type: u8", "type: u16, size: 3"), "readings.0.size: u16 has 2 bytes"),
        (BYTES.replace("type: u8", "type: u8, bits: 5-2"), "readings.0.bits: '5-2' is not one bit or a span"),
        (BYTES + "start: A5 5", "start: 'A5 5' is no hex text"),
        (BYTES + "tlv: {type_size: 2, elements: {'01': {size: 1}}}", "tlv.elements.01: '01' is no hex text of 2 bytes"),
        (BYTES + "tlv: {elements: {'01': {}}}", "tlv.elements.01: 'size' is missing"),
        (BYTES + "records: {at: 0, size: 0}", "records: records begin at 0 or later"),
        (BYTES + "checksum: {kind: crc32}", "checksum.kind: 'crc32' is none of sum8,"),
        ("input: binary\ntopics: [a]\nreadings: [{metric: x, at: 0, type: u8}]", "'device' must say who speaks"),
    ],
)
def test_fault_is_told_with_its_line_and_its_key(text, told):
    """One sentence: file, line, keys, what is wrong, and the nearest known word."""
    lines = faults_of(text)
    assert all(re.match(r"acme\.yaml, line \d+", line) for line in lines)
    assert any(told in line for line in lines), lines


def test_every_fault_is_told_at_once():
    """Whoever mends a file sees all that is wrong with it."""
    lines = faults_of("input: jsn\ntopcs: [a]\nreadings:\n  - {metric: x, pth: x}\n")
    assert [line.split(":")[0] for line in lines] == [
        "acme.yaml, line 1, input", "acme.yaml, line 2, topcs", "acme.yaml, line 4, readings.0.pth"
    ]  # fmt: skip


def test_name_of_another_decoder_is_refused():
    """A declared format cannot take the place of a built-in decoder, nor of another file."""
    assert faults_of(GOOD + "name: senml", {"senml"}) == [
        "acme.yaml, line 4, name: 'senml' is the name of another decoder already"
    ]


def test_folder_is_read_whole_or_not_at_all(tmp_path: Path):
    """One bad file refuses all of them; the faults of every file are told. No folder is no format."""
    assert read_folder(tmp_path / "none", ()) == ()
    (tmp_path / "a.yaml").write_text(GOOD)
    (tmp_path / "b.yaml").write_text(GOOD + "name: a")
    (tmp_path / "c.yaml").write_text(GOOD + "x: 1")
    with pytest.raises(FormatError) as refused:
        read_folder(tmp_path, ())
    assert [fault.source for fault in refused.value.faults] == ["b.yaml", "c.yaml"]
    (tmp_path / "b.yaml").write_text(GOOD)
    (tmp_path / "c.yaml").unlink()
    assert [one.name for one in read_folder(tmp_path, ())] == ["a", "b"]


def test_anchors_do_not_multiply_without_end():
    """A file of a few lines that would unfold to millions of values is refused."""
    rules = ", ".join(["{metric: x, path: x}"] * 200)
    text = f"input: json\ndevice: {{topic: 1}}\nreadings: &all [{rules}]\nblocks:\n" + "  - {readings: *all}\n" * 2000
    assert faults_of(text) == ["acme.yaml, line 1: more than 20000 values: anchors may have multiplied them"]


def test_examples_are_right():
    """What is packaged to learn from is read without a fault."""
    assert len(examples()) >= 5


def test_reference_page_has_every_key():
    """docs/reference/declared-formats.md names each key of the model in the table of its part, and no other."""
    page = Path("docs/reference/declared-formats.md").read_text(encoding="utf-8")
    tables = {
        heading.split("`")[1]: set(re.findall(r"^\| `([a-z_0-9]+)` \|", body, re.MULTILINE))
        for heading, body in re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
        if "`" in heading
    }
    assert tables == {name: keys for name, keys in parts_of_the_model().items() if name in tables}
    assert tables.keys() == parts_of_the_model().keys()


def parts_of_the_model() -> dict[str, set[str]]:
    """Give the keys of each part that a file can have; those of a place are told once, of `where`."""
    from ingest.declared import model

    where = set(hints_of(model.Where))
    parts = {"where": where}
    for name, kind in {
        "device": model.Device, "part": model.Part, "when": model.Test, "time": model.Time, "reading": model.ReadingRule,
        "state": model.StateRule, "position": model.Position, "degrees": model.Degrees, "amount": model.Amount,
        "records": model.Records, "inside": model.Inside, "tlv": model.Tlv, "element": model.Element,
        "checksum": model.Checksum, "block": model.Block,
    }.items():  # fmt: skip
        parts[name] = set(hints_of(kind)) - (where if issubclass(kind, model.Where) else set())
    parts["device"] -= parts["part"]
    parts["file"] = set(hints_of(Format)) - parts["block"]
    return parts
