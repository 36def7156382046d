"""`make bench-alarms`: one table of what the default rules find and miss in every recording."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from alerts.rule import RuleSet
from alerts.rules import DEFAULT_RULES, load_rules
from bench.alarms import aire, logan, nist, nyc, rain, reported, usgs
from bench.alarms.result import Result

BENCHES: dict[str, Callable[[Path, RuleSet], list[Result]]] = {
    "usgs": usgs.run,
    "nyc": nyc.run,
    "aire": aire.run,
    "logan": logan.run,
    "nist": nist.run,
    "rain": rain.run,
    "reported": reported.run,
}


def recordings() -> Path:
    """Find the folder of recordings: beside the project, unless GRIDWATCH_RECORDINGS names another."""
    return Path(os.environ.get("GRIDWATCH_RECORDINGS", Path(__file__).parents[2] / ".." / "shared")).resolve()


def main() -> None:
    """Run the recordings named on the command line, or all; `--rules=FILE` tries other rules than the default."""
    names = [word for word in sys.argv[1:] if not word.startswith("--")] or list(BENCHES)
    files = [Path(word.removeprefix("--rules=")) for word in sys.argv[1:] if word.startswith("--rules=")]
    rules = load_rules(files[0] if files else DEFAULT_RULES)
    began = time.perf_counter()
    results = [result for name in names for result in BENCHES[name](recordings(), rules)]
    console = Console(width=max(Console().width, 200))
    console.print(as_table(results))
    for result in results:
        if result.note:
            console.print(f"{result.recording}: {result.note}", highlight=False, markup=False)
    missed = [result.recording for result in results if result.met is False]
    took = time.perf_counter() - began
    console.print(f"{len(rules.rules)} rules, {took:.0f} s; targets not met: {', '.join(missed) or 'none'}")


def as_table(results: list[Result]) -> Table:
    """Lay the results out; a figure that means nothing for a recording is left blank."""
    head = ("recording", "sensor-days", "events", "found", "recall", "delay p50 / p95, lead", "raises per event")
    table = Table(*head, "minutes off p95", "false", "per sensor-day", "target", "met")
    for r in results:
        recall = f"{100 * (r.found or 0) / r.events:.0f} %" if r.events else ""
        table.add_row(
            r.recording,
            f"{r.sensor_days:.0f}" if r.sensor_days else "",
            _number(r.events),
            _number(r.found),
            recall,
            r.delay,
            _number(r.raises_per_event, ".2f"),
            _number(r.minutes_p95, ".1f"),
            _number(r.false_alarms),
            _number(r.false_per_day, ".4f"),
            r.target,
            {None: "", True: "yes", False: "no"}[r.met],
        )
    return table


def _number(value: float | None, form: str = "d") -> str:
    return "" if value is None else format(value, form)


if __name__ == "__main__":
    main()
