"""Read the notify file, whole or not at all; every complaint names file, line and reason. No clock."""

from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from alerts.errors import RuleFileError
from alerts.notification.happening import Telling
from alerts.notification.routes import (
    GROUP_INTERVAL,
    GROUP_WAIT,
    USUAL_CAUSES,
    GroupBy,
    Match,
    NotifyFile,
    Quiet,
    Receiver,
    ReceiverKind,
    Route,
    Secret,
)
from alerts.notification.windows import Window, end_of_all, is_within, read_windows
from alerts.rule_file import Entry, Fields, nearest, parse

LONGEST_NAME = 60  # any script: 东河镇值班群 is read more quickly than donghe-duty
MOST_RECEIVERS = 50  # each may hold one database session while it is spoken to
_LEAST_REPEAT = timedelta(minutes=1)
_LANGUAGES = ("zh", "en")
_A_MOMENT = datetime(2024, 1, 1, tzinfo=UTC)
_Shifts = dict[str, tuple[Window, ...]]
T = TypeVar("T")


def load_notify(file: str | Path, *, source: str = "notify") -> NotifyFile:
    """Read a notify file from a path, or its text.

    Raises:
        RuleFileError: anything is wrong, with line and reason. Secrets are not looked for: they may come later.
    """
    text = file
    if isinstance(file, Path):
        source = file.name
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise RuleFileError(source, 1, f"cannot be read: {error}") from None
    assert isinstance(text, str)
    fields = Fields(parse(text, source))
    receivers_entry = fields.need("receivers")
    receivers = _named(receivers_entry, _read_receiver)
    if len(receivers) > MOST_RECEIVERS:
        receivers_entry.refuse(f"{len(receivers)} receivers; at most {MOST_RECEIVERS} are told")
    shifts_entry = fields.find("shifts")
    shifts = {} if shifts_entry is None else _named(shifts_entry, _read_shift)
    routes = _named(fields.need("routes"), partial(_read_route, receivers=receivers, shifts=shifts))
    fields.finish()
    return NotifyFile(receivers=tuple(receivers.values()), routes=tuple(routes.values()))


def _named(entry: Entry, read: Callable[[str, Fields], T]) -> dict[str, T]:
    """Read a list of things that have names, each once."""
    found: dict[str, T] = {}
    for item in entry.items():
        fields = Fields(item)
        name_entry = fields.need("name")
        name = name_entry.text()
        if len(name) > LONGEST_NAME or not name.isprintable():
            name_entry.refuse(f"{name!r} is not a name: at most {LONGEST_NAME} characters, all on one line")
        if name in found:
            name_entry.refuse(f"the name {name!r} stands here twice")
        found[name] = read(name, fields)
        fields.finish()
    return found


def _read_shift(_: str, fields: Fields) -> tuple[Window, ...]:
    return read_windows(fields.need("windows"))


def _read_receiver(name: str, fields: Fields) -> Receiver:
    webhook, apprise = fields.find("webhook"), fields.find("apprise")
    if (webhook is None) == (apprise is None):
        fields.entry.refuse("a receiver has either 'webhook' or 'apprise'")
    where = Fields(webhook or apprise or fields.entry)
    if webhook is not None:
        kind, url, prefix = ReceiverKind.WEBHOOK, _read_url(where.need("url")), "secret"
        ca_file = where.read("ca_file", Entry.text, None)
    else:
        kind, url, prefix, ca_file = ReceiverKind.APPRISE, "", "url", None
    receiver = Receiver(
        name=name,
        kind=kind,
        url=url,
        ca_file=ca_file,
        secret=_read_secret(where, prefix),
        language=fields.read("language", partial(_one_of, known=_LANGUAGES), "zh"),
        tests=fields.read("tests", _read_switch, default=False),
    )
    where.finish()
    return receiver


def _read_secret(where: Fields, prefix: str) -> Secret:
    """Read `secret_file` or `secret_env` (`url_file`, `url_env`); the secret itself never stands in the file."""
    if (clear := where.find(prefix)) is not None and prefix == "url":
        clear.refuse(
            "an Apprise URL holds a password: put it into a file and name that in 'url_file', or use 'url_env'"
        )
    file = where.read(f"{prefix}_file", Entry.text, None)
    variable = where.read(f"{prefix}_env", Entry.text, None)
    if (file is None) == (variable is None):
        where.entry.refuse(f"either '{prefix}_file' or '{prefix}_env' must stand here")
    return Secret(file=file, variable=variable)


