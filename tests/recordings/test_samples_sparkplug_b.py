"""The examples of the Sparkplug specification, as text and as bytes."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.decoders import decoder
from ingest.readings import Decoded, DeviceState, Discovered, Fact, Reading, Reason, Rejection

RECEIVED = datetime(2026, 1, 1, tzinfo=UTC)
SAID = datetime(2017, 2, 3, 17, 55, 2, 122000, tzinfo=UTC)
TOPICS = {
    "03_dbirth": "spBv1.0/Sparkplug B Devices/DBIRTH/Raspberry Pi/Pibrella",
    "06_ncmd": "spBv1.0/Sparkplug B Devices/NCMD/Raspberry Pi",
    "08_ndeath": "spBv1.0/Sparkplug B Devices/NDEATH/Raspberry Pi",
}
NODE = "Sparkplug_B_Devices.Raspberry_Pi"


def _decoded(recordings: Path, name: str, ending: str) -> list[Decoded]:
    payload = (recordings / "samples" / "sparkplug_b" / f"{name}.{ending}").read_bytes()
    return decoder("sparkplug_b")(TOPICS[name], payload, RECEIVED)


@pytest.mark.parametrize("ending", ["json", "pb.hex"])
def test_birth_of_a_device(recordings: Path, ending: str) -> None:
    """The device, its make, its gateway, and thirteen inputs and outputs that are off."""
    birth, there, *values = _decoded(recordings, "03_dbirth", ending)
    assert isinstance(birth, Discovered)
    assert (birth.device, birth.gateway, birth.model) == (f"{NODE}.Pibrella", NODE, "Pibrella")
    assert isinstance(there, DeviceState)
    assert (there.fact, there.active) == (Fact.OFFLINE, False)
    readings = [item for item in values if isinstance(item, Reading)]
    assert readings == values
    assert {(item.value, item.time) for item in readings} == {(0.0, SAID)}
    assert [item.code for item in readings[:5]] == [f"Inputs/{name}" for name in ("A", "B", "C", "D", "Button")]
    assert len(readings) == len(birth.channels) == 13


@pytest.mark.parametrize("ending", ["json", "pb.hex"])
def test_command_is_not_the_devices(recordings: Path, ending: str) -> None:
    """A rebirth command is from a host."""
    (said,) = _decoded(recordings, "06_ncmd", ending)
    assert isinstance(said, Rejection)
    assert said.reason is Reason.DOWNLINK


@pytest.mark.parametrize("ending", ["json", "pb.hex"])
def test_death_of_a_node(recordings: Path, ending: str) -> None:
    """The will says that the node is gone, as of now."""
    assert _decoded(recordings, "08_ndeath", ending) == [
        DeviceState(device=NODE, fact=Fact.OFFLINE, active=True, time=RECEIVED, code="NDEATH")
    ]


def test_every_sample_is_judged(recordings: Path) -> None:
    """No sample of the folder is left out."""
    folder = recordings / "samples" / "sparkplug_b"
    assert {path.name for path in folder.iterdir()} == {f"{name}.{e}" for name in TOPICS for e in ("json", "pb.hex")}
