"""Read instants and zones that stand on the command line; what cannot be one is a sentence for the operator."""

from datetime import datetime
from zoneinfo import ZoneInfo

from gridwatch.errors import SettingsError

# No device spoke before, no rule looks beyond; and in every zone, with every delay, there is room around them.
FIRST_YEAR = 1970
LAST_YEAR = 2200


def instant_of(text: str, *, option: str) -> datetime:
    """Read an aware instant.

    Raises:
        SettingsError: it is none, or lacks its offset from UTC.
    """
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"{option} {text!r} is no RFC 3339 instant, like 2026-05-01T08:00:00+08:00.") from None
    if instant.tzinfo is None:
        raise SettingsError(f"{option} {text!r} lacks its offset from UTC, like +08:00 or Z.")
    if not FIRST_YEAR <= instant.year <= LAST_YEAR:
        raise SettingsError(f"{option} {text!r} is not within the years {FIRST_YEAR} to {LAST_YEAR}.")
    return instant


def zone_of(name: str) -> ZoneInfo:
    """Find a time zone by its name.

    Raises:
        SettingsError: there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # ZoneInfoNotFoundError is a KeyError; odd names raise the others
        raise SettingsError(f"--zone {name!r} is no time zone, like Asia/Shanghai.") from None
