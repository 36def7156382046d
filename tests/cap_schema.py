"""CAP 1.2 as its standard says it: the schema of OASIS, and what its text demands beyond the schema."""

import re
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

import shapely
import xmlschema

FILE = Path(__file__).parent / "standards" / "CAP-v1.2.xsd"
NS = "{urn:oasis:names:tc:emergency:cap:1.2}"
REFERENCE = re.compile(r"[^\s,<&]+,[^\s,<&]+,\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")


@cache
def schema() -> xmlschema.XMLSchema:
    """Load the schema, once."""
    return xmlschema.XMLSchema(FILE)


def checked(text: str) -> ET.Element:
    """Hold a message against schema and standard; gives its root.

    Raises:
        xmlschema.XMLSchemaValidationError, AssertionError: it is not valid.
    """
    assert "<!DOCTYPE" not in text
    assert "<!ENTITY" not in text
    schema().validate(text)
    alert = ET.fromstring(text)  # noqa: S314 - our own document
    for name in ("identifier", "sender"):
        assert re.fullmatch(r"[^\s,<&]+", alert.findtext(NS + name, "")), name  # CAP 1.2 §3.2.1
    if alert.findtext(f"{NS}scope") == "Restricted":
        assert alert.findtext(f"{NS}restriction")
    for reference in alert.findtext(f"{NS}references", "").split():
        assert REFERENCE.fullmatch(reference), reference
    if alert.findtext(f"{NS}msgType") != "Alert":
        assert alert.findtext(f"{NS}references")
    for polygon in alert.iter(f"{NS}polygon"):
        _check_polygon(polygon.text or "")
    return alert


def _check_polygon(text: str) -> None:
    """Hold a polygon against CAP 1.2 §3.2.4: four pairs at least, latitude first, first and last the same."""
    pairs = [tuple(map(float, pair.split(","))) for pair in text.split(" ")]
    assert len(pairs) >= 4
    assert pairs[0] == pairs[-1]
    assert all(-90 <= lat <= 90 and -180 <= lon <= 180 for lat, lon in pairs)
    assert shapely.Polygon(pairs).is_valid
