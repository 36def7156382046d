"""One running demo for everybody: a small county on a quiet day, so that what happens in it is what a test does."""

from collections.abc import Iterator

import pytest

from tests.living import Living, living

QUIET = "demo: {size: small, scenario: quiet}\n"


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    """A running demo county."""
    with living(tmp_path_factory.mktemp("demo") / "data", "--demo", settings=QUIET) as running:
        yield running
