"""Places in a JSON value, and a value with one of them changed. Pure."""

from collections.abc import Iterator
from typing import Any

Place = tuple[str | int, ...]


def places(value: Any, path: Place = ()) -> Iterator[Place]:
    """List every place of a value, the innermost first, the value itself, `()`, last."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield from places(part, (*path, key))
    yield path


def put(value: Any, path: Place, odd: object) -> object:
    """Give the value with something else in one place."""
    if not path:
        return odd
    if isinstance(value, dict):
        return value | {path[0]: put(value[path[0]], path[1:], odd)}
    return [put(part, path[1:], odd) if at == path[0] else part for at, part in enumerate(value)]
