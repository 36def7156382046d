"""Names and paths of grids by key, for every version that a record may still point to. Refuses shapes: too large."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from database.connection import Cursor


class PathPart(BaseModel):
    """One grid on the way from the county down."""

    model_config = ConfigDict(frozen=True)

    code: str = Field(description="Code of the grid, unique in its version.")
    name: str = Field(description="Name of the grid.")
    level: str = Field(description="county, town, village, grid, micro-grid or special.")


class GridItem(BaseModel):
    """The grid a record belongs to, with the way to it."""

    model_config = ConfigDict(frozen=True)

    code: str = Field(description="Code of the grid.")
    name: str = Field(description="Name of the grid.")
    path: tuple[PathPart, ...] = Field(description="From the county down to the grid itself.")


@dataclass(frozen=True, slots=True)
class GridTable:
    """Every known grid. Built once a version; never changed."""

    version: int
    by_key: Mapping[int, GridItem]
    codes_by_key: Mapping[int, tuple[str, ...]]
    under: Mapping[str, frozenset[int]]

    def item(self, key: int | None) -> GridItem | None:
        """Name a grid; None where there is none."""
        return None if key is None else self.by_key.get(key)

    def codes(self, key: int | None) -> tuple[str, ...]:
        """List the codes of a grid and of those above it, county first; empty where there is none."""
        return () if key is None else self.codes_by_key.get(key, ())

    def keys_under(self, code: str) -> list[int] | None:
        """List the keys of a grid and of all below it, in every version; None if no grid has the code."""
        keys = self.under.get(code)
        return None if keys is None else sorted(keys)


class GridNames:
    """The newest `GridTable`, read again when grids were imported. Safe to use from several threads."""

    def __init__(self) -> None:
        self._table = GridTable(-1, {}, {}, {})
        self._lock = threading.Lock()

    def table(self, cur: Cursor) -> GridTable:
        """Give the table that holds every grid this transaction can see."""
        row = cur.execute("SELECT coalesce(max(version), 0) FROM grid_versions").fetchone()
        assert row is not None
        if self._table.version != row[0]:
            with self._lock:
                if self._table.version != row[0]:
                    self._table = _read(cur, row[0])
        return self._table


def _read(cur: Cursor, version: int) -> GridTable:
    rows = cur.execute("SELECT key, version, code, name, level, parent FROM grids").fetchall()
    by_code = {(row[1], row[2]): row for row in rows}
    by_key: dict[int, GridItem] = {}
    under: dict[str, set[int]] = {}
    for key, of_version, code, name, level, parent in rows:
        path = [PathPart(code=code, name=name, level=level)]
        seen = {code}
        while parent is not None and parent not in seen and (above := by_code.get((of_version, parent))) is not None:
            seen.add(parent)
            path.append(PathPart(code=above[2], name=above[3], level=above[4]))
            parent = above[5]  # noqa: PLW2901 - the walk up
        by_key[key] = GridItem(code=code, name=name, path=tuple(reversed(path)))
        for part in path:
            under.setdefault(part.code, set()).add(key)
    codes = {key: tuple(part.code for part in item.path) for key, item in by_key.items()}
    return GridTable(version, by_key, codes, {code: frozenset(keys) for code, keys in under.items()})
