"""The schema our messages are held against, held against public CAP 1.2 messages: it takes the good and sees the bad."""

from pathlib import Path

import pytest

from tests.cap_schema import schema

GOOD = [
    "cap12/43b080713727.xml",
    "cap12/thunderstorm.xml",
    "cap12_flash_flood/singtam_ffw.xml",
]


@pytest.mark.parametrize("name", GOOD)
def test_a_public_message_is_valid(recordings: Path, name: str) -> None:
    """A message that others published passes."""
    assert schema().is_valid((recordings / "samples" / name).read_text())


@pytest.mark.parametrize("name", ["earthquake", "weather"])
def test_a_message_of_cap_1_1_is_another_format(recordings: Path, name: str) -> None:
    """What carries the older namespace is not taken for CAP 1.2."""
    assert not schema().is_valid((recordings / "samples" / "cap12" / f"{name}.xml").read_text())


def test_a_message_without_its_scope_is_not(recordings: Path) -> None:
    """The sample that lacks a required element is refused for that."""
    reasons = [
        error.reason or "" for error in schema().iter_errors((recordings / "samples/cap12/invalid.xml").read_text())
    ]
    assert any("scope" in reason for reason in reasons), reasons
