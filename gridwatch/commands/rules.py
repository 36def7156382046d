"""`gridwatch rules check`, `backtest`, `explain`, `propose` and `history`: change rules without fear, ask them why."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridwatch.commands.options import DEFAULT_DATA_DIR, Config, DataDir, settings_of

if TYPE_CHECKING:
    from datetime import datetime

    from alerts import RuleSet
    from alerts.comparison import Comparison
    from alerts.explained import Explanation
    from database.connection import Cursor

app = typer.Typer(help="The rules alarms are raised by.", no_args_is_help=True)

SHOWN_VERSIONS = 100
SHOWN = 10  # undeclared series of a recording that are named; the rest are counted
Rules = Annotated[Path | None, typer.Option("--rules", help="Rule file to try.  \\[default: the rules in force]")]
Devices = Annotated[
    Path | None, typer.Option(help="CSV of devices, as `import devices` takes it; no server is needed.")
]
Recording = Annotated[Path | None, typer.Option(help="CSV or CSV.gz: time,device,metric,value and perhaps received.")]
Zone = Annotated[str, typer.Option(help="Time zone the tables show; files are always in UTC.")]


@app.command("check")
def check(
    file: Annotated[Path | None, typer.Argument(help="Rule file.  \\[default: the instance's]")] = None,
    *,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    config: Config = None,
) -> None:
    """Read a rule file as the engine does: the line and reason of its first fault, or the rules in it by kind."""
    from alerts.explain import kind_of
    from alerts.rules import load_rules
    from gridwatch.runtime import rules_file

    place = file or rules_file(settings_of(data_dir, config), data_dir)
    found = load_rules(place)
    typer.echo(f"{place}: {len(found.rules)} rules, all of them good")
    kinds = Counter(kind_of(rule) for rule in found.rules)
    for kind, count in sorted(kinds.items()):
        names = ", ".join(rule.common.name for rule in found.rules if kind_of(rule) == kind)
        typer.echo(f"  {kind} {count}: {names}")


@app.command("backtest")
def backtest(  # noqa: PLR0913 -- one parameter an option
    *,
    rules: Rules = None,
    devices: Devices = None,
    recording: Recording = None,
    transitions: Annotated[Path | None, typer.Option(help="CSV to write, a row a transition.")] = None,
    against: Annotated[
        Path | None, typer.Option(help="With --recording: rules to compare with.  \\[default: those of Gridwatch]")
    ] = None,
    since: Annotated[str | None, typer.Option("--from", help="RFC 3339 instant: over stored history.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="RFC 3339 instant.  \\[default: now]")] = None,
    grid: Annotated[str | None, typer.Option(help="With --from: only devices in this grid, by its code.")] = None,
    zone: Zone = "Asia/Shanghai",
    data_dir: DataDir = DEFAULT_DATA_DIR,
    config: Config = None,
) -> None:
    """Try rules out, over a recording with no server at all, or over stored history; nothing is changed.

    Prints alarms per day by grid (of a recording: by kind of device), and which alarms are new, gone or moved against
    the rules in force (of a recording: against those that come with Gridwatch).
    """
    from gridwatch.errors import SettingsError

    if devices is not None or recording is not None:
        if devices is None or recording is None:
            raise SettingsError("A trial without a server needs both --devices and --recording.")
        if since is not None or until is not None or grid is not None:
            raise SettingsError("--from, --to and --grid are for stored history, not for a recording.")
        _print(_over_recording(devices, recording, transitions, rules, against), zone)
        return
    if since is None:
        raise SettingsError(
            "Name --from for stored history, or --devices and --recording for a trial without a server."
        )
    if transitions is not None or against is not None:
        raise SettingsError(
            "--transitions and --against are for a trial of a recording, with --devices and --recording."
        )
    _print(_over_history(data_dir, config, rules, (since, until), grid), zone)


def _over_recording(
    devices: Path, recording: Path, transitions: Path | None, rules: Path | None, against: Path | None
) -> "Comparison":
    from alerts.rules import DEFAULT_RULES, load_rules
    from gridwatch.backtest import backtest as run
    from gridwatch.backtest import rows_of, tags_of, write_transitions

    tried, other = load_rules(rules or DEFAULT_RULES), load_rules(against or DEFAULT_RULES)
    found = run(tried, other, tags_of(devices), rows_of(recording))
    if transitions is not None:
        write_transitions(transitions, found.steps)
    unknown = found.told.unknown
    for (device, metric), count in unknown.most_common(SHOWN):
        typer.echo(f"not declared: {device} {metric}, {count} rows passed over", err=True)
    if len(unknown) > SHOWN:
        typer.echo(f"… and {len(unknown) - SHOWN} more series that nobody declared", err=True)
    for reason in found.unjudged:
        typer.echo(f"not judged: {reason}", err=True)
    if transitions is not None:
        typer.echo(f"{len(found.steps)} transitions written to {transitions}")
    return found.comparison


def _over_history(
    data_dir: Path, config: Path | None, rules: Path | None, span: tuple[str, str | None], grid: str | None
) -> "Comparison":
    from alerts.rules import load_rules
    from alerts.trial_history import trial_over_history
    from database import connect
    from gridwatch.access import database_of
    from gridwatch.clock import now
    from gridwatch.commands.instants import instant_of

    settings = settings_of(data_dir, config)
    start = instant_of(span[0], option="--from")
    end = now() if span[1] is None else instant_of(span[1], option="--to")
    with database_of(data_dir, settings) as url, connect(url, name="gridwatch rules backtest") as connection:
        in_force = _in_force(connection.cursor(), data_dir, config)
        tried = in_force if rules is None else load_rules(rules)
        return trial_over_history(connection, tried, start, end, in_force=in_force, grid=grid)


def _print(found: "Comparison", zone: str) -> None:
    from gridwatch.commands.instants import zone_of
    from gridwatch.comparison_table import print_comparison
    from gridwatch.page import page

    print_comparison(page(), found, zone_of(zone))


@app.command("explain")
def explain(  # noqa: PLR0913 -- one parameter an option
    device: Annotated[str, typer.Argument(help="Id of the device.", show_default=False)],
    *,
    at: Annotated[str, typer.Option(help="RFC 3339 instant that is asked about.", show_default=False)],
    metric: Annotated[str | None, typer.Option(help="Only what is about this metric.")] = None,
    rules: Rules = None,
    devices: Devices = None,
    recording: Recording = None,
    zone: Zone = "Asia/Shanghai",
    data_dir: DataDir = DEFAULT_DATA_DIR,
    config: Config = None,
) -> None:
    """Say why a device had an alarm at a time, or why it had none: every rule's verdict, with the numbers behind it."""
    from gridwatch.commands.instants import instant_of, zone_of
    from gridwatch.errors import SettingsError
    from gridwatch.explanation import print_explanation

    moment = instant_of(at, option="--at")
    if (devices is None) != (recording is None):
        raise SettingsError("Asking without a server needs both --devices and --recording.")
    if devices is not None and recording is not None:
        found = _explain_recording((devices, recording), rules, device, moment, metric)
    else:
        found = _explain_history(data_dir, config, rules, (device, moment, metric))
    from gridwatch.page import page

    print_explanation(page(), found, zone_of(zone))


