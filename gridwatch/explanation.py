"""Print why a device had or had not an alarm: Chinese and English sentences made of reason codes and numbers."""

from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Console

from alerts.explained import Explanation, HeldOverride, NewestReading, PointExplained, Reason

# {m} measured, {l} limit, {c} where it returns, {u} unit, {s} since when, {d} the delay in seconds
WORDS: dict[Reason, tuple[str, str]] = {
    Reason.OTHER_KIND: ("不适用：该规则针对其他类型的设备", "does not apply: it is for other kinds of device"),
    Reason.OTHER_METRIC: ("不适用：设备不测该规则的指标", "does not apply: the device does not measure this"),
    Reason.NO_LIMIT: ("不判断：设备和规则都没有限值", "does not judge: neither device nor rule has a limit"),
    Reason.UNIT: ("不判断：单位不可比较", "does not judge: the units cannot be compared"),
    Reason.NO_INTERVAL: ("不判断：上报周期未知", "does not judge: the reporting interval is not known"),
    Reason.NO_READING: ("此前没有读数", "nothing was measured before"),
    Reason.IMPLAUSIBLE: ("{m} {u} 不可能是真值，本规则不采用", "{m} {u} cannot be true, so this rule does not see it"),
    Reason.NOT_ENOUGH: ("读数不足，无法判断", "too few readings to tell"),
    Reason.OUTSIDE_SCHEDULE: ("不在规则的时段内", "outside of the hours of the rule"),
    Reason.WITHIN: ("{m} {u}，未达限值 {l}", "{m} {u} has not come to the limit {l}"),
    Reason.ON_DELAY: (
        "{m} {u} 自 {s} 达到限值 {l}，未满 {d} 秒",
        "{m} {u} is beyond the limit {l} since {s}, not yet for {d} s",
    ),
    Reason.BEYOND: ("告警：{m} {u} 达到限值 {l}，自 {s}", "alarm: {m} {u} is beyond the limit {l}, since {s}"),
    Reason.DEADBAND: (
        "告警仍在：{m} {u} 尚未回到 {c}，自 {s}",
        "alarm still holds: {m} {u} is not back at {c} yet, since {s}",
    ),
    Reason.OFF_DELAY: (
        "告警仍在：{m} {u} 已恢复，未满 {d} 秒",
        "alarm still holds: {m} {u} is normal, not yet for {d} s",
    ),
    Reason.HEARD: ("{m} 秒前有数据，限值 {l} 秒", "heard {m} s ago; the limit is {l} s"),
    Reason.SILENT: ("告警：已 {m} 秒没有新数据，自 {s}", "alarm: nothing new for {m} s, since {s}"),
    Reason.FEED_OUT: (
        "{m} 秒没有新数据，但同期谁也没有数据，不算本设备失联",
        "nothing new for {m} s, but nobody was heard then: not this device's silence",
    ),
    Reason.OTHER_STAGE: ("该规则按地点综合多台设备判断", "judges a place from the alarms of several devices"),
}
_KINDS = {
    "shelved": "搁置 shelved",
    "suppressed": "抑制 suppressed by design",
    "out_of_service": "停用 out of service",
}
_NOT_JUDGED = frozenset({Reason.OTHER_KIND, Reason.OTHER_METRIC})


def print_explanation(console: Console, found: Explanation, zone: ZoneInfo) -> None:
    """Print every rule's verdict; rules about other devices are only counted. Times are shown in `zone`."""
    console.print(f"{found.device} ({found.kind}) · {_time(found.at, zone)} · {found.rules}", highlight=False)
    for line in _lines(found, zone):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def _lines(found: Explanation, zone: ZoneInfo) -> list[str]:
    standing = [point for point in found.standing if not point.is_silenced]
    if standing:
        names = ", ".join(f"{point.condition} P{point.priority}" for point in standing)
        lines = [f"有告警 alarm: {names}"]
    else:
        lines = ["没有告警 no alarm"]
    lines += [_newest(reading, zone) for reading in found.newest]
    lines += [_override(override, zone) for override in found.overrides]
    lines += [line for point in found.points if point.reason not in _NOT_JUDGED for line in _verdict(point, zone)]
    others = sum(point.reason in _NOT_JUDGED for point in found.points)
    if others:
        lines.append(f"另有 {others} 条规则不适用于本设备 · {others} other rules are not about this device")
    return lines


def _newest(reading: NewestReading, zone: ZoneInfo) -> str:
    value = "—" if reading.value is None else f"{reading.value:g} {reading.unit}"
    return (
        f"最新读数 newest {reading.metric}: {value} · {_time(reading.time, zone)}"
        f" · {reading.age_s:.0f} s · 质量 quality {reading.quality}"
    )


def _override(override: HeldOverride, zone: ZoneInfo) -> str:
    what = override.condition or "全部 all"
    return f"{_KINDS[override.kind]}: {what} · 至 until {_time(override.ends_at, zone)} · {override.reason}"


def _verdict(point: PointExplained, zone: ZoneInfo) -> list[str]:
    numbers = {
        "m": _number(point.measured),
        "l": _number(point.limit),
        "c": _number(point.clear),
        "u": point.unit,
        "s": _time(point.since, zone),
        "d": f"{point.off_delay_s if point.reason is Reason.OFF_DELAY else point.on_delay_s:g}",
    }
    chinese, english = (words.format(**numbers) for words in WORDS[point.reason])
    where = f" {point.metric}" if point.metric else ""
    name = f"{point.rule}{where} {point.condition}" + (f" P{point.priority}" if point.priority else "")
    silenced = " （有覆盖，不响 · silenced by an override）" if point.is_silenced and point.holds else ""
    return [f"{name}: {chinese}{silenced}", f"    {english}"]


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:.6g}"


def _time(at: datetime | None, zone: ZoneInfo) -> str:
    return "—" if at is None else f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"
