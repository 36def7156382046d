"""Print what a trial of rules came to: alarms per day by place, and what is new, gone and moved."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from alerts.comparison import Comparison, Count, Difference

LISTED = 10  # differences of each sort that are named on the terminal; the rest are counted
_COLOURS = {1: "1 红", 2: "2 橙", 3: "3 黄", 4: "4 蓝"}


def print_comparison(console: Console, found: Comparison, zone: ZoneInfo) -> None:
    """Print a comparison; times are shown in `zone`."""
    start, end = _time(found.start, zone), _time(found.end, zone)
    console.print(
        f"{found.rows} 条读数 readings · {found.devices} 台设备 devices · {start} – {end} · {found.days:.1f} 天 days"
    )
    table = Table("网格 grid", "条件 condition", "级别", "现行 old", "每日 a day", "试行 new", "每日 a day")
    for row in found.places:
        table.add_row(row.place, row.condition, _COLOURS[row.priority], *_counts(row.count))
    table.add_section()
    table.add_row("合计 all", "", "", *_counts(found.total))
    console.print(table)
    console.print(
        f"相同 same {found.same} · 新增 new {found.new} · 消失 gone {found.gone} · 时间变动 moved {found.moved}"
    )
    for title, alarms in (
        ("新增 new", found.new_alarms),
        ("消失 gone", found.gone_alarms),
        ("时间变动 moved", found.moved_alarms),
    ):
        _print_differences(console, title, alarms, zone)


def _print_differences(console: Console, title: str, alarms: Iterable[Difference], zone: ZoneInfo) -> None:
    listed = list(alarms)[:LISTED]
    if not listed:
        return
    table = Table("设备 device", "指标 metric", "条件 condition", "级别", "现行 old", "试行 new", title=title)
    for alarm in listed:
        times = _time(alarm.before, zone), _time(alarm.after, zone)
        table.add_row(alarm.device, alarm.metric or "—", alarm.condition, _COLOURS[alarm.priority], *times)
    console.print(table)


def _counts(count: Count) -> tuple[str, str, str, str]:
    return str(count.before), f"{count.per_day_before:.2f}", str(count.after), f"{count.per_day_after:.2f}"


def _time(at: datetime | None, zone: ZoneInfo) -> str:
    return "—" if at is None else f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
