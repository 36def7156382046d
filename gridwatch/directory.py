"""Which series are registered: what a replay has to know of the registry."""

from database import connect
from gridwatch.recording import Directory
from gridwatch.replay import UNREGISTERED


def read_directory(url: str) -> Directory:
    """Read (device, metric) -> (area, unit) of every device that is not retired."""
    with connect(url, name="gridwatch replay") as connection:
        rows = connection.execute(
            "SELECT d.id, m.name, d.area, dm.unit FROM devices d"
            " JOIN device_metrics dm ON dm.device = d.key JOIN metrics m ON m.key = dm.metric"
            " WHERE d.retired_at IS NULL"
        ).fetchall()
    # A device without an area still needs a level of its own in the topic.
    return {(device, metric): (area or UNREGISTERED, unit) for device, metric, area, unit in rows}
