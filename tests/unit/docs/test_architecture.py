"""docs/explanations/architecture.md names functions; they must exist under these names."""

import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "explanations" / "architecture.md").read_text(encoding="utf-8")
ROOMS = "gridwatch|dashboard|incidents|alerts|ingest|geo|database|simulators"
PYTHON_NAMES = sorted(set(re.findall(rf"`((?:{ROOMS})(?:\.\w+)+)`", PAGE)))
JAVASCRIPT_NAMES = sorted(set(re.findall(r"`(\w+\.js): (\w+)`", PAGE)))


@pytest.mark.parametrize("name", PYTHON_NAMES)
def test_a_python_name_of_the_page_resolves(name):
    """Each module, class, function and method that the page names is there."""
    parts = name.split(".")
    depth = next(depth for depth in range(len(parts), 0, -1) if _is_module(".".join(parts[:depth])))
    thing: object = import_module(".".join(parts[:depth]))
    for part in parts[depth:]:
        thing = getattr(thing, part)


def _is_module(name):
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # what stands before the last dot is no package
        return False


@pytest.mark.parametrize(("file", "name"), JAVASCRIPT_NAMES)
def test_a_javascript_name_of_the_page_is_a_function_of_its_file(file, name):
    """Each function that the page names is defined in the asset it is said to be in."""
    source = (ROOT / "dashboard" / "assets" / file).read_text(encoding="utf-8")
    assert re.search(rf"function {name}\(|\b{name}: (async )?function\b|\b{name} = (async )?function\b", source)


def test_the_walk_is_long_enough_to_be_one():
    """The page names the functions of every room on the way, so that an emptied page does not pass."""
    assert {name.split(".")[0] for name in PYTHON_NAMES} >= {"gridwatch", "dashboard", "incidents", "alerts", "ingest"}
    assert len(PYTHON_NAMES) > 40
    assert len(JAVASCRIPT_NAMES) > 10
