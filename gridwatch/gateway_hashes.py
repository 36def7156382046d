"""Hash passwords as brokers keep them: bcrypt for NATS, PBKDF2-SHA512 for Mosquitto.

The passwords are generated, 192 bits each: nobody guesses them, so the costs are low on purpose. A broker computes the
hash at every connection, and after an outage all gateways of a county connect within a minute.
"""

import base64
import ctypes
import ctypes.util
import hashlib
import secrets
from typing import Final

from gridwatch.errors import FrontDoorError

BCRYPT_COST: Final = 5
PBKDF2_ROUNDS: Final = 101  # mosquitto_passwd's own
_ALPHABET: Final = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_LENGTH: Final = 60


def bcrypt(password: str) -> str:
    """Hash as `$2b$…`, by the C library's crypt(3).

    Raises:
        FrontDoorError: the machine's libcrypt is missing or cannot do it.
    """
    # 128 bits in 22 characters: of the last one only four values have no bits left over.
    salt = "".join(secrets.choice(_ALPHABET) for _ in range(21)) + secrets.choice(".Oeu")
    try:
        library = ctypes.CDLL(ctypes.util.find_library("crypt") or "libcrypt.so.1")
    except OSError:
        raise FrontDoorError("The library libcrypt is missing: install Debian's package libcrypt1.") from None
    library.crypt.restype = ctypes.c_char_p
    hashed: bytes | None = library.crypt(password.encode(), f"$2b${BCRYPT_COST:02}${salt}".encode())
    if hashed is None or len(hashed) != _LENGTH:
        raise FrontDoorError("This machine's libcrypt knows no bcrypt: install libxcrypt (Debian: libcrypt1).")
    return hashed.decode("ascii")


def pbkdf2(password: str) -> str:
    """Hash as Mosquitto's `$7$rounds$salt$hash`, base64."""
    salt = secrets.token_bytes(12)
    hashed = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, PBKDF2_ROUNDS)
    return f"$7${PBKDF2_ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(hashed).decode()}"
