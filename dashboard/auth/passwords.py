"""Hash and check passwords with Argon2id (RFC 9106). Refuses to check more than two at once."""

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# RFC 9106 §4, second recommended option (64 MiB, 3 passes): about 0.1 s on one core.
_HASHER = PasswordHasher()
_TURNS = threading.BoundedSemaphore(2)  # 64 MiB each: a flood of logins must not take the memory of the wall
PATIENCE_S = 3.0  # a request that waits longer would only hold up the others
MIN_LENGTH = 10


class PasswordBusyError(Exception):
    """More passwords are waiting to be checked than this machine can check."""


class PasswordError(ValueError):
    """A password that is too weak to accept; the officer's fault."""


def hash_password(password: str) -> str:
    """Turn a password into what is stored.

    Raises:
        PasswordError: it has fewer than 10 characters.
    """
    if len(password) < MIN_LENGTH:
        raise PasswordError(f"A password has at least {MIN_LENGTH} characters.")
    with _TURNS:
        return _HASHER.hash(password)


def is_password(stored: str | None, password: str) -> bool:
    """Tell whether `password` is the one that was stored.

    With None (no such account) it takes the same time and says no, so that names cannot be found out by the clock.

    Raises:
        PasswordBusyError: too many are being checked; nothing was found out.
    """
    if not _TURNS.acquire(timeout=PATIENCE_S):
        raise PasswordBusyError
    try:
        return _HASHER.verify(stored or _nobody(), password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False
    finally:
        _TURNS.release()


_NOBODY: list[str] = []


def _nobody() -> str:
    if not _NOBODY:
        _NOBODY.append(_HASHER.hash("nobody has this password"))
    return _NOBODY[0]
