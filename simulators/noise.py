"""Chance that depends only on what it is asked for, so that any order of asking gives the same answer. Pure."""

from hashlib import blake2b
from math import cos, log, pi, sqrt
from struct import unpack

_WHOLE = 1 << 64


def uniform(*key: str | int) -> float:
    """Return a number in [0, 1) that is always the same for the same key."""
    (number,) = unpack("<Q", blake2b("\0".join(map(str, key)).encode(), digest_size=8).digest())
    return float(number / _WHOLE)


def gauss(*key: str | int) -> float:
    """Return a number of mean 0 and standard deviation 1 that is always the same for the same key."""
    first, second = uniform(*key, "a"), uniform(*key, "b")
    return sqrt(-2 * log(1 - first)) * cos(2 * pi * second)


def choose(count: int, most: int, *key: str | int) -> list[int]:
    """Choose `most` different numbers below `count`, sorted by their chance; all of them where there are fewer."""
    return sorted(range(count), key=lambda i: uniform(*key, i))[:most]
