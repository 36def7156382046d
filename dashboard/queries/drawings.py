"""The polygons of the grids in force, drawn once a version and kept ready to be sent. Writes nothing."""

import gzip
import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from database.connection import Cursor
from geo import GridSet, Level, feature_collection, load_grids, version_in_force

KEPT = 16  # drawings kept, one a level and version: a county of 4,000 grids is some 5 MB


@dataclass(frozen=True, slots=True)
class Drawing:
    """One level of one version, ready to be sent."""

    body: bytes
    zipped: bytes
    etag: str


class Drawings:
    """The grids in force and their drawings. Safe to use from several threads; the oldest drawing goes first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._grids: GridSet | None = None
        self._drawings: OrderedDict[tuple[int, Level | None], Drawing] = OrderedDict()

    def grids(self, cur: Cursor, *, now: datetime) -> GridSet:
        """Give the grids that are in force now."""
        version, _ = version_in_force(cur, now)
        with self._lock:
            if self._grids is None or self._grids.version != version:
                self._grids = load_grids(cur, now)
            return self._grids

    def drawing(self, grids: GridSet, level: Level | None) -> Drawing:
        """Draw a level, or all; once per version."""
        with self._lock:
            key = (grids.version, level)
            if key not in self._drawings:
                body = feature_collection(grids, level)
                digest = hashlib.blake2b(body, digest_size=8).hexdigest()
                self._drawings[key] = Drawing(body, gzip.compress(body, 6, mtime=0), f'"g{grids.version}-{digest}"')
                while len(self._drawings) > KEPT:
                    self._drawings.popitem(last=False)
            return self._drawings[key]