def _explain_recording(
    files: tuple[Path, Path], rules: Path | None, device: str, at: "datetime", metric: str | None
) -> "Explanation":
    from alerts.explain import explain as why
    from alerts.rules import DEFAULT_RULES, load_rules
    from gridwatch.backtest import rows_of, tags_of
    from gridwatch.errors import SettingsError

    tags = tags_of(files[0])
    if not any(named.device == device for named in tags):
        raise SettingsError(f"{files[0]} declares no device {device!r}.")
    return why(load_rules(rules or DEFAULT_RULES), tags, rows_of(files[1]), device=device, at=at, metric=metric)


def _explain_history(
    data_dir: Path, config: Path | None, rules: Path | None, asked: "tuple[str, datetime, str | None]"
) -> "Explanation":
    from alerts.rules import load_rules
    from alerts.trial_history import explain_stored
    from database import connect
    from gridwatch.access import database_of

    device, at, metric = asked
    with (
        database_of(data_dir, settings_of(data_dir, config)) as url,
        connect(url, name="gridwatch rules explain") as connection,
    ):
        tried = load_rules(rules) if rules is not None else _in_force(connection.cursor(), data_dir, config)
        return explain_stored(connection, tried, device, at, metric=metric)


@app.command("propose")
def propose(
    file: Annotated[Path, typer.Argument(help="The changed rule file.", show_default=False)],
    *,
    note: Annotated[str, typer.Option(help="Why; the second officer reads it.", show_default=False)],
    data_dir: DataDir = DEFAULT_DATA_DIR,
    config: Config = None,
) -> None:
    """Propose a changed rule file; a commander tries and admits it on the page /rules.

    It counts as the machine's, not as an officer's: no administrator may admit it.
    """
    from alerts.admission import RuleFile, RulesOrigin, rules_in_force, take_file
    from alerts.admission import propose as write
    from alerts.rules import load_rules
    from dashboard import audit
    from database import append_changes, connect
    from gridwatch.access import database_of
    from gridwatch.clock import now
    from gridwatch.commands.user import system_user
    from gridwatch.runtime import rules_file

    rules, settings, at = load_rules(file), settings_of(data_dir, config), now()
    author = system_user()
    with database_of(data_dir, settings) as url, connect(url, name="gridwatch rules propose") as connection:
        cur = connection.cursor()
        if rules_in_force(cur) is None:  # before the first run: what it would begin with
            take_file(cur, RuleFile(rules=load_rules(rules_file(settings, data_dir))), now=at)
        number, changes = write(cur, rules.text, author=author, note=note, now=at, origin=RulesOrigin.FILE)
        detail = {"note": note, "sha256": rules.sha256}
        target = f"rule proposal {number}"
        audit.append(cur, actor=author, action="rules.propose", target=target, detail=detail, now=at)
        append_changes(cur, changes)
    typer.echo(f"proposal {number}: to be tried and admitted on the page /rules")


