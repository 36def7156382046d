"""Protocol Buffers from a table."""

from ingest.protobuf_schema import ONE, message_types


def test_a_table_reads_what_the_wire_says():
    """Numbers, lists, messages in messages and absence come out as they went in; fields that no table names are skipped."""
    types = message_types(
        "test.table",
        {"Inner": [(1, "name", "string")], "Outer": [(1, "count", "optional uint32"), (3, "parts", "repeated Inner")]},
    )
    # field 1 varint 0, field 2 (unknown) varint 9, field 3 "a" and "b"; Protocol Buffers encoding, by hand
    outer = types["Outer"].FromString(bytes.fromhex("0800 1009 1a030a0161 1a030a0162"))
    assert outer.HasField("count")
    assert [part.name for part in outer.parts] == ["a", "b"]
    assert not types["Outer"].FromString(b"").HasField("count")


def test_of_a_oneof_the_last_is_there():
    """Fields that exclude each other: the wire may have several, the last is meant."""
    types = message_types("test.oneof", {"Value": [(1, "whole", "oneof uint32"), (2, "text", "oneof string")]})
    value = types["Value"].FromString(bytes.fromhex("1201 61 0805"))
    assert value.WhichOneof(ONE) == "whole"
    assert not value.HasField("text")
    assert types["Value"].FromString(b"").WhichOneof(ONE) is None
