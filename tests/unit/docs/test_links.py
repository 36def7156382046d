"""Every page is reached from README.md, and every link inside the project leads somewhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)")


def links(page: Path) -> list[tuple[Path, str]]:
    """List where a page links to inside the project: file and anchor."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return [
        ((page.parent / target).resolve() if target else page, anchor)
        for target, anchor in LINK.findall(text)
        if not target.startswith(("http://", "https://", "mailto:"))
    ]


def anchors(page: Path) -> set[str]:
    """Name a page's headings as GitHub does."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_link_leads_somewhere(page):
    """What a page links to is there, with the heading it names."""
    for target, anchor in links(page):
        assert target.exists(), f"{page.name} links to {target}"
        assert not anchor or anchor in anchors(target), f"{page.name} links to #{anchor} of {target.name}"


def test_every_page_is_reached_from_the_readme():
    """A page nobody links to is read by nobody."""
    reached, left = set(), [ROOT / "README.md"]
    while left:
        page = left.pop()
        if page.is_dir():  # a folder of pages of one kind is read as its list
            left += page.glob("*.md")
        elif page not in reached and page.suffix == ".md" and page.exists():
            reached.add(page)
            left += [target for target, _ in links(page)]
    assert reached == set(PAGES)


def test_every_decision_is_in_the_index_under_its_own_title():
    """The index of decisions names each record by number and title."""
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")
    for record in sorted(folder.glob("[0-9]*.md")):
        number, title = re.match(r"# (\d+)\. (.+)", record.read_text(encoding="utf-8")).groups()
        assert record.name.startswith(f"{int(number):04d}-")
        assert f"| {int(number):04d} | [{title}]({record.name}) |" in index
