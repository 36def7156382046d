"""Which row of the lessons (docs/explanations/lessons.md) a test stands for: its docstring, or its file's, says so."""

import ast
import re
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parent
# "Row 9 of lessons", "Rows 3, 4 and 19 of lessons", "lessons 9, 17", "Lessons row 1", "lessons.md row 1"
_NAMED = re.compile(
    r"[Rr]ows? (\d+(?:(?:, | and )\d+)*) of lessons|[Ll]essons(?:\.md)?,? (?:rows? )?(\d+(?:(?:, | and )\d+)*)"
)


def rows_named(text: str | None) -> frozenset[int]:
    """List the rows that a docstring names."""
    found = _NAMED.findall(text or "")
    return frozenset(int(number) for pair in found for part in pair for number in re.findall(r"\d+", part))


@cache
def rows_by_test() -> dict[str, frozenset[int]]:
    """Give the rows of every test that names some, as `tests/path.py::name`; a file's docstring speaks for all of it."""
    named: dict[str, frozenset[int]] = {}
    for file in sorted(TESTS.rglob("test_*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        of_file = rows_named(ast.get_docstring(tree))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                rows = of_file | rows_named(ast.get_docstring(node))
                if rows:
                    named[f"{file.relative_to(TESTS.parent)}::{node.name}"] = rows
    return named
