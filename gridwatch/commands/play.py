"""`gridwatch simulate`: play a scenario into a running demo, beside what its own simulators do."""

import os
import threading
from typing import Annotated

import typer

from gridwatch.commands.options import DEFAULT_DATA_DIR, DataDir, running


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
            runtime.broker.gateway,
            stop=stop,
            client_id=f"gridwatch-simulate-{os.getpid()}",
            speed=speed,
        )
        typer.echo(f"sent {played.messages} messages, {played.acknowledged} acknowledged")

    until_signalled(work)
