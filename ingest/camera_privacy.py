"""Which fields of a camera's message are about persons. Pure. Gives their names, never their contents.

Whatever a decoder takes it takes by name, so a personal field cannot slip through there. This module lets the drop be
counted, and cleans the raw messages that are kept for people to look at.
"""

from typing import Final

import msgspec

from ingest.wire import RefusedError, plain_text, read_json

PERSONAL: Final = frozenset(
    {
        "description",
        "face",
        "license_plate",
        "metadata",
        "name",
        "plate",
        "plate_box",
        "recognized_license_plate",
        "recognized_license_plate_score",
        "sub_label",
        "sub_labels",
        "thumb_path",
        "thumbnail",
        "transcription",
    }
)
"""Frigate's own spelling. Descriptions and metadata are a language model's words about whoever is in the picture."""

PERSONAL_LABELS: Final = frozenset({"face", "license_plate"})
"""Things that, found as an object of their own, tell of a person and of nothing else."""

_NAMED: Final = ": "
"""What Frigate writes between a kind of object and the name or plate it knows of it, in the lists of a review."""
_TELLING: Final = PERSONAL | {"label"}
_NOTHING: Final[tuple[object, ...]] = (None, "", [], {})
_WORDS: Final = frozenset({"online", "offline", "stopped", "disabled", "on", "off"})


def personal_fields(message: object) -> tuple[str, ...]:
    """Name the personal fields that hold something anywhere in a message, sorted, each once."""
    found: set[str] = set()
    waiting: list[object] = [message]
    for part in waiting:  # which grows
        if isinstance(part, list):
            if _look_through(part, waiting):
                found.add("sub_label")
            continue
        for key, value in part.items() if isinstance(part, dict) else ():
            if key in _TELLING and value is not None and value not in _NOTHING:
                if key in PERSONAL:
                    found.add(key)
                elif isinstance(value, str) and value in PERSONAL_LABELS:
                    found.add(value)
            kind = type(value)
            if (kind is dict or kind is list) and value:
                waiting.append(value)
    return tuple(sorted(found))


def _look_through(listed: list[object], waiting: list[object]) -> bool:
    """Put what is nested in a list among what waits; tell whether a name follows a kind of object in it."""
    is_named = False
    for value in listed:
        kind = type(value)
        if kind is dict or kind is list:
            waiting.append(value)
        elif isinstance(value, str) and _NAMED in value:
            is_named = True
    return is_named


def without_personal_fields(payload: bytes) -> bytes:
    """Give a message without its personal fields, b"" where it is neither JSON nor a known word (a picture, speech)."""
    if plain_text(payload[:16]) in _WORDS:
        return payload
    try:
        message = read_json(payload)
    except RefusedError:
        return b""
    return msgspec.json.encode(_cleaned(message)) if isinstance(message, dict | list | int | float) else b""


def _cleaned(part: object) -> object:
    if isinstance(part, dict):
        return {key: _cleaned(value) for key, value in part.items() if key not in PERSONAL}
    if isinstance(part, list):
        return [
            value.partition(_NAMED)[0] if isinstance(value, str) else _cleaned(value)
            for value in part
            if not _is_personal_object(value)
        ]
    return part


def _is_personal_object(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("label"), str) and value["label"] in PERSONAL_LABELS
