"""Makers' published payloads, judged by what the makers say they hold."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.decoders import decoder
from ingest.readings import Decoded, DeviceState, Fact, Reading, Reason, Rejection

RECEIVED = datetime(2026, 1, 1, tzinfo=UTC)
EM, GS, NETVOX = "lorawan/milesight_em/x/85", "lorawan/milesight_gs/x/85", "lorawan/netvox_ra02/x/6"

# file: topics, readings, facts (the true one of a momentary fact comes first)
SAMPLES = {
    "milesight_em500_swl.hex": ((EM, "lorawan/EM500-SWL/x/85", ""), {"battery": (100, "%EL"), "depth": (2, "cm")}, []),
    "ttn_em500_udl_92.hex": ((EM, "lorawan/EM500-UDL/x", ""), {"battery": (92, "%EL"), "distance": (30, "mm")}, []),
    "milesight_em400_a.hex": (
        (EM, "lorawan/EM400-MUD/x/85", ""),
        {"battery": (92, "%EL"), "temperature": (25.7, "Cel"), "distance": (2116, "mm")},
        [(Fact.TAMPER, True)],
    ),
    "milesight_gs524n_smoke_test.hex": (
        (GS, "lorawan/GS524N/x/85", ""),
        {"battery": (100, "%EL"), "concentration": (0, "%"), "temperature": (28, "Cel")},
        [(Fact.TEST, True), (Fact.TEST, False), (Fact.BATTERY_LOW, False)],
    ),
    "netvox_ra02a_startup.hex": ((NETVOX, "lorawan/RA02A/x/6", ""), {}, []),
}  # fmt: skip
WRONG_PORT = "dragino_ldds75_port42.hex"


def _facts(said: list[Decoded]) -> list[tuple[Fact, bool]]:
    return [(item.fact, item.active) for item in said if isinstance(item, DeviceState)]


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_says_exactly_this(recordings: Path, name: str) -> None:
    """Values, units and facts are the maker's, and nothing else is said, as text, as bytes and as base64."""
    topics, readings, facts = SAMPLES[name]
    payload = (recordings / "samples" / "lorawan_payloads" / name).read_bytes()
    for topic in topics:
        for form in (payload, bytes.fromhex(payload.decode()), payload.lower()):
            said = decoder("lorawan_payloads")(topic, form, RECEIVED)
            assert {item.metric: (item.value, item.unit) for item in said if isinstance(item, Reading)} == readings
            assert _facts(said) == facts
            assert len(said) == len(readings) + len(facts)


def test_test_of_a_smoke_detector_is_no_fire(recordings: Path) -> None:
    """GS524N's button says test; whether there is smoke it does not say."""
    payload = (recordings / "samples" / "lorawan_payloads" / "milesight_gs524n_smoke_test.hex").read_bytes()
    assert Fact.FIRE not in {fact for fact, _ in _facts(decoder("lorawan_payloads")(GS, payload, RECEIVED))}


@pytest.mark.parametrize("topic", ["lorawan/LDDS75/x/42", "lorawan/dragino/x/42", "lorawan/x", ""])
def test_ldds75_on_port_42_is_an_error(recordings: Path, topic: str) -> None:
    """A port the model does not send on is unsupported, whatever the bytes look like; so are four bytes of no known port."""
    payload = (recordings / "samples" / "lorawan_payloads" / WRONG_PORT).read_bytes()
    said = decoder("lorawan_payloads")(topic, payload, RECEIVED)
    (refused,) = said
    assert isinstance(refused, Rejection)
    assert refused.reason is Reason.UNSUPPORTED
    assert "42" in refused.detail or "no codec" in refused.detail


def test_every_sample_is_judged(recordings: Path) -> None:
    """No sample of the folder is left out."""
    assert {path.name for path in (recordings / "samples" / "lorawan_payloads").iterdir()} == {*SAMPLES, WRONG_PORT}
