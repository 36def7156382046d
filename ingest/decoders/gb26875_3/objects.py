"""Cut the application data of a frame into its objects. Pure; what does not divide is told, never guessed silently.

Objects have a fixed length by type. Makers add fields, or leave the time stamp out: then the length that divides the data
equally by the object count holds.
"""

from ingest.decoders.gb26875_3.times import SIZE as TIME

# Bytes of an object without its time stamp, by type.
BODIES = {1: 4, 2: 40, 3: 10, 4: 4, 21: 1, 24: 2, 134: 4, 135: 40, 136: 1}
# The least an object needs to say anything: up to the state, the value or the operation.
_LEAST = {1: 4, 2: 9, 3: 10, 4: 3, 21: 1, 24: 1, 134: 4, 135: 9, 136: 1}
_RECOVERIES = frozenset({134, 135, 136})  # makers' numbers: of system, component and transmission device
PROFILE_2_COMPONENT = 44  # bytes: 8 characters of address, a status code, 32 of description
_VERSION_2 = b"\x02\x01"


def cut(kind: int, count: int, data: bytes) -> tuple[list[tuple[bytes, bytes]], int]:
    """Cut `data` into `count` objects of type `kind`: their own bytes and their time stamps (empty where they have none).

    How many bytes were left over comes with them.
    """
    if count == 0:
        return [], len(data)
    body, size = BODIES[kind], len(data) // count
    if len(data) % count or size < _LEAST[kind]:
        # It does not divide: the objects of standard length in front are read, so that no alarm in them is lost.
        size = body + TIME
        count = min(count, len(data) // size)
    starts = range(0, count * size, size)
    left = len(data) - count * size
    if size < body + TIME and size != _LEAST[kind] + TIME:
        return [(data[at : at + min(body, size)], b"") for at in starts], left
    # The stamp follows the standard fields; in a longer object it is at the end.
    return [(data[at : at + size - TIME], data[at + size - TIME : at + size]) for at in starts], left


def is_known(kind: int, count: int, data: bytes) -> bool:
    """Tell whether objects of this type are read. Makers give numbers above 127 other meanings, too: those must have the length."""
    if kind in _RECOVERIES:
        return count > 0 and len(data) in (count * (BODIES[kind] + TIME), count * (_LEAST[kind] + TIME))
    return kind in BODIES


def is_profile_2(version: bytes, kind: int, count: int, data: bytes) -> bool:
    """Tell whether the objects are laid out as in protocol version 2.

    By the version (main, maker's), and for components by the length and the characters of the address alone: main versions of
    0, 1, 2 and 16 are seen, and 2.3 is another maker's.
    """
    if kind == 2 and count:  # noqa: PLR2004 — component state
        return len(data) == count * (PROFILE_2_COMPONENT + TIME) and data[3:11].isalnum()
    return version == _VERSION_2
