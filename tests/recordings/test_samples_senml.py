"""The examples of RFC 8428, judged by their resolved forms."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.decoders import decoder
from ingest.instants import to_us
from ingest.readings import Quality, Reading

NOW = datetime(2017, 6, 29, 23, 49, 39, tzinfo=UTC)  # when the RFC's authors resolved the examples that say "now"
EXAMPLES = ["ex1.json", "ex2.json", "ex3.json", "ex3.cbor.hex", "ex8.json", "ex11.json"]


def _expected(sample: Path) -> list[dict[str, object]]:
    records = json.loads((sample.parent / f"{sample.name.split('.')[0]}.resolved.json").read_text())
    return [
        {"n": r["n"], "u": r["u"], "t": round(r["t"] * 1e6), "v": float(r["v"])} for r in records
    ]  # "l" of ex8 is an extension field: it is passed over


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_resolves_as_the_rfc_says(recordings: Path, name: str) -> None:
    """Names, units, times and values are those of the resolved form, in its order; device and metric are the full name."""
    sample = recordings / "samples" / "senml" / name
    decoded = decoder("senml")("", sample.read_bytes(), NOW)
    expected = _expected(sample)
    assert len(decoded) == len(expected)
    for item, record in zip(decoded, expected, strict=True):
        assert isinstance(item, Reading)
        assert record["n"] in (f"{item.device}:{item.metric}", item.device)
        assert (item.unit, to_us(item.time), item.value, item.quality) == (
            record["u"],
            record["t"],
            record["v"],
            Quality.GOOD,
        )


def test_every_sample_is_judged(recordings: Path) -> None:
    """No sample of the folder is left out."""
    files = {path.name for path in (recordings / "samples" / "senml").iterdir()}
    assert {name for name in files if ".resolved." not in name} == set(EXAMPLES)
