"""Throw away what is too old: readings by whole weeks, followed changes, rejected payloads. Never an alarm."""

from datetime import datetime, timedelta

import structlog

from database import connect

log = structlog.get_logger(__name__)

CHANGES_KEPT = timedelta(days=7)  # a screen that was away longer starts from a new snapshot
REJECTED_KEPT = timedelta(days=90)
REJECTED_AT_MOST = 100_000  # rows; a device gone mad must not fill the disk


def tidy(url: str, *, now: datetime, readings_kept: timedelta) -> None:
    """Drop what is older than it is kept. Each step is its own transaction; none holds the readings' way up."""
    with connect(url, name="gridwatch housekeeping") as connection:
        dropped = connection.execute("SELECT drop_old_readings(%s)", (now - readings_kept,)).fetchone()
        connection.commit()
        # The newest change stays: the numbers go on from it.
        connection.execute(
            "DELETE FROM changes WHERE at < %s AND seq < (SELECT max(seq) FROM changes)", (now - CHANGES_KEPT,)
        )
        connection.commit()
        connection.execute(
            "DELETE FROM rejected_messages WHERE received < %s OR id <= (SELECT max(id) - %s FROM rejected_messages)",
            (now - REJECTED_KEPT, REJECTED_AT_MOST),
        )
    log.info("tidied", weeks_dropped=dropped[0] if dropped else 0)
