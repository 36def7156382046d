"""Payloads without an envelope: what the topic says, in which form, and by which codec."""

import base64
from datetime import UTC, datetime

import pytest

from ingest import codecs, installed
from ingest.decoders.lorawan_payloads import decode
from ingest.readings import Decoded, DeviceId, Enclosed, Reading, Reason, Rejection
from tests.lorawan_said import facts, reasons, values

RECEIVED = datetime(2024, 5, 1, 12, 30, tzinfo=UTC)
PAYLOAD = bytes.fromhex("01755c03821e00")


@pytest.mark.parametrize(
    "form",
    [
        PAYLOAD,
        PAYLOAD.hex().encode(),
        PAYLOAD.hex(" ").upper().encode(),
        b"0x" + PAYLOAD.hex().encode(),
        PAYLOAD.hex("-").upper().encode(),
        PAYLOAD.hex(":").encode() + b"\r\n",
        base64.b64encode(PAYLOAD),
    ],
)
def test_bytes_hex_and_base64_are_one_payload(form: bytes) -> None:
    """Whatever the tunnel made of the bytes."""
    said = decode("lorawan/EM500-UDL/70b3d57ed0001234/85", form, RECEIVED)
    assert values(said) == {"battery": (92, "%EL"), "distance": (30.0, "mm")}
    assert {item.device for item in said if isinstance(item, Reading)} == {"70B3D57ED0001234"}


def test_topic_without_a_port_or_a_codec() -> None:
    """The port may be left out; without a codec the bytes must look like one family's."""
    assert values(decode("lorawan/milesight_em/x", PAYLOAD, RECEIVED))["battery"] == (92, "%EL")
    assert values(decode("somewhere/x", PAYLOAD, RECEIVED))["battery"] == (92, "%EL")


def test_bytes_of_nobody_are_refused_and_the_candidates_named() -> None:
    """No guess decodes; a topic whose codec nobody knows is no codec."""
    for topic in ("lorawan/acme/x/1", "somewhere/x"):
        (refused,) = decode(topic, b"\xaa\xbb\xcc", RECEIVED)
        assert isinstance(refused, Rejection)
        assert refused.reason is Reason.UNSUPPORTED
        assert "no codec" in refused.detail


def test_declared_layout_is_a_codec_by_its_name() -> None:
    """What is declared in a file is named in the topic like any other."""

    def rope(item: Enclosed) -> list[Decoded]:
        return [Reading(device=item.device, metric="rope", time=item.time, value=item.payload[0], unit="1")]

    before = installed.installed()
    installed.install(
        [*before, installed.Declared(name="acme-rope", title="", decode=decode, codec=rope, storable=bytes)]
    )
    try:
        assert values(decode("lorawan/acme-rope/x/9", b"\x07\xff", RECEIVED)) == {"rope": (7, "1")}
    finally:
        installed.install(before)
    assert reasons(decode("lorawan/acme-rope/x/9", b"\x07\xff", RECEIVED)) == [Reason.UNSUPPORTED]


def test_formats_installed_later_hold_for_names_that_were_looked_up_before() -> None:
    """A name is looked up once, until the declared formats are replaced: a reload needs no restart, for topic and hint alike."""

    def nothing(_item: Enclosed) -> list[Decoded]:
        return []

    rope = installed.Declared(
        name="acme-rope", title="", decode=decode, codec=nothing, storable=bytes, hints=("our profile",)
    )
    before = installed.installed()
    assert (codecs.knows("acme-rope"), codecs.named("our profile"), codecs.hinted("our profile")) == (False, None, None)
    installed.install([*before, rope])
    try:
        found = codecs.hinted("our profile")
        assert (codecs.knows("acme-rope"), codecs.named("our profile")) == (True, "acme-rope")
        assert found is not None
        assert found.codec is nothing
    finally:
        installed.install(before)
    assert (codecs.knows("acme-rope"), codecs.named("our profile"), codecs.hinted("our profile")) == (False, None, None)


def test_damaged_smoke_message_of_no_named_codec_is_refused_for_its_sum() -> None:
    """The reason is the one that helps whoever looks for it."""
    assert reasons(decode("", b"221E64001C41", RECEIVED)) == [Reason.CHECKSUM]


def test_topic_without_a_device_is_refused() -> None:
    """Nobody speaks."""
    assert reasons(decode("lorawan/milesight_em//85", PAYLOAD, RECEIVED)) == [Reason.TOPIC]


def test_longer_than_any_radio_is_refused_unread() -> None:
    """A megabyte costs nothing."""
    assert reasons(decode("lorawan/milesight_em/x/85", b"\x01\x75\x5c" * 300_000, RECEIVED)) == [Reason.TOO_LARGE]
    item = Enclosed(device=DeviceId("x"), payload=bytes(3000), time=RECEIVED)
    assert reasons(codecs.read("milesight_em", item)) == [Reason.TOO_LARGE]
    assert codecs.likely(bytes(3000), None) == ()


def test_model_that_the_registration_names_decides() -> None:
    """05 00 01 is a leak, a tilt or an input: a device registered with codec EM300-SLD is read as one."""
    item = Enclosed(device=DeviceId("x"), payload=bytes.fromhex("050001"), time=RECEIVED, port=85, hint="our profile")
    assert list(facts(codecs.read("EM300-SLD", item))) == ["water"]
    assert list(facts(codecs.read("EM400-MUD", item))) == ["tamper"]
    assert values(codecs.read("EM300-DI", item)) == {"gpio": (1, "1")}
    assert values(codecs.read("milesight_em", item)) == {"contact": (1.0, "1")}


@pytest.mark.parametrize(
    ("hint", "codec"),
    [
        ("EM310-UDL", "milesight_em"),
        ("milesight-iot em500-swl", "milesight_em"),
        ("GS524N", "milesight_gs"),
        ("Milesight GS301", "milesight_gs"),
        ("Milesight GS601", None),
        ("milesight-iot ws303", "milesight_ws"),
        ("netvox ra02a", "netvox_ra02"),
        ("RA02A smoke", "netvox_ra02"),
        ("dragino ldds75", "dragino"),
        ("LHT65N-E3", "dragino"),
        ("DDS75-LB", "dragino"),
        ("Test device-profile", None),
        ("system500-x", None),
        ("camera02", None),
        ("fields01", None),
        ("logs101", None),
        ("our_em500-udl", "milesight_em"),
        ("", None),
    ],
)
def test_words_of_a_network_lead_to_a_codec(hint: str, codec: str | None) -> None:
    """Profiles are named after models, with or without the maker."""
    assert codecs.named(hint) == codec


@pytest.mark.parametrize(
    ("payload", "port", "found"),
    [
        ("01755c03821e00", 85, ("milesight_em",)),
        ("01755c03821e00", 2, ()),
        ("221E64001C40", None, ("milesight_gs",)),
        ("221E64001C41", None, ("milesight_gs",)),
        ("01756402671C01036864047D0000057D0100", None, ("milesight_gs",)),
        ("010A011E010104B0000000", 6, ("netvox_ra02",)),
        ("0CD1070A00", 2, ("dragino",)),
        ("0CD1070A00", 42, ()),
        ("0E1C0B05", None, ()),
        ("CBF60B0D0376010ADD7FFF", 2, ("dragino",)),
    ],
)
def test_bytes_look_like_one_family(payload: str, port: int | None, found: tuple[str, ...]) -> None:
    """A suggestion for whoever registers; a wrong port looks like nothing, a damaged frame like a damaged one."""
    assert codecs.likely(bytes.fromhex(payload), port) == found
