"""The secrets an instance makes for itself at its first start: broker passwords and what signs sessions."""

import secrets
from pathlib import Path

from pydantic import Field, ValidationError

from gridwatch.data_dir import cannot_read, write_private
from gridwatch.errors import DataDirectoryError
from gridwatch.runtime import Frozen

FIRST_CLIENT = "gridwatch-worker-1"
"""Of instances made before it was a secret: another id would leave the session's messages behind."""


def _secret() -> str:
    return secrets.token_urlsafe(32)


class Keys(Frozen):
    """Each 256 bits."""

    worker: str = Field(default_factory=_secret)
    gateway: str = Field(default_factory=_secret)
    simulators: str = Field(default_factory=_secret)
    session: str = Field(default_factory=_secret)
    client: str = FIRST_CLIENT
    """The worker's client id. MQTT lets every account take over a session whose client id it knows, and empty it."""


def _new() -> Keys:
    return Keys(client=f"gridwatch-worker-{secrets.token_hex(12)}")


def load_keys(path: Path) -> Keys:
    """Read the keys, or make them where there are none.

    Raises:
        DataDirectoryError: the file is there, but holds something else.
    """
    if not path.exists():
        write_private(path, _new().model_dump_json(indent=1))
    try:
        return Keys.model_validate_json(path.read_bytes())
    except OSError as error:
        raise cannot_read(path, error) from None
    except ValidationError:
        raise DataDirectoryError(
            f"{path} is damaged: restore it from a backup, or delete it and the broker's folder beside it to make new keys"
            " (everybody logs in again, and what the broker holds is lost)."
        ) from None
