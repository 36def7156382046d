"""`gridwatch simulate` and `replay`: send readings into a running instance, through its broker as devices do."""

import os
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridwatch.commands.options import DEFAULT_DATA_DIR, DataDir, running

if TYPE_CHECKING:
    from gridwatch.recording import Survey

SHOWN = 10  # unknown series that are named; the rest are counted


def simulate(
    scenario: Annotated[
        str, typer.Argument(help="quiet, demo, house_fire, flash_flood, sick_sensors, or a YAML file.")
    ],
    speed: Annotated[float, typer.Option(min=0, help="Story time per real time; 0 is as fast as possible.")] = 1.0,
    *,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Play a scenario in the county of a running demo; Ctrl-C ends it."""
    from gridwatch.simulate import play, until_signalled
    from simulators.scenario import load_scenario

    runtime, story = running(data_dir), load_scenario(scenario)
    typer.echo(f"{story.title.zh} · {story.title.en} → {runtime.broker.url}")

    def work(stop: threading.Event) -> None:
        played = play(
            runtime,
            story,
            runtime.broker.for_playing,
            stop=stop,
            client_id=f"gridwatch-simulate-{os.getpid()}",
            speed=speed,
        )
        typer.echo(f"sent {played.messages} messages, {played.acknowledged} acknowledged")

    until_signalled(work)


def replay(
    file: Annotated[Path, typer.Argument(help="CSV or CSV.gz: time,device,metric,value.", show_default=False)],
    speed: Annotated[float, typer.Option(min=0, help="Recorded time per real time; 0 is as fast as possible.")] = 1.0,
    as_of: Annotated[str, typer.Option(help="recorded: times stay; now: all are moved to the present.")] = "recorded",
    *,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Send a recording through the broker, as its devices would; Ctrl-C ends it."""
    from gridwatch.clock import now
    from gridwatch.directory import read_directory
    from gridwatch.errors import SettingsError
    from gridwatch.progress import steps
    from gridwatch.replay import AsOf
    from gridwatch.replay import replay as send
    from gridwatch.simulate import broker_url, until_signalled

    if as_of not in set(AsOf):
        raise SettingsError(f"--as-of {as_of!r} is none of {', '.join(AsOf)}.")
    runtime = running(data_dir)
    broker = broker_url(runtime.broker, runtime.broker.for_playing)
    directory = read_directory(runtime.database_url)

    def work(stop: threading.Event) -> None:
        with steps("回放 replay") as step:
            sent = send(
                file,
                broker,
                directory,
                speed=speed,
                now=now,
                as_of=AsOf(as_of),
                progress=step,
                announce=_say_what_it_holds,
                stop=stop,
            )
        ending = "" if sent.is_whole else "; stopped before the end"
        typer.echo(f"sent {sent.rows} readings in {sent.messages} messages, {sent.acknowledged} acknowledged{ending}")

    until_signalled(work)


def _say_what_it_holds(found: "Survey") -> None:
    span = " – ".join(_shown(us) for us in (found.first_us, found.last_us) if us is not None)
    typer.echo(f"{found.rows} readings of {len(found.devices)} devices, {span or 'none'}")
    for (device, metric), rows in list(found.unknown.items())[:SHOWN]:
        typer.echo(f"not registered: {device} {metric} ({rows} readings); it waits for registration", err=True)
    if len(found.unknown) > SHOWN:
        typer.echo(f"… and {len(found.unknown) - SHOWN} more that are not registered", err=True)


def _shown(time_us: int) -> str:
    return datetime.fromtimestamp(time_us / 1e6, UTC).isoformat(timespec="seconds")
