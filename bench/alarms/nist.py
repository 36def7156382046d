"""NIST house fires: the meters and ceiling thermocouples of each room against the detectors that sounded in it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from alerts.points import Tag
from alerts.rule import RuleSet
from alerts.trial import try_out
from bench.alarms.result import SECOND, Result, TrialRow, a_tag, at_us, declare, p, raised, table

FOLDER = "data/smoke_nist_home_alarms"
TESTS = ("SDC02", "SDC05", "SDC33", "SDC38")
LIT = 1_700_000_000 * SECOND  # any time: the recordings count seconds from the match
EARLY_S, LATE_S = 10.0, 30.0
FIRE = ("level-high", "rate-high")


def sounded(folder: Path) -> dict[tuple[str, str], list[float]]:
    """Read the seconds at which the real alarms sounded, by (test, room)."""
    alarms = defaultdict(list)
    for row in table(folder / FOLDER / "alarm_activations.csv"):
        alarms[row["test"], row["location"]].append(float(row["activation_s"]))
    return alarms


def first_alarms(folder: Path, test: str, rules: RuleSet) -> dict[str, float]:
    """Give the second of the first alarm in each room of a test that has one.

    A detector stands at each smoke meter; the one at the ceiling also feels the thermocouple there.
    """
    rows = list(table(folder / FOLDER / f"{test}.csv.gz"))
    step_s = float(rows[1]["TIME"]) - float(rows[0]["TIME"])
    channels = _channels(rows[0])
    tags = declare(_tag(device, metric, step_s) for device, metric in channels.values())
    steps, _ = try_out(rules, tags, _readings(rows, channels))
    first: dict[str, float] = {}
    for step in raised(steps, *FIRE):
        first.setdefault(step.device[0], (at_us(step) - LIT) / SECOND)
    return first


def _channels(header: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Name the device and metric of each channel a detector would have."""
    channels = {}
    names = set(header)
    for name in sorted(names):
        room, _, number = name[2:].partition("_")
        if name.startswith("SM") and len(room) == 1 and number.isdigit():
            channels[name] = (f"{room}-{number}", "smoke")
            if number == "1" and f"TC{room}_1" in names:
                channels[f"TC{room}_1"] = (f"{room}-1", "temperature")
    return channels


def _tag(device: str, metric: str, step_s: float) -> tuple[str, Tag]:
    return a_tag(device, metric, {"smoke": "1/m", "temperature": "Cel"}[metric], kind="smoke", interval_s=step_s)


def _readings(rows: Iterable[Mapping[str, str]], channels: Mapping[str, tuple[str, str]]) -> Iterator[TrialRow]:
    for row in rows:
        at = LIT + round(float(row["TIME"]) * SECOND)
        for channel, (device, metric) in channels.items():
            if row[channel]:
                yield TrialRow(at, device, metric, float(row[channel]))


def run(folder: Path, rules: RuleSet) -> list[Result]:
    """Score every room in which alarms sounded."""
    alarms = sounded(folder)
    results = []
    for test in TESTS:
        first = first_alarms(folder, test, rules)
        rooms = {room: times for (name, room), times in alarms.items() if name == test}
        in_time = [r for r, times in rooms.items() if r in first and first[r] <= max(times) + LATE_S]
        early = [r for r, times in rooms.items() if r in first and first[r] < min(times) - EARLY_S]
        late = sorted(set(rooms) - set(in_time))
        delays = [first[room] - max(times) for room, times in rooms.items() if room in first]
        results.append(
            Result(
                recording=f"NIST fire {test}",
                sensor_days=0.0,
                events=len(rooms),
                found=len(in_time),
                raises=len(in_time),
                delay=f"{p(delays, 0.5):.0f} / {p(delays, 0.95):.0f} s after the last real alarm",
                false_alarms=len(early),
                target="within 30 s of the last real alarm, none 10 s before the first",
                met=not late and not early,
                note=f"late or never: {', '.join(late)}" if late else "",
            )
        )
    return results
