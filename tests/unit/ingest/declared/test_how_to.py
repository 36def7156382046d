"""The worked example of the how-to page does what the page says."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

from ingest.declared import install, read_format
from ingest.decode_cli import lines

PAGE = Path("docs/how-to/declare-a-device-format.md").read_text(encoding="utf-8")
FIELD = re.compile(r'"(\w+)":("[^"]*"|[\w.]+)')
RECEIVED = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)


def blocks(language: str) -> list[str]:
    """Give the page's blocks of code in a language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_worked_example_says_what_the_page_shows():
    """Every line that is shown is printed, in that order."""
    install([read_format(blocks("yaml")[0], "acme-well.yaml")])
    try:
        told = [json.loads(line) for line in lines("acme-well", blocks("json")[0].encode(), "acme/well-3/up", RECEIVED)]
    finally:
        install([])
    printed = PAGE[PAGE.index("$ gridwatch decode") : PAGE.index("What is wrong is told")]
    shown = [dict(FIELD.findall(line)) for line in printed.splitlines() if line.startswith("{")]
    assert len(told) == len(shown) == 7
    for item, wanted in zip(told, shown, strict=True):
        assert {key: json.loads(value) for key, value in wanted.items()}.items() <= item.items()


def test_frame_of_the_page_is_read():
    """The layout of bytes reads a frame made as the page says."""
    frame = bytes.fromhex("AA55 0B 00001234 1F40 02")
    frame += bytes([sum(frame) & 0xFF])
    items = read_format(blocks("yaml")[2], "acme-meter.yaml").decode("meters/x", frame, RECEIVED)
    assert next((item.device, getattr(item, "value", None)) for item in items) == ("00001234", 800.0)
    assert len(items) == 4
