"""`gridwatch run`: start everything, say where it is, stay until told to end."""

from typing import Annotated

import typer

from gridwatch.commands.options import DEFAULT_DATA_DIR, Config, DataDir, settings_of


def run(
    *,
    demo: Annotated[bool, typer.Option("--demo", help="Make a demo county and simulate its devices.")] = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    http: Annotated[str | None, typer.Option(metavar="HOST:PORT", help="Web server; port 0 takes a free one.")] = None,
    mqtt: Annotated[str | None, typer.Option(metavar="HOST:PORT", help="Embedded broker; port 0 as above.")] = None,
    config: Config = None,
) -> None:
    """Start everything and keep it running; Ctrl-C or SIGTERM ends it within 5 s."""
    from gridwatch.stop_signals import StopRequested, StopSignals

    signals = StopSignals()
    signals.install()
    settings = settings_of(data_dir, config, _addresses(http, mqtt))

    from gridwatch.announce import Announcer
    from gridwatch.instance import Instance

    announcer = Announcer()
    with Instance(data_dir, settings, demo=demo, signals=signals) as instance:
        try:
            with announcer.starting() as tell:
                instance.start(tell)
            announcer.ready(instance, settings)
            instance.serve()
        except StopRequested:
            pass
        announcer.stopping()
    announcer.stopped()


def _addresses(http: str | None, mqtt: str | None) -> dict[str, object]:
    from gridwatch.addresses import read_address

    overrides: dict[str, object] = {}
    for text, option, keys in (
        (http, "--http", ("dashboard.host", "dashboard.port")),
        (mqtt, "--mqtt", ("ingest.mqtt_host", "ingest.mqtt_port")),
    ):
        if text is not None:
            listen = read_address(text, option=option)
            overrides |= dict(zip(keys, (listen.host, listen.port), strict=True))
    return overrides


def worker() -> None:
    """Be the worker of the instance that GRIDWATCH_RUNTIME names; `run` starts it."""
    from gridwatch.worker_process import main

    main()


def web() -> None:
    """Be the web server of the instance that GRIDWATCH_RUNTIME names; `run` starts it."""
    from gridwatch.web import main

    main()
