"""Cut the application data of a frame into its objects. Pure; what does not divide is told, never guessed silently.

Objects have a fixed length by type. Makers add fields, or leave the time stamp out: then the length that divides the data
equally by the object count holds.
"""

from dataclasses import dataclass

from ingest.decoders.gb26875_3.times import SIZE as TIME

# Bytes of an object without its time stamp, by type.
BODIES = {1: 4, 2: 40, 3: 10, 4: 4, 21: 1, 24: 2}
# The least an object needs to say anything: up to the state, the value or the operation.
_LEAST = {1: 4, 2: 9, 3: 10, 4: 3, 21: 1, 24: 1}
PROFILE_2_COMPONENT = 44  # bytes: 8 characters of address, a status code, 32 of description
_VERSION_2 = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Object:
    """One information object: its own bytes, and its time stamp (empty where it has none)."""

    body: bytes
    time: bytes


def cut(kind: int, count: int, data: bytes) -> tuple[list[Object], int]:
    """Cut `data` into `count` objects of type `kind`; how many bytes were left over comes with them."""
    body = BODIES[kind]
    if count == 0:
        return [], len(data)
    size = len(data) // count
    if len(data) % count == 0 and size >= _LEAST[kind]:
        whole = [data[at : at + size] for at in range(0, len(data), size)]
        return [_split(raw, body) for raw in whole], 0
    # It does not divide: the objects of standard length in front are read, so that no alarm in them is lost.
    size = body + TIME
    fitting = min(count, len(data) // size)
    whole = [data[at * size : (at + 1) * size] for at in range(fitting)]
    return [_split(raw, body) for raw in whole], len(data) - fitting * size


def is_profile_2(version: tuple[int, int], kind: int, count: int, data: bytes) -> bool:
    """Tell whether the objects are laid out as in protocol version 2.

    By the main version, and for components by the length and the characters of the address too: the version byte alone is
    not to be trusted (0, 1, 2 and 16 are seen).
    """
    if kind == 2 and count:  # noqa: PLR2004 — component state
        return len(data) == count * (PROFILE_2_COMPONENT + TIME) and data[3:11].isalnum()
    return version[0] == _VERSION_2


def _split(raw: bytes, body: int) -> Object:
    """Part an object from its time stamp: after the standard fields; in a longer object at its end."""
    if len(raw) < body + TIME:
        return Object(body=raw[:body], time=b"")
    return Object(body=raw[:-TIME], time=raw[-TIME:])
