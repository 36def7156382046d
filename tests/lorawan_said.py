"""Short forms of what a decoder said, to compare with."""

from collections.abc import Iterable

from ingest.readings import Decoded, DeviceState, Fact, Reading, Reason, Rejection


def values(said: Iterable[Decoded]) -> dict[str, tuple[float | None, str]]:
    """Give value and unit by metric."""
    return {item.metric: (item.value, item.unit) for item in said if isinstance(item, Reading)}


def facts(said: Iterable[Decoded]) -> dict[Fact, bool]:
    """Give facts; of a momentary one that it was."""
    found: dict[Fact, bool] = {}
    for item in said:
        if isinstance(item, DeviceState):
            found.setdefault(item.fact, item.active)
    return found


def reasons(said: Iterable[Decoded]) -> list[Reason]:
    """Give the reasons of the rejections."""
    return [item.reason for item in said if isinstance(item, Rejection)]
