"""docs/explanations/lessons.md names, for each lesson, tests that exist and that name its row."""

import re
from pathlib import Path

import pytest

from tests.lessons import rows_by_test, rows_named

PAGE = (Path(__file__).parents[3] / "docs" / "explanations" / "lessons.md").read_text(encoding="utf-8")
TABLE = {int(row): tests for row, tests in re.findall(r"^\| (\d+) \|[^|]*\|[^|]*\| (.*) \|$", PAGE, re.MULTILINE)}
# The alarm engine's own; the others are those of the rooms round it.
OF_THE_ENGINE = (1, 2, 3, 4, *range(7, 16), 17)


@pytest.mark.parametrize("row", OF_THE_ENGINE)
def test_every_lesson_of_the_alarm_engine_has_a_test(row):
    """What went wrong elsewhere has a test here that says so."""
    assert re.findall(r"`(tests/[^`]+)`", TABLE[row])


def test_the_tests_of_the_page_exist_and_name_their_row():
    """A test that was renamed, or that stands for something else now, is noticed."""
    named = rows_by_test()
    wrong = [
        (row, test)
        for row, tests in TABLE.items()
        for test in re.findall(r"`(tests/[^`]+)`", tests)
        if row not in named.get(test, ())
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("Row 9 of lessons: as it was.", {9}),
        ("Rows 3, 4 and 19 of lessons: as it was.", {3, 4, 19}),
        ("Told once (lessons 9, 17).", {9, 17}),
        ("Lessons row 1: two workers.", {1}),
        ("At most one (lessons.md row 1).", {1}),
        ("12 rows are read; lessons are learnt.", set()),
    ],
)
def test_a_docstring_names_its_rows(text, rows):
    """The ways in which tests name a lesson are understood, and nothing else is."""
    assert rows_named(text) == rows
