"""What tests of the front door share."""

import os
from collections.abc import Iterator, MutableMapping

import pytest


@pytest.fixture
def environment() -> Iterator[MutableMapping[str, str]]:
    """The process's environment without settings; what a test changes is put back."""
    before = dict(os.environ)
    for name in before:
        if name.startswith("GRIDWATCH_"):
            del os.environ[name]
    yield os.environ
    os.environ.clear()
    os.environ.update(before)
