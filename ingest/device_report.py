"""What is wrong with a device file, line by line, in words of both languages. Pure nouns: no I/O, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

KEPT: Final = 1000
"""Findings of each severity that are kept; more are counted. Nobody reads more, and 170,000 would fill the page."""

VALUE_SHOWN: Final = 80  # characters of a faulty cell


class Fault(StrEnum):
    """Why nothing of a file is imported."""

    BLANK = "blank"
    ID_CHARACTERS = "id-characters"
    ID_DIGITS = "id-digits"
    TOO_LONG = "too-long"
    KIND = "kind"
    CARRIER = "carrier"
    NUMBER = "number"
    HALF_PLACE = "half-place"
    NO_PLACE_ON_EARTH = "no-place-on-earth"
    DATUM = "datum"
    METRIC = "metric"
    METRIC_NEEDED = "metric-needed"
    UNIT = "unit"
    INTERVAL = "interval"
    LIMITS = "limits"
    CODEC = "codec"
    OWN_GATEWAY = "own-gateway"
    GATEWAY_CIRCLE = "gateway-circle"
    DIFFERS = "differs"
    TWICE = "twice"
    FOREIGN_AREA = "foreign-area"
    CELL_ERROR = "cell-error"
    CELL_DATE = "cell-date"
    CHARACTERS = "characters"
    COLUMN_TWICE = "column-twice"


class Doubt(StrEnum):
    """What an officer should look at before the file is registered."""

    OUTSIDE = "outside"
    IN_GAP = "in-gap"
    NO_PLACE = "no-place"
    DATUM_SUSPECT = "datum-suspect"
    DATUM_SUSPECT_ALL = "datum-suspect-all"
    KNOWN = "known"
    RETURNS = "returns"
    UNKNOWN_COLUMN = "unknown-column"
    GATEWAY_UNKNOWN = "gateway-unknown"
    EXTRA_CELLS = "extra-cells"


_WORDS: Final[dict[Fault | Doubt, tuple[str, str]]] = {
    Fault.BLANK: ("不能为空", "{column} must not be blank"),
    Fault.ID_CHARACTERS: ("编号里有主题不能用的字符（/ + # 或控制字符）", "{column} {value!r} holds a character that a topic cannot"),
    Fault.ID_DIGITS: (
        "编号被表格软件存成了数字，末位已丢失：请把该列设为文本后重新填写",
        "{column} {value!r} was kept as a number and has lost its last digits: format the column as text",
    ),
    Fault.TOO_LONG: ("太长，最多 {most} 个字", "{column} is too long: at most {most} characters"),
    Fault.KIND: ("不是设备类型：请用小写英文单词或模板里的中文类型", "{column} {value!r} is no kind: a short lower-case word"),
    Fault.CARRIER: ("不是设备类型：该词留给地点和线路", "{column} {value!r} is no kind of device: alarms of places and links hang on it"),
    Fault.NUMBER: ("不是数字", "{column} {value!r} is not a number"),
    Fault.HALF_PLACE: ("经度和纬度要么都填，要么都不填", "lon and lat go together"),
    Fault.NO_PLACE_ON_EARTH: ("不是地球上的位置：先经度、后纬度", "{column} {value} is no place on Earth; longitude comes first"),
    Fault.DATUM: ("坐标系不认识：{known}", "{column} {value!r} is none of {known}"),
    Fault.METRIC: ("不是指标：请用小写英文单词", "{column} {value!r} is not a short lower-case name of a metric"),
    Fault.METRIC_NEEDED: ("填了单位、周期或限值，却没有填指标", "unit, interval and limits belong to a metric, which is blank"),
    Fault.UNIT: ("{metric} 不能用这个单位，请用能换算成 {usual} 的单位", "{metric} cannot be in {value!r}: give a unit that converts to {usual}"),
    Fault.INTERVAL: ("周期必须大于 0 秒，不超过 366 天", "{column} must be more than 0 and at most 366 days"),
    Fault.LIMITS: ("限值从蓝到红必须逐级升高（或逐级降低）", "limits must rise (or fall) steadily from limit_4 to limit_1"),
    Fault.CODEC: ("没有这个编解码器", "{column}: there is no codec {value!r}"),
    Fault.OWN_GATEWAY: ("设备不能是自己的网关", "a device is not its own gateway"),
    Fault.GATEWAY_CIRCLE: ("网关关系成了一个圈", "the gateways go round in a circle"),
    Fault.DIFFERS: ("同一编号与第 {first} 行除指标外还有不同", "{value} differs from an earlier row (line {first}) in more than its metric"),
    Fault.TWICE: ("第 {first} 行已经有这个指标", "{value} is there twice, first in line {first}"),
    Fault.FOREIGN_AREA: ("设备在您的辖区之外", "{value} is outside of the areas of your account"),
    Fault.CELL_ERROR: ("表格公式出错，没有结果", "{column} {value!r} is a formula that came to nothing"),
    Fault.CELL_DATE: ("被表格软件当成了日期或时间：请把该列设为文本后重新填写", "{column} {value!r} was taken for a date by the spreadsheet: format the column as text"),
    Fault.CHARACTERS: ("含有控制字符或换行", "{column} {value!r} holds a control character or a line break"),
    Fault.COLUMN_TWICE: ("与“{first}”列是同一个意思，只能有一列", "column {column!r} means the same as {first!r}: there can be one only"),
    Doubt.EXTRA_CELLS: ("这一行比表头多出内容，不会导入（文字里有逗号时要加引号）", "{value!r} stands beyond the last heading and is left out (a text with commas needs quotes)"),
    Doubt.OUTSIDE: ("不在本县：离最近的网格（{nearest}）{distance}", "{value} is outside of the county: {distance} from {nearest}"),
    Doubt.IN_GAP: ("在网格之间的空隙里，不属于任何网格", "{value} lies in a gap between grids and belongs to none"),
    Doubt.NO_PLACE: ("没有填位置：不会出现在地图上，也不属于任何网格", "no place: on no map and in no grid"),
    Doubt.DATUM_SUSPECT: (
        "与现登记位置相差 {distance} 米，正好是 {meant} 与所填坐标系之差：坐标系可能填错",
        "is {distance} m from where it stands now, just what {meant} differs by: the datum may be wrong",
    ),
    Doubt.DATUM_SUSPECT_ALL: (
        "按所填坐标系有 {placed} 台落在网格内，按 {meant} 有 {better} 台：整个文件的坐标系可能填错",
        "as declared {placed} devices stand in a grid, as {meant} {better} would: the datum of the file may be wrong",
    ),
    Doubt.KNOWN: ("已登记，将修改：{zh}", "{value} is registered; would change: {en}"),
    Doubt.RETURNS: ("曾登记并已撤除，将恢复登记", "{value} was retired and would come back"),
    Doubt.UNKNOWN_COLUMN: ("这一列不认识，不会导入", "column {column!r} is not known and is left out"),
    Doubt.GATEWAY_UNKNOWN: ("网关既没有登记，也不在本文件里", "gateway {value!r} is neither registered nor in this file"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing about one cell. `line` counts from 1 as the spreadsheet does, 0 is the whole file."""

    line: int
    column: str
    value: str
    code: Fault | Doubt
    about: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def zh(self) -> str:
        """Say it in Chinese."""
        return self._say(0)

    @property
    def en(self) -> str:
        """Say it in English."""
        return self._say(1)

    def _say(self, language: int) -> str:
        words = {"column": self.column, "value": self.value[:VALUE_SHOWN], **self.about}
        return _WORDS[self.code][language].format(**words)

    def to_json(self) -> dict[str, Any]:
        """Give it as the interface does."""
        return {
            "line": self.line,
            "column": self.column,
            "value": self.value[:VALUE_SHOWN],
            "code": self.code.value,
            "zh": self.zh,
            "en": self.en,
        }

    def __str__(self) -> str:
        where = f"line {self.line}" if self.line else "the file"
        return f"{where}: {self.en} · {self.column}{'：' if self.column else ''}{self.zh}"


