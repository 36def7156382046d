"""Reading PUBLISH packets off the wire."""

import pytest

from ingest.publish import Message, acknowledgements, read_publish

BODY = b"\x00\x03a/b\x00\x07payload"


def test_reads_topic_id_and_payload() -> None:
    """A QoS 1 publication of MQTT 3.1.1 gives its topic, packet id and payload."""
    assert read_publish(0x32, BODY, version5=False) == Message("a/b", b"payload", 7, False)


def test_qos_0_has_no_packet_id() -> None:
    """A QoS 0 publication carries no id and wants no acknowledgement."""
    assert read_publish(0x30, b"\x00\x03a/bpayload", version5=False) == Message("a/b", b"payload", 0, False)


def test_skips_the_properties_of_mqtt_5() -> None:
    """Properties are passed over by their length, also one of two bytes."""
    short = b"\x00\x03a/b\x00\x07\x02\x01\x01payload"
    long = b"\x00\x03a/b\x00\x07\x80\x01" + bytes(128) + b"payload"
    assert read_publish(0x33, short, version5=True) == Message("a/b", b"payload", 7, True)
    assert read_publish(0x32, long, version5=True) == Message("a/b", b"payload", 7, False)


@pytest.mark.parametrize("body", [b"", b"\x00", b"\x00\x00", b"\x00\x09a/b", b"\x00\x02\xff\xfe\x00\x01"])
def test_a_malformed_packet_is_none(body: bytes) -> None:
    """A packet that ends early or whose topic is not UTF-8 is no message."""
    assert read_publish(0x32, body, version5=False) is None


def test_acknowledges_many_at_once_and_qos_0_not_at_all() -> None:
    """The buffer holds one PUBACK for each packet id that is not 0."""
    assert acknowledgements([1, 0, 258]) == b"\x40\x02\x00\x01\x40\x02\x01\x02"
