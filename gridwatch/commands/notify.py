"""`gridwatch notify`: checks the notify file, speaks to one receiver, makes a secret."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridwatch.commands.options import DEFAULT_DATA_DIR, Config, DataDir, settings_of

if TYPE_CHECKING:
    from alerts.notification.routes import NotifyFile

notify = typer.Typer(help="Who is told of alarms, and how.", no_args_is_help=True)
FAILED = 1
SECRET_BYTES = 32

NotifyPath = Annotated[Path | None, typer.Option("--file", help="Notify file.  \\[default: the instance's]")]


@notify.command("check")
def check(
    file: Annotated[Path | None, typer.Argument(help="Notify file.  \\[default: the instance's]")] = None,
    *,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    config: Config = None,
) -> None:
    """Read a notify file as the notifier does, look for every secret, and say who would hear of what.

    Sends nothing. Ends with exit code 1 where the file is refused or a secret is missing.
    """
    from alerts.notification.notify_file import load_notify

    place = _place(file, data_dir, config)
    found = load_notify(place)
    faults = _faults(found, place.parent)
    for receiver in found.receivers:
        routes = ", ".join(route.name for route in found.routes if receiver.name in route.receivers) or "no route"
        typer.echo(f"{receiver.name}: {receiver.target}: {faults.get(receiver.name) or 'good'}; told by {routes}")
    if settings_of(data_dir, config).dashboard.cap_status != "Actual":
        typer.echo("dashboard.cap_status is not Actual: only receivers with `tests: true` hear of anything.")
    if faults:
        raise typer.Exit(FAILED)
    typer.echo(f"{place}: {len(found.receivers)} receivers, {len(found.routes)} routes, all of them good")


@notify.command("test")
def trial(
    receiver: Annotated[str, typer.Argument(help="Name of the receiver.", show_default=False)],
    *,
    file: NotifyPath = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    config: Config = None,
) -> None:
    """Send one message that is marked as a test to a receiver, and say what it answers. Nothing is stored."""
    from urllib.parse import quote
    from zoneinfo import ZoneInfo

    from alerts.notification.message import trial_message
    from alerts.notification.notify_file import load_notify
    from alerts.notification.sending import send
    from gridwatch.clock import now
    from gridwatch.courier import tongue_of
    from gridwatch.errors import SettingsError

    place, at = _place(file, data_dir, config), now()
    notify_file = load_notify(place)
    found = notify_file.receiver(receiver)
    if found is None:
        raise SettingsError(f"{place} has no receiver {receiver!r}; it has {_names(notify_file)}.")
    zone = ZoneInfo(settings_of(data_dir, config).dashboard.zone)
    message = trial_message(tongue_of(found.language, zone=zone, console="", exercise=False), receiver, at)
    refusal = send(
        found, message, key=f"{quote(receiver, safe='')}/test-{at:%Y%m%dT%H%M%S.%fZ}", folder=place.parent, now=at
    )
    if refusal is not None:
        typer.echo(f"{receiver} was not told: {refusal.reason}", err=True)
        raise typer.Exit(FAILED)
    typer.echo(f"{receiver} has taken it: {message.title}")


@notify.command("secret")
def secret(file: Annotated[Path, typer.Argument(help="The file to write.", show_default=False)]) -> None:
    """Write a new secret for a webhook into a file of mode 600, its folder too if need be; one that exists is not overwritten."""
    import os
    import secrets

    from gridwatch.errors import SettingsError

    try:
        file.parent.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise SettingsError(f"{file} cannot be written: {error.strerror}.") from None
    with os.fdopen(handle, "w", encoding="utf-8") as output:
        output.write(secrets.token_urlsafe(SECRET_BYTES) + "\n")
    typer.echo(f"wrote {file}: give the same text to the receiver, and name the file in `secret_file`")


def _place(file: Path | None, data_dir: Path, config: Path | None) -> Path:
    from gridwatch.errors import SettingsError
    from gridwatch.runtime import notify_file

    place = file or notify_file(settings_of(data_dir, config), data_dir)
    if place is None:
        raise SettingsError("There is no notify file: name one, or set `alerts.notify` in the settings.")
    return place


def _faults(notify_file: "NotifyFile", folder: Path) -> dict[str, str]:
    """Say by receiver what keeps it from being spoken to, as far as that can be seen from here."""
    from alerts.notification.by_apprise import is_understood
    from alerts.notification.errors import SecretError
    from alerts.notification.routes import ReceiverKind
    from alerts.notification.sending import read_secret

    faults = {}
    for receiver in notify_file.receivers:
        try:
            text = read_secret(receiver.secret, folder)
        except SecretError as error:
            faults[receiver.name] = str(error)
            continue
        if receiver.kind is ReceiverKind.APPRISE and not is_understood(text):
            faults[receiver.name] = "Apprise does not understand the URL"
    return faults


def _names(notify_file: "NotifyFile") -> str:
    return ", ".join(receiver.name for receiver in notify_file.receivers) or "none"
