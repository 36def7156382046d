"""docs/reference/topics.md names every default source, and leads to the page of every format."""

from pathlib import Path

from gridwatch.settings import Settings

DOCS = Path(__file__).parents[3] / "docs"


def test_the_table_of_topics_has_every_default_source():
    """Each filter that is listened to stands in the row of its decoder, and the row leads to the decoder's page."""
    rows = (DOCS / "reference" / "topics.md").read_text(encoding="utf-8").splitlines()
    for source in Settings().ingest.sources:
        page = f"| [`{source.decoder}`](formats/{source.decoder}.md) |"
        assert any(page in row and f"`{source.topic}`" in row for row in rows), source


def test_the_index_leads_to_every_format():
    """A page of a format that nobody can find is none."""
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    pages = {path.name for path in (DOCS / "reference" / "formats").glob("*.md")}
    assert {page for page in pages if f"(reference/formats/{page})" not in index} == set()
