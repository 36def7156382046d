"""The text frames of the live feed (docs/reference/http.md). Pure: told the time; each frame is written once."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from pydantic import BaseModel

from dashboard.queries.counters import Counters, Worker
from database import ChangeRow

_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC


def snapshot_frame(
    *,
    seq: int,
    at: datetime,
    alarms: list[Any],
    incidents: list[Any],
    counters: Counters | None,
    grids: Mapping[str, int],
    worker: Worker,
) -> str:
    """Write everything a screen needs to begin. `seq` is the last change that is in it."""
    return _write(
        {
            "type": "snapshot",
            "seq": seq,
            "at": at.astimezone(UTC),
            "alarms": [_item(alarm) for alarm in alarms],
            "incidents": [_item(incident) for incident in incidents],
            "counters": None if counters is None else _item(counters),
            "grids": dict(grids),
            "worker_alive_at": worker.alive_at,
            "newest_reading": worker.newest_reading,
            "overdue_since": worker.overdue_since,
        }
    )


def change_frame(
    row: ChangeRow, item: BaseModel | None, *, counters: Counters | None = None, grids: Mapping[str, int | None] | None
) -> str:
    """Write one change: the record as it is now, null if it is gone.

    `counters` and `grids` come with the last change of a batch; `grids` holds only codes whose worst priority is
    another than before, null where nothing is active any more.
    """
    frame: dict[str, Any] = {
        "type": "change",
        "seq": row.seq,
        "kind": row.kind.value,
        "id": row.id,
        "version": row.version,
        "item": None if item is None else _item(item),
    }
    if counters is not None:
        frame["counters"] = _item(counters)
    if grids:
        frame["grids"] = dict(grids)
    return _write(frame)


def beat_frame(*, at: datetime, seq: int, worker: Worker, counters: Counters | None) -> str:
    """Write a sign of life. `worker` and `counters` are the newest known, however old: the screen judges their age."""
    return _write(
        {
            "type": "beat",
            "at": at.astimezone(UTC),
            "seq": seq,
            "worker_alive_at": worker.alive_at,
            "newest_reading": worker.newest_reading,
            "overdue_since": worker.overdue_since,
            "counters": None if counters is None else _item(counters),
        }
    )


def grid_changes(before: Mapping[str, int], now: Mapping[str, int]) -> dict[str, int | None]:
    """List the grid codes whose worst priority is another now, None where nothing is active."""
    changed: dict[str, int | None] = {code: worst for code, worst in now.items() if before.get(code) != worst}
    return changed | dict.fromkeys(before.keys() - now.keys())


def _item(item: BaseModel) -> orjson.Fragment:
    return orjson.Fragment(item.model_dump_json())


def _write(frame: dict[str, Any]) -> str:
    return orjson.dumps(frame, option=_OPTIONS).decode()
