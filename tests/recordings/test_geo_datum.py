"""Datums, judged by published vectors."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from geo.datum import Datum, bd09_to_gcj02, from_wgs84, gcj02_to_bd09, to_wgs84

CONVERSIONS: dict[str, Callable[[float, float], object]] = {
    "wgs84->gcj02": lambda lon, lat: from_wgs84(lon, lat, Datum.GCJ02),
    "gcj02->bd09": gcj02_to_bd09,
    "bd09->gcj02": bd09_to_gcj02,
}


def test_published_vectors_are_met_exactly(recordings: Path) -> None:
    """Every published vector comes out to the last digits of a double."""
    vectors = json.loads((recordings / "samples/coords/vectors_dev.json").read_text(encoding="utf-8"))
    assert {vector["fn"] for vector in vectors} == set(CONVERSIONS)
    for vector in vectors:
        out = CONVERSIONS[vector["fn"]](vector["lng"], vector["lat"])
        assert out == pytest.approx((vector["out_lng"], vector["out_lat"]), rel=0, abs=1e-12)


def test_published_vectors_come_back(recordings: Path) -> None:
    """GCJ-02 outputs of the vectors are converted back to their WGS 84 inputs within 1e-9 degrees."""
    vectors = json.loads((recordings / "samples/coords/vectors_dev.json").read_text(encoding="utf-8"))
    for vector in (one for one in vectors if one["fn"] == "wgs84->gcj02"):
        back = to_wgs84(vector["out_lng"], vector["out_lat"], Datum.GCJ02)
        assert back == pytest.approx((vector["lng"], vector["lat"]), rel=0, abs=1e-9)