@app.command("history")
def history(*, data_dir: DataDir = DEFAULT_DATA_DIR, config: Config = None) -> None:
    """List the versions that came into force, newest first, and the proposals that wait."""
    from rich.table import Table

    from dashboard.queries.rules import read_proposals, read_versions
    from database import connect
    from gridwatch.access import database_of
    from gridwatch.page import page

    with (
        database_of(data_dir, settings_of(data_dir, config)) as url,
        connect(url, name="gridwatch rules history") as connection,
    ):
        cur = connection.cursor()
        versions = read_versions(cur, before=None, limit=SHOWN_VERSIONS)
        waiting = read_proposals(cur, states=["draft", "tried"], before=None, limit=SHOWN_VERSIONS)
    table = Table("版本 version", "生效 since", "来源 from", "准入 admitted by")
    for _, item in versions:
        origin = item.source if item.origin == "file" else f"proposal {item.proposal}"
        actor = "" if item.origin == "file" else item.actor
        table.add_row(str(item.version), item.since.isoformat(timespec="seconds"), origin, actor)
    page().print(table)
    for proposal in waiting:
        typer.echo(f"proposal {proposal.id} by {proposal.author}, {proposal.state}: {proposal.note}")


def _in_force(cur: "Cursor", data_dir: Path, config: Path | None) -> "RuleSet":
    from alerts.admission.in_force import load_in_force
    from alerts.rules import load_rules
    from gridwatch.runtime import rules_file

    return load_in_force(cur, load_rules(rules_file(settings_of(data_dir, config), data_dir)))[0]
