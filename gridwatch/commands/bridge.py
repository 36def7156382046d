"""`gridwatch bridge`: take in devices that speak TCP or UDP. Needs a broker and no database."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridwatch.commands.options import DEFAULT_DATA_DIR, DataDir, running

if TYPE_CHECKING:
    from gridwatch.bridge.publisher import Where

_SEPARATORS = frozenset("/+#$ *>")  # the last two are wildcards of NATS


def bridge(  # noqa: PLR0913 -- one parameter an option
    protocol: Annotated[str, typer.Argument(help="sl651, gb26875 or hj212.", show_default=False)],
    listen: Annotated[str, typer.Option(help="HOST:PORT for devices, like 0.0.0.0:9651.", show_default=False)],
    area: Annotated[str, typer.Option(help="Second level of the topics: the town's code, 0 for several towns.")] = "0",
    mqtt: Annotated[
        str | None,
        typer.Option(
            envvar="GRIDWATCH_BRIDGE_MQTT",
            help="mqtt\\[s]://USER:PASSWORD@HOST:PORT.  \\[default: the broker of the running instance in --data-dir]",
            show_default=False,
        ),
    ] = None,
    ca: Annotated[
        Path | None,
        typer.Option(help="Authority to trust for mqtts, PEM.  \\[default: the machine's]", show_default=False),
    ] = None,
    certificate: Annotated[
        Path | None,
        typer.Option(help="Our own for mqtts, PEM, its .key beside it.  \\[default: none]", show_default=False),
    ] = None,
    *,
    udp: Annotated[bool, typer.Option("--udp", help="Take datagrams on the same port, too (sl651, gb26875).")] = False,
    metrics: Annotated[
        str | None, typer.Option(help="HOST:PORT for Prometheus.  \\[default: none]", show_default=False)
    ] = None,
    stay_online: Annotated[
        bool, typer.Option("--stay-online", help="sl651: confirm with ESC, so that stations do not hang up.")
    ] = False,
    answer_heartbeats: Annotated[
        bool, typer.Option("--answer-heartbeats", help="sl651: confirm function 2F, too.")
    ] = False,
    bad_checksum: Annotated[str, typer.Option(help="gb26875: deny (command 6) or silence.")] = "deny",
    connections: Annotated[int, typer.Option(min=1, help="Peers at once.")] = 4_000,
    per_address: Annotated[int, typer.Option(min=1, help="Peers at once of one address.")] = 1_000,
    first_frame: Annotated[float, typer.Option(min=0.1, help="Seconds to the first whole frame.")] = 120.0,
    idle: Annotated[float, typer.Option(min=0.1, help="Seconds between two whole frames.")] = 3_900.0,
    frame_time: Annotated[float, typer.Option(min=0.1, help="Seconds from a frame's first byte to its last.")] = 20.0,
    frame_bytes: Annotated[int, typer.Option(min=64, help="Bytes of a frame.")] = 8_192,
    garbage_bytes: Annotated[int, typer.Option(min=64, help="Bytes between two frames that are none.")] = 16_384,
    bad_frames: Annotated[int, typer.Option(min=0, help="Frames with a wrong checksum in a row.")] = 20,
    bytes_per_s: Annotated[
        int, typer.Option(min=64, help="Bytes a second of a peer; ten times that at once.")
    ] = 65_536,
    frames_per_s: Annotated[int, typer.Option(min=1, help="Frames a second of a peer; ten times that at once.")] = 200,
    unacknowledged: Annotated[
        int, typer.Option(min=1, help="Frames of a peer that the broker has not acknowledged.")
    ] = 256,
    devices: Annotated[int, typer.Option(min=1, help="Device ids that one peer may speak for.")] = 256,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Take in devices that speak TCP or UDP and publish their frames as they came; Ctrl-C ends it.

    A device is answered only when the broker has acknowledged its frame. A peer that goes beyond a limit is closed, logged and counted.
    """
    from gridwatch import logs
    from gridwatch.addresses import read_address, settle
    from gridwatch.bridge import PROTOCOLS, Limits
    from gridwatch.bridge.dialects import OVER_UDP, Manners
    from gridwatch.bridge.gb26875 import OnBadChecksum
    from gridwatch.bridge.service import Plan, serve
    from gridwatch.errors import AddressError, SettingsError
    from gridwatch.settings import LogLevel

    if protocol not in PROTOCOLS:
        raise SettingsError(f"{protocol!r} has no bridge; there are {', '.join(PROTOCOLS)}.")
    if udp and protocol not in OVER_UDP:
        raise SettingsError(f"{protocol} is TCP only; --udp is for {' and '.join(sorted(OVER_UDP))}.")
    if bad_checksum not in set(OnBadChecksum):
        raise SettingsError(f"--bad-checksum {bad_checksum!r} is none of {', '.join(OnBadChecksum)}.")
    if not area or not area.isprintable() or not _SEPARATORS.isdisjoint(area):
        raise SettingsError(f"--area {area!r} cannot be one level of a topic.")
    limits = Limits(
        connections=connections,
        per_address=per_address,
        first_frame_s=first_frame,
        idle_s=idle,
        frame_s=frame_time,
        frame_bytes=frame_bytes,
        garbage_bytes=garbage_bytes,
        bad_frames=bad_frames,
        bytes_per_s=bytes_per_s,
        frames_per_s=frames_per_s,
        unacknowledged=unacknowledged,
        devices=devices,
    )
    manners = Manners(
        stays_online=stay_online,
        answers_heartbeats=answer_heartbeats,
        on_bad_checksum=OnBadChecksum(bad_checksum),
    )
    where = settle(read_address(listen, option="--listen"), purpose="devices", option="--listen")
    plan = Plan(
        dialect=PROTOCOLS[protocol](manners),
        area=area,
        listen=where,
        has_udp=udp,
        broker=_broker(mqtt, data_dir, ca=ca, certificate=certificate),
        limits=limits,
        metrics=None
        if metrics is None
        else settle(read_address(metrics, option="--metrics"), purpose="metrics", option="--metrics"),
    )
    logs.set_up("bridge", LogLevel.INFO)
    try:
        asyncio.run(serve(plan, ready=lambda: typer.echo(f"{protocol}: devices at {where.host}:{where.port}")))
    except OSError as error:
        raise AddressError(f"{error.strerror or error} (--listen, --metrics).") from None


