"""docs/reference/metrics.md and what is exported name the same metrics, of the same type."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "metrics.md"


async def test_the_reference_names_the_metrics_that_are_exported(client, county):
    """Every metric of ours is on the page with its type, and the page names no other."""
    county.alive(county.connection.execute("SELECT now()").fetchone()[0])
    exported = (await client("admin").get("/metrics")).text
    types = dict(re.findall(r"^# TYPE (gridwatch_\w+) (\w+)$", exported, re.MULTILINE))
    types = {name: kind for name, kind in types.items() if not name.endswith("_created")}
    documented = dict(re.findall(r"^\| `(gridwatch_\w+)` \| (\w+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    assert documented == types
