"""docs/reference/command-line.md is what the commands make it."""

from pathlib import Path

from gridwatch.command_reference import reference

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "command-line.md"


def test_the_reference_page_is_the_one_the_commands_make():
    """Every command is on the page with its options as they are."""
    assert PAGE.read_text(encoding="utf-8") == reference(), (
        "run: python -m gridwatch.command_reference > docs/reference/command-line.md"
    )