def _read_url(entry: Entry) -> str:
    parts = urlsplit(entry.text())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        entry.refuse(f"{entry.text()!r} is no URL that begins with http:// or https://")
    if parts.username or parts.password:
        entry.refuse("a webhook's URL holds no password: requests are signed instead")
    return entry.text()


def _read_route(name: str, fields: Fields, *, receivers: Collection[str], shifts: _Shifts) -> Route:
    match = fields.find("match")
    match_fields = None if match is None else Fields(match)
    group_by = fields.read("group_by", lambda entry: entry.choice(GroupBy), GroupBy.PLACE)
    usual_interval = timedelta(0) if group_by is GroupBy.ALARM else GROUP_INTERVAL
    route = Route(
        name=name,
        match=Match() if match_fields is None else _read_match(match_fields),
        duty=None if match_fields is None else _read_duty(match_fields, shifts),
        receivers=tuple(_words(fields.need("receivers"), known=receivers)),
        causes=fields.read("causes", _read_causes, USUAL_CAUSES),
        group_by=group_by,
        group_wait=fields.read("group_wait", _read_span, GROUP_WAIT),
        group_interval=fields.read("group_interval", _read_span, usual_interval),
        repeat_every=fields.read("repeat_every", _read_repeat, None),
        quiet=fields.read("quiet_hours", _read_quiet, None),
    )
    if match_fields is not None:
        match_fields.finish()
    return route


def _read_match(fields: Fields) -> Match:
    def words(key: str) -> frozenset[str] | None:
        entry = fields.find(key)
        return None if entry is None else frozenset(_words(entry))

    priorities = fields.find("priorities")
    return Match(
        grids=words("grids"),
        kinds=words("kinds"),
        conditions=words("conditions"),
        priorities=None if priorities is None else frozenset(item.priority() for item in priorities.items()),
    )


def _read_duty(fields: Fields, shifts: _Shifts) -> tuple[Window, ...] | None:
    shift, hours = fields.find("shift"), fields.find("hours")
    if shift is not None and hours is not None:
        hours.refuse("a route has a shift or hours, not both")
    if hours is not None:
        return read_windows(hours)
    if shift is None:
        return None
    if shift.text() not in shifts:
        shift.refuse(f"there is no shift {shift.text()!r}{nearest(shift.text(), shifts)}")
    return shifts[shift.text()]


def _read_causes(entry: Entry) -> frozenset[Telling]:
    return frozenset(item.choice(Telling) for item in entry.items())


def _read_quiet(entry: Entry) -> Quiet:
    fields = Fields(entry)
    hours = fields.need("hours")
    windows = read_windows(hours)
    if is_within(windows, _A_MOMENT, _UTC) and end_of_all(windows, _A_MOMENT, _UTC) == _A_MOMENT:
        hours.refuse("these hours never end: nobody would ever be told")
    quiet = Quiet(windows=windows, unless_priority=fields.read("unless_priority", Entry.priority, 1))
    fields.finish()
    return quiet


def _read_span(entry: Entry) -> timedelta:
    return timedelta(microseconds=entry.duration_us())


def _read_repeat(entry: Entry) -> timedelta:
    span = _read_span(entry)
    if span < _LEAST_REPEAT:
        entry.refuse("a message is repeated once a minute at most")
    return span


def _read_switch(entry: Entry) -> bool:
    return _one_of(entry, known=("true", "false")) == "true"


def _one_of(entry: Entry, *, known: Collection[str]) -> str:
    text = entry.text()
    if text not in known:
        entry.refuse(f"{text!r} is none of {', '.join(sorted(known))}{nearest(text, known)}")
    return text


def _words(entry: Entry, *, known: Collection[str] | None = None) -> list[str]:
    items = entry.items()
    if not items:
        entry.refuse("the list is empty")
    return [item.text() if known is None else _one_of(item, known=known) for item in items]


_UTC = ZoneInfo("UTC")
