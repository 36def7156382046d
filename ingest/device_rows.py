"""From rows of text to devices: every fault is named with its line, column and value. Pure: no I/O, no clock."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from geo.datum import Datum
from ingest import codecs
from ingest.carrier_kind import CarrierKind
from ingest.device_report import Doubt, Fault, Report
from ingest.device_sheet import DATED, ERRORS, LOST, Row
from ingest.device_words import CHINESE, LIMITS, REQUIRED, column_of, datum_of, kind_of, metric_of
from ingest.registration import NewChannel, NewDevice
from ingest.registry import LONGEST_INTERVAL_S, METRIC_NAME
from ingest.usual_units import fault_of, usual_unit

LONGEST: Final = {
    "id": 128,
    "kind": 63,
    "name": 200,
    "gateway": 128,
    "building": 200,
    "unit": 16,
    "area": 64,
    "downstream": 128,
}
_POWER: Final = re.compile(r"\d(\.\d+)?E\+\d+")  # 8.61235E+14: what a CSV keeps of a number that was shown so
CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
BREAK: Final = re.compile(r"[\t\r\n\u2028\u2029]+")  # a cell of two lines in a spreadsheet is one name
FORBIDDEN: Final = re.compile(r"[/+#\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2060\ufeff]")  # also what nobody sees
_IDS: Final = frozenset({"id", "gateway", "downstream"})
_CARRIERS: Final = frozenset(kind.value for kind in CarrierKind)
_DEVICE: Final = (
    "kind",
    "name",
    "lon",
    "lat",
    "datum",
    "gateway",
    "building",
    "codec",
    "mounting_height_m",
    "downstream",
    "area",
)


class HeadingError(Exception):
    """The first row lacks columns; the message names them."""


@dataclass(slots=True, kw_only=True)
class Read:
    """The devices of a file and where they stand in it. `columns` are those that the file has."""

    devices: list[NewDevice]
    lines: list[int]  # the first line of each device
    columns: frozenset[str]


@dataclass(slots=True)
class _Open:
    """A device whose rows are being read."""

    line: int
    cells: tuple[str, ...]
    device: dict[str, Any]
    channels: dict[str, tuple[int, NewChannel]] = field(default_factory=dict)


def read_rows(rows: Iterable[Row], report: Report) -> Read:
    """Read all rows; what is wrong goes into the report, and the faulty rows are left out.

    Raises:
        HeadingError: columns that are needed are not there.
    """
    found = iter(rows)
    line, heading = next(found, (1, []))
    columns = _columns(line, heading, report)
    report.headings = {column: heading[n] for column, n in columns.items()}
    reader = _Reader(columns, heading, report)
    for line, cells in found:
        report.lines += 1
        reader.read(line, cells)
    return Read(
        devices=[reader.device(id_, one) for id_, one in reader.devices.items()],
        lines=[one.line for one in reader.devices.values()],
        columns=frozenset(columns),
    )


def _columns(line: int, heading: list[str], report: Report) -> dict[str, int]:
    columns: dict[str, int] = {}
    for n, name in enumerate(heading):
        column = column_of(name)
        if column is None:
            if name:
                report.doubt(line, name, "", Doubt.UNKNOWN_COLUMN)
        else:
            first = columns.setdefault(column, n)
            if first != n:
                report.fault(line, name, "", Fault.COLUMN_TWICE, first=heading[first])
    if missing := [name for name in REQUIRED if name not in columns]:
        chinese = "、".join(CHINESE[name] for name in missing)
        raise HeadingError(f"lacks the columns {', '.join(missing)} · 表头缺少列：{chinese}（表头须在第一行）")
    return columns


class _Reader:
    def __init__(self, columns: dict[str, int], heading: list[str], report: Report) -> None:
        self.devices: dict[str, _Open] = {}
        self._at = columns
        self._heading = heading
        self._report = report
        self._own = [columns[name] for name in _DEVICE if name in columns]
        self._faulty = False
        self._line = 0
        self._cells: list[str] = []

    def read(self, line: int, cells: list[str]) -> None:
        """Read one row."""
        self._line, self._faulty = line, False
        width = len(self._heading)
        self._cells = cells if len(cells) >= width else cells + [""] * (width - len(cells))
        if extra := "".join(cells[width:]):
            self._report.doubt(line, "", extra, Doubt.EXTRA_CELLS)
        if self._is_spoilt():
            return
        id_ = self._id()
        known = self.devices.get(id_)
        own = tuple(self._cells[n] for n in self._own)
        device = None if known is not None and known.cells == own else self._device()
        channel = self._channel()
        if self._faulty:
            return
        if known is None:
            assert device is not None
            known = self.devices[id_] = _Open(line, own, device)
        elif device is not None and device != known.device:
            self._fault("id", Fault.DIFFERS, first=known.line)
            return
        self._add(known, channel)

    def _is_spoilt(self) -> bool:
        """Find cells that a spreadsheet made something else of."""
        for column, n in self._at.items():
            if self._cells[n] in ERRORS:
                self._fault(column, Fault.CELL_ERROR)
            elif self._cells[n].endswith(DATED):
                self._fault(column, Fault.CELL_DATE)
        return self._faulty

    def device(self, id_: str, one: _Open) -> NewDevice:
        """Make the device that the rows of an id come to."""
        return NewDevice(id=id_, channels=tuple(channel for _, channel in one.channels.values()), **one.device)

    def _add(self, known: _Open, channel: NewChannel | None) -> None:
        if channel is None:
            if known.line != self._line:
                self._fault("id", Fault.TWICE, first=known.line)
        elif channel.metric in known.channels:
            self._fault("metric", Fault.TWICE, first=known.channels[channel.metric][0])
        else:
            known.channels[channel.metric] = (self._line, channel)

    def _fault(self, column: str, code: Fault, **about: str | int) -> None:
        self._faulty = True
        n = self._at.get(column)
        self._report.fault(self._line, column, "" if n is None else self._cells[n], code, **about)

    def _cell(self, column: str) -> str:
        n = self._at.get(column)
        return "" if n is None else self._cells[n]

    def _word(self, column: str) -> str:
        text = self._cell(column)
        if column not in _IDS:
            text = BREAK.sub(" ", text)
            if CONTROL.search(text):
                self._fault(column, Fault.CHARACTERS)
        if len(text) > LONGEST[column]:
            self._fault(column, Fault.TOO_LONG, most=LONGEST[column])
        return text

    def _id(self, column: str = "id") -> str:
        text = self._word(column)
        if not text and column == "id":
            self._fault(column, Fault.BLANK)
        elif text.endswith(LOST) or _POWER.fullmatch(text):
            self._fault(column, Fault.ID_DIGITS)
        elif FORBIDDEN.search(text):
            self._fault(column, Fault.ID_CHARACTERS)
        return text

    def _number(self, column: str) -> float | None:
        text = self._cell(column)
        if not text:
            return None
        try:
            value = float(text.removesuffix(LOST))
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or "_" in text:
            self._fault(column, Fault.NUMBER)
            return None
        return value

    def _device(self) -> dict[str, Any]:
        lon, lat, datum = self._place()
        gateway = self._id("gateway")
        if gateway and gateway == self._cell("id"):
            self._fault("gateway", Fault.OWN_GATEWAY)
        return {
            "kind": self._kind(),
            "name": self._word("name"),
            "lon": lon,
            "lat": lat,
            "datum": datum,
            "area": self._word("area"),
            "building": self._word("building") or None,
            "gateway": gateway or None,
            "attributes": self._attributes(),
        }

    def _kind(self) -> str:
        kind = kind_of(self._word("kind"))
        if not kind:
            self._fault("kind", Fault.BLANK)
        elif kind in _CARRIERS:
            self._fault("kind", Fault.CARRIER)
        elif METRIC_NAME.fullmatch(kind.replace("-", "_")) is None or "." in kind:
            self._fault("kind", Fault.KIND)
        return kind

    def _place(self) -> tuple[float | None, float | None, str]:
        lon, lat = self._number("lon"), self._number("lat")
        datum = datum_of(self._cell("datum"))
        if datum is None:
            self._fault("datum", Fault.DATUM, known=", ".join(Datum))
        if bool(self._cell("lon")) != bool(self._cell("lat")):
            self._fault("lat" if self._cell("lon") else "lon", Fault.HALF_PLACE)
        elif lon is not None and lat is not None and not (abs(lon) <= 180 and abs(lat) <= 90):  # noqa: PLR2004 -- degrees
            self._fault("lon" if abs(lon) > 180 else "lat", Fault.NO_PLACE_ON_EARTH)  # noqa: PLR2004 -- as above
        return lon, lat, datum or "wgs84"

    def _attributes(self) -> dict[str, Any]:
        codec, height = self._cell("codec"), self._number("mounting_height_m")
        if codec and not codecs.knows(codec):
            self._fault("codec", Fault.CODEC)
        given = {"codec": codec, "mounting_height_m": height, "downstream": self._id("downstream")}
        return {name: value for name, value in given.items() if value not in ("", None)}

    def _channel(self) -> NewChannel | None:
        metric = metric_of(self._cell("metric"))
        interval, datum = self._number("interval_s"), self._number("datum_m")
        limits = self._limits()
        if not metric:
            if interval is not None or self._cell("unit") or any(limit is not None for limit in limits):
                self._fault("metric", Fault.METRIC_NEEDED)
            return None
        if METRIC_NAME.fullmatch(metric) is None:
            self._fault("metric", Fault.METRIC)
            return None
        if interval is not None and not 0 < interval <= LONGEST_INTERVAL_S:
            self._fault("interval_s", Fault.INTERVAL)
        unit = self._word("unit") or usual_unit(metric)
        if fault_of(metric, unit):
            self._fault("unit", Fault.UNIT, metric=metric, usual=usual_unit(metric))
        return NewChannel(metric=metric, unit=unit, interval_s=interval, datum_m=datum or 0.0, limits=limits)

    def _limits(self) -> tuple[float | None, float | None, float | None, float | None]:
        four, three, two, one = (self._number(name) for name in LIMITS)
        given = [limit for limit in (four, three, two, one) if limit is not None]
        if given not in (sorted(given), sorted(given, reverse=True)):
            self._fault("limit_4", Fault.LIMITS)
        return one, two, three, four
