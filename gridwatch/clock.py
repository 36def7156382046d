"""The one reader of the clock. Everything else is told what time it is."""

from datetime import UTC, datetime


def now() -> datetime:
    """Tell the current instant, aware UTC."""
    return datetime.now(UTC)
