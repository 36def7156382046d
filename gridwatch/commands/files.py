"""`gridwatch import` and `decode`: what takes a file and says what it makes of it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridwatch.commands.instants import instant_of
from gridwatch.commands.options import DEFAULT_DATA_DIR, Config, DataDir, settings_of

if TYPE_CHECKING:
    from geo import ImportReport
    from ingest.device_report import Report

imports = typer.Typer(help="Bring in grids (GeoJSON) or devices (CSV, XLSX).", no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="The file.", show_default=False)]
REFUSED = 1
MOST_BYTES = 64 << 20  # of a file to decode: what is beyond a payload's 1 MiB is for the decoder to refuse
SHOWN = 40  # findings of an import; the whole report is kept with the version


@imports.command("devices")
def import_devices(
    file: File,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Judge the file and change nothing.")] = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    config: Config = None,
) -> None:
    """Register the devices of a CSV or XLSX: all of them, or none and a list of its faults, line by line.

    Columns, in English or Chinese: id, kind, name, lon, lat, datum, metric, unit, interval_s; if wanted limit_4, limit_3,
    limit_2, limit_1, gateway, building, codec, datum_m, mounting_height_m, downstream, area; a row per device and metric.
    """
    from database import connect
    from gridwatch.access import database_of
    from gridwatch.clock import now
    from gridwatch.declared_formats import DeclaredFormats
    from gridwatch.progress import steps
    from ingest.device_file import content_of, judge, refuse
    from ingest.registration import Way, write_and_tell

    content = content_of(file)
    DeclaredFormats(settings_of(data_dir, config).ingest, data_dir)  # a device's codec may be one of them
    with (
        database_of(data_dir, settings_of(data_dir, config)) as url,
        connect(url, name="gridwatch import") as connection,
        steps("导入设备 devices") as step,
    ):
        cur = connection.cursor()
        rows = content.count(b"\n")
        judged = judge(cur, content, name=str(file), now=now(), counted=lambda n: step(n, max(rows, n), "reading"))
        if judged.report.is_admitted and not dry_run:
            write_and_tell(cur, judged.devices, now=now(), actor="import", way=Way.FILE, note=file.name, step=step)
    _print_devices(judged.report, str(file), dry_run=dry_run)
    refuse(judged.report, str(file))


def _print_devices(report: "Report", file: str, *, dry_run: bool) -> None:
    for finding in report.doubts[:SHOWN]:
        typer.echo(str(finding))
    if report.doubts_total > SHOWN:
        typer.echo(f"… and {report.doubts_total - SHOWN} more")
    if report.is_admitted:
        told = {name: count for name, count in report.counts.items() if count and name not in {"new", "placed"}}
        counts = "".join(f", {count} {name}" for name, count in told.items())
        typer.echo(f"{'would register' if dry_run else 'registered'} {report.devices} devices from {file}{counts}")


@imports.command("grids")
def import_grids(  # noqa: PLR0913 -- one parameter an option
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE", help="One file, or all that a level comes in.", show_default=False),
    ],
    code: Annotated[str, typer.Option(help="GeoJSON property with a grid's code.")] = "code",
    name: Annotated[str, typer.Option(help="GeoJSON property with its name.")] = "name",
    level: Annotated[str, typer.Option(help="GeoJSON property with its level, or a level word for all.")] = "level",
    parent: Annotated[str | None, typer.Option(help="GeoJSON property with the parent's code.")] = None,
    datum: Annotated[str, typer.Option(help="wgs84, cgcs2000, gcj02 or bd09.")] = "wgs84",
    valid_from: Annotated[
        str | None, typer.Option(help="RFC 3339 instant from which it holds.  \\[default: now]")
    ] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Judge the file and change nothing.")] = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    config: Config = None,
) -> None:
    """Import the grids of GeoJSON as a new version: all of it, or nothing and a report that says why.

    A level that is brought replaces the old one, so a level that comes in several files has to come in one import.
    """
    from database import connect
    from geo import Datum, PropertyNames, import_file
    from gridwatch.access import database_of
    from gridwatch.clock import now
    from gridwatch.errors import SettingsError
    from gridwatch.progress import steps

    if datum not in set(Datum):
        raise SettingsError(f"--datum {datum!r} is none of {', '.join(Datum)}.")
    since = now() if valid_from is None else instant_of(valid_from, option="--valid-from")
    names = PropertyNames(code=code, name=name, level=level, parent=parent)
    with (
        database_of(data_dir, settings_of(data_dir, config)) as url,
        connect(url, name="gridwatch import") as connection,
        steps("导入网格 grids") as step,
    ):
        report = import_file(
            connection, files, names, valid_from=since, datum=Datum(datum), dry_run=dry_run, progress=step
        )
    _print_report(report)
    if not report.is_admitted:
        raise typer.Exit(REFUSED)


def _print_report(report: "ImportReport") -> None:
    for finding in report.findings[:SHOWN]:
        typer.echo(str(finding))
    if len(report.findings) > SHOWN:
        typer.echo(f"… and {len(report.findings) - SHOWN} more")
    levels = ", ".join(f"{count} {level.value}" for level, count in report.levels.items())
    if report.version is not None:
        placed = f"; {report.placing.placed} devices placed" if report.placing else ""
        gone = f"; {report.dropped} of the version before are gone" if report.dropped else ""
        typer.echo(f"version {report.version}: {levels}; {report.carried} carried over{gone}{placed}")
    else:
        typer.echo(f"{'nothing was imported' if report.errors else 'would be imported'}: {levels or report.source}")


def decode(
    file: Annotated[Path, typer.Argument(help="The payload; - reads standard input.", allow_dash=True)],
    name: Annotated[str, typer.Option("--as", help="Decoder, such as senml, sl651 or chirpstack_v4.")] = "",
    declared: Annotated[
        Path | None, typer.Option("--format", help="A declared format, in YAML, that is tried without being installed.")
    ] = None,
    topic: Annotated[str, typer.Option(help="Topic it arrived on.")] = "",
    received_at: Annotated[str | None, typer.Option(help="RFC 3339 instant it arrived at.  \\[default: now]")] = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    config: Config = None,
) -> None:
    """Print what a decoder makes of a payload, one JSON object a line; a rejection is an answer, too."""
    from gridwatch.clock import now
    from ingest.decode_cli import lines

    received = now() if received_at is None else instant_of(received_at, option="--received-at")
    payload = _payload(file)
    chosen = _known(name, data_dir, config) if name else _try_out(declared)
    said = list(lines(chosen, payload, topic, received))
    for line in said:
        typer.echo(line)
    if not said:
        typer.echo("the payload is taken, and says nothing", err=True)


def _payload(file: Path) -> bytes:
    from gridwatch.errors import SettingsError

    if str(file) == "-":
        payload = sys.stdin.buffer.read(MOST_BYTES + 1)
    else:
        with file.open("rb") as opened:
            payload = opened.read(MOST_BYTES + 1)
    if len(payload) > MOST_BYTES:
        raise SettingsError(f"{file} is longer than 64 MiB, and a payload has 1 MiB at most.")
    return payload


def _known(name: str, data_dir: Path, config: Path | None) -> str:
    """Read the declared formats of the instance where `name` is none of our own decoders."""
    from gridwatch.declared_formats import DeclaredFormats
    from ingest.decoders import built_in

    if name not in built_in():
        DeclaredFormats(settings_of(data_dir, config).ingest, data_dir)
    return name


def _try_out(declared: Path | None) -> str:
    """Install a declared format for this one command; give its name."""
    from gridwatch.declared_formats import taken_names
    from ingest.declared import install, read_file

    if declared is None:
        raise typer.BadParameter("say which decoder by --as, or try a declared format by --format")
    found = read_file(declared, taken_names())
    install([found])
    return found.name
