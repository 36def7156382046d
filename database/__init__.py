"""Where Gridwatch remembers: PostgreSQL, with TimescaleDB where it can be had. Knows no alarm, grid or device."""

from database.changes import CHANNEL, Change, ChangeKind, ChangeRow, append_changes, changes_after, newest_change
from database.connection import connect, open_pool
from database.copying import CopyLayout, copy_rows
from database.follow import follow
from database.migrate import MigrationError, is_at_head, migrate

__all__ = [
    "CHANNEL",
    "Change",
    "ChangeKind",
    "ChangeRow",
    "CopyLayout",
    "MigrationError",
    "append_changes",
    "changes_after",
    "connect",
    "copy_rows",
    "follow",
    "is_at_head",
    "migrate",
    "newest_change",
    "open_pool",
]