def _broker(url: str | None, data_dir: Path, *, ca: Path | None, certificate: Path | None) -> "Where":
    """Name the broker by URL, or the running instance's with the account that its gateways share.

    Raises:
        SettingsError: the URL is none of MQTT, or the instance's gateways share no account.
        NotRunningError: no URL, and nothing runs in `data_dir`.
        FrontDoorError: a certificate cannot be read.
    """
    from gridwatch.bridge.publisher import Where
    from gridwatch.errors import SettingsError
    from gridwatch.runtime import Broker
    from gridwatch.trust import context_of

    if url is None:
        runtime = running(data_dir)
        broker = runtime.broker
        if not broker.gateway.user and not runtime.settings.ingest.shared_account:
            raise SettingsError("Gateways share no account here: make one by `gridwatch gateway add`, and use --mqtt.")
    else:
        try:
            broker = Broker.from_url(url, ca=ca, certificate=certificate)
            broker.host.encode("idna")  # nobody would tell us later
            is_mqtt = url.startswith(("mqtt://", "mqtts://"))
        except ValueError:
            is_mqtt = False
        if not is_mqtt:
            raise SettingsError("--mqtt is no URL like mqtt://USER:PASSWORD@HOST:1883.")
    return Where(
        host=broker.host,
        port=broker.port,
        user=broker.gateway.user,
        password=broker.gateway.password,
        tls=context_of(broker) if broker.tls else None,
    )