@dataclass(slots=True, kw_only=True)
class Report:
    """What a file came to. `counts` are devices: new, changed, unchanged, returning, placed, unplaced."""

    lines: int = 0
    devices: int = 0
    faults: list[Finding] = field(default_factory=list)
    faults_total: int = 0
    doubts: list[Finding] = field(default_factory=list)
    doubts_total: int = 0
    headings: dict[str, str] = field(default_factory=dict)  # of our columns, as the file has them
    counts: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, int] = field(default_factory=dict)

    @property
    def is_admitted(self) -> bool:
        """Say whether the file may be registered."""
        return not self.faults_total

    def fault(self, line: int, column: str, value: str, code: Fault, **about: str | int) -> None:
        """Note a fault."""
        self.faults_total += 1
        if len(self.faults) < KEPT:
            self.faults.append(
                Finding(line=line, column=self.headings.get(column, column), value=value, code=code, about=about)
            )

    def doubt(self, line: int, column: str, value: str, code: Doubt, **about: str | int) -> None:
        """Note a doubt."""
        self.doubts_total += 1
        if len(self.doubts) < KEPT:
            self.doubts.append(
                Finding(line=line, column=self.headings.get(column, column), value=value, code=code, about=about)
            )

    def to_json(self) -> dict[str, Any]:
        """Give it as the interface does."""
        return {
            "lines": self.lines,
            "devices": self.devices,
            "faults": [finding.to_json() for finding in self.faults],
            "faults_total": self.faults_total,
            "doubts": [finding.to_json() for finding in self.doubts],
            "doubts_total": self.doubts_total,
            "counts": self.counts,
            "kinds": self.kinds,
        }
