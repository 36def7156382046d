"""What falls due by the calendar: grid versions that begin, and readings, changes and payloads too old to keep."""

from datetime import datetime, timedelta

import structlog

from database import connect
from geo.store import enact_version

log = structlog.get_logger(__name__)

CHANGES_KEPT = timedelta(days=7)  # a screen that was away longer starts from a new snapshot
REJECTED_KEPT = timedelta(days=90)
OUTBOX_KEPT = timedelta(days=7)
ELSEWHERE_KEPT = timedelta(days=30)  # warnings for other counties: a national feed has hundreds a day
DELIVERIES_KEPT = timedelta(days=90)  # what was told stays in the notification log
REJECTED_AT_MOST = 100_000  # rows; a device gone mad must not fill the disk


def enact(url: str) -> None:
    """Place the devices in a grid version whose date has come."""
    with connect(url, name="gridwatch housekeeping") as connection, connection.cursor() as cur:
        enacted = enact_version(cur)
    if enacted is not None:
        log.info("grid version enacted", version=enacted[0])


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
        connection.commit()
        connection.execute(
            """
            DELETE FROM weather_warnings w WHERE placed = 'elsewhere' AND ended_at < %s
                AND NOT EXISTS (SELECT FROM weather_warnings s WHERE s.supersedes = w.id)  -- one by hand goes on from it
            """,
            (now - ELSEWHERE_KEPT,),
        )
        connection.commit()
        connection.execute("DELETE FROM outbox WHERE at < %s", (now - OUTBOX_KEPT,))
        connection.execute(
            "DELETE FROM deliveries WHERE state <> 'waiting' AND closed_at < %s", (now - DELIVERIES_KEPT,)
        )
    log.info("tidied", weeks_dropped=dropped[0] if dropped else 0)
