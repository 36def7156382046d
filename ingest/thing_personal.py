"""What may be kept of a message with names of everybody's own: all of it but what names persons and households. Pure."""

from functools import lru_cache

import msgspec

from ingest.usual_names import LONGEST_NAME, Personal, meaning
from ingest.wire import RefusedError, read_json


def is_personal(identifier: str) -> bool:
    """Tell whether what stands under an identifier names a person or a household."""
    return len(identifier) <= LONGEST_NAME and isinstance(meaning(identifier), Personal)


@lru_cache(maxsize=2)
def without_personal(payload: bytes) -> bytes:
    """Give what may be kept of a raw JSON message: all of it but what stands under the names of persons and households.

    It is asked once for each unknown device of a message, and a gateway may pack thousands: the answer is remembered.
    """
    try:
        value = read_json(payload)
    except RefusedError:
        return payload
    removed: list[str] = []
    kept = _cleaned(value, removed)
    return msgspec.json.encode(kept) if removed else payload


def _cleaned(value: object, removed: list[str]) -> object:
    """Copy a value without what is personal in it; it is no deeper than `read_json` lets through."""
    if isinstance(value, list):
        return [_cleaned(item, removed) for item in value]
    if not isinstance(value, dict):
        return value
    personal = {name for name in value if is_personal(name)}
    removed.extend(personal)
    return {name: _cleaned(item, removed) for name, item in value.items() if name not in personal}
