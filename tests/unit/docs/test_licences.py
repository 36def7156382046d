"""docs/reference/licences.md names every direct dependency with the licence its package declares."""

import re
import tomllib
from importlib.metadata import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "reference" / "licences.md").read_text(encoding="utf-8")
LISTED = dict(re.findall(r"^\| ([\w-]+) \| ([^|]+?) \|", PAGE, re.MULTILINE))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DEPENDENCIES = [
    re.split(r"[^\w-]", requirement)[0]
    for requirement in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]
]


@pytest.mark.parametrize("package", DEPENDENCIES)
def test_a_direct_dependency_is_listed_with_its_licence(package):
    """A new dependency, or a new licence of an old one, is noticed."""
    assert package in LISTED
    declared = metadata(package).get("License-Expression")
    assert declared in {None, LISTED[package]}, f"{package} declares {declared}"
