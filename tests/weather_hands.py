"""Takes official warnings in as the worker does, over a small county of two grids in a town."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import shapely

from alerts.weather_intake import Taken, WeatherIntake, WeatherOptions
from database import append_changes, connect
from database.connection import Cursor
from ingest.decoders import decoder
from ingest.readings import OfficialWarning
from tests.warning_messages import SENT

NOW = SENT + timedelta(minutes=5)
TOWN = "339900001"


def make_grids(url: str) -> None:
    """Divide a town into two grids, A in the west and B in the east."""
    with connect(url) as connection, connection.cursor() as cur:
        cur.execute("INSERT INTO grid_versions (valid_from, source) VALUES ('2020-01-01Z', 'test')")
        for code, level, parent, box in (
            (TOWN, "town", None, (120, 30, 120.2, 30.1)),
            ("A", "grid", TOWN, (120, 30, 120.1, 30.1)),
            ("B", "grid", TOWN, (120.1, 30, 120.2, 30.1)),
        ):
            cur.execute(
                "INSERT INTO grids (version, code, name, level, parent, shape) VALUES (1, %s, %s, %s, %s, %s)",
                (code, code, level, parent, shapely.to_wkb(shapely.box(*box))),
            )


def warnings_of(*documents: bytes, source: str = "cap12") -> list[OfficialWarning]:
    """Decode documents that hold warnings alone."""
    found = [item for body in documents for item in decoder(source)("cap/x", body, NOW)]
    assert all(isinstance(item, OfficialWarning) for item in found), found
    return [item for item in found if isinstance(item, OfficialWarning)]


def take(
    cur: Cursor, warnings: Iterable[OfficialWarning], *, now: datetime = NOW, options: WeatherOptions | None = None
) -> Taken:
    """Take warnings in, in a transaction of the caller's."""
    taken = WeatherIntake(options or WeatherOptions()).take(cur, list(warnings), actor="test", now=now)
    append_changes(cur, taken.changes)
    return taken


def states(cur: Cursor) -> dict[str, str]:
    """Say of each message whether it holds, or why it does not."""
    cur.execute("SELECT id, kind, ended_at IS NULL, split_part(end_reason, ' ', 1) FROM weather_warnings ORDER BY id")
    return {id_: "holds" if holds else reason for id_, _, holds, reason in cur.fetchall()}
