"""Puts what happened into words: a title, a text for people, and a list for programs. Pure: words and zone are given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from alerts.notification.happening import Happening, Item, Message, Subject, Telling
from alerts.notification.metric_words import Say, metric_words
from alerts.notification.routing import newest
from ingest.readings import Fact

MOST_LINES = 10  # a chat message that must be scrolled is not read
MOST_LISTED = 200  # for programs; the rest is counted
# Every program shows lengths and flows with two decimals, other values with three figures.
_TWO_DECIMALS = frozenset({"m", "m3/s"})
_YES_OR_NO = frozenset(Fact) | {""}
_NAMES_METRIC = frozenset({"level-high", "level-low", "rate-high", "rate-low"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Tongue:
    """How one receiver is spoken to. `console` is the address of the centre's pages; "" leaves links out."""

    say: Say
    zone: ZoneInfo
    console: str
    exercise: bool = False


def compose(
    tongue: Tongue, items: Sequence[Item], now: Mapping[tuple[Subject, int], Happening], *, kind: str, number: int
) -> Message:
    """Write a message about steps that are still to be told. `kind` is the delivery's, `number` its id."""
    told = [(item, now[item.cause.subject, item.cause.number]) for item in newest(items)]
    told.sort(key=lambda pair: (pair[1].priority, pair[0].cause.at))
    is_test = all(happening.is_test for _, happening in told)
    title = "".join([_marks(tongue, told, kind, is_test=is_test), _headline(tongue, told, kind)])
    if len(told) == 1:
        lines = _one(tongue, *told[0])
    else:
        is_one_place = len({happening.path for _, happening in told}) == 1  # then the title says where
        lines = [_line(tongue, happening, with_place=not is_one_place) for _, happening in told[:MOST_LINES]]
        if len(told) > MOST_LINES:
            lines.append(tongue.say("notify.more", n=len(told) - MOST_LINES))
        if tongue.console:
            lines.append(tongue.say("notify.link", url=f"{tongue.console}/console"))
    lines.append(tongue.say("notify.number", n=number))
    return Message(
        title=title,
        text="\n".join(lines),
        urgent=any(h.priority == 1 and i.cause.telling is not Telling.RETURNED for i, h in told),
        test=is_test or tongue.exercise,
        about=tuple(_listed(tongue, *pair) for pair in told[:MOST_LISTED]),
    )


def trial_message(tongue: Tongue, receiver: str, at: datetime) -> Message:
    """Write the message of `gridwatch notify test`."""
    say = tongue.say
    text = say("notify.test_text", receiver=receiver, time=_time(tongue, at))
    return Message(
        title=say("notify.mark_test") + say("notify.test_title"), text=text, urgent=False, test=True, about=()
    )


def number_text(value: float, unit: str) -> str:
    """Write a value as the screens do: two decimals for metres and flows, else about three figures."""
    size = abs(value)
    if size >= 1e9:  # noqa: PLR2004 - a message has no room for three hundred digits
        return f"{value:.2e}"
    if 0 < size < 0.01 and unit != "m":  # noqa: PLR2004 - little is not nothing
        return f"{value:.1e}" if size < 1e-6 else f"{value:.2g}"  # noqa: PLR2004
    decimals = 2 if unit in _TWO_DECIMALS or size < 10 else 1 if size < 100 else 0  # noqa: PLR2004 - figures
    text = f"{value:z.{decimals}f}"
    return text if unit == "m" or "." not in text else text.rstrip("0").rstrip(".")


def _marks(tongue: Tongue, told: Sequence[tuple[Item, Happening]], kind: str, *, is_test: bool) -> str:
    say, marks = tongue.say, ""
    if tongue.exercise:
        marks += say("notify.mark_exercise")
    elif is_test:
        marks += say("notify.mark_test")
    if kind == "backlog":
        return marks + say("notify.mark_backlog")
    if kind == "repeat":
        marks += say("notify.mark_repeat", n=max(item.nth for item, _ in told))
    if all(item.cause.telling is Telling.RETURNED for item, _ in told):
        return marks + say("notify.mark_returned")
    worst = min(h.priority for i, h in told if i.cause.telling is not Telling.RETURNED)
    return marks + say("notify.mark_priority", priority=say(f"priority.{worst}"))


def _headline(tongue: Tongue, told: Sequence[tuple[Item, Happening]], kind: str) -> str:
    if kind == "backlog" and len(told) > 1:
        return tongue.say("notify.earlier", n=len(told))
    if len(told) == 1:
        _, happening = told[0]
        return " ".join(filter(None, (_what(tongue, happening), _place(happening) or happening.device_name)))
    places = {_place(happening) for _, happening in told}
    where = places.pop() if len(places) == 1 else _shared([happening.path for _, happening in told])
    return " ".join(filter(None, (where, tongue.say("notify.several", n=len(told)))))


def _one(tongue: Tongue, item: Item, happening: Happening) -> list[str]:
    say = tongue.say
    lines = [" ".join(filter(None, (_what(tongue, happening), _value(tongue, happening))))]
    if happening.path:
        lines.append(say("notify.place", place=" › ".join(happening.path)))
    if happening.subject is Subject.ALARM and not happening.device.startswith("place:"):  # a grid: said above
        name = f"{say('kind.' + happening.kind)} {happening.device_name}".strip()
        lines.append(say("notify.device", name=name, id=happening.device))
    if happening.since is not None:
        lines.append(say("notify.since", time=_time(tongue, happening.since)))
    if happening.until is not None and item.cause.telling is Telling.RETURNED:
        lines.append(say("notify.until", time=_time(tongue, happening.until)))
    lines.append(say("notify.state", state=_state(tongue, happening)))
    if tongue.console:
        lines.append(say("notify.link", url=_link(tongue, happening)))
    return lines


def _line(tongue: Tongue, happening: Happening, *, with_place: bool) -> str:
    colour = tongue.say(f"priority.{happening.priority}")
    words = [
        " ".join(filter(None, (colour, _what(tongue, happening), _value(tongue, happening)))),
        " ".join(filter(None, (_place(happening) if with_place else "", happening.device_name))),
        _time(tongue, happening.since) if happening.since else "",
        _state(tongue, happening),
    ]
    return "• " + " · ".join(word for word in words if word)


def _what(tongue: Tongue, happening: Happening) -> str:
    if happening.subject is Subject.INCIDENT:
        return tongue.say("notify.incident", what=tongue.say(f"incident.kind.{happening.what}"), n=happening.alarms)
    condition = tongue.say(f"condition.{happening.condition}")
    if happening.condition in _NAMES_METRIC and happening.metric:
        return tongue.say("condition.of_metric", metric=metric_words(tongue.say, happening.metric), condition=condition)
    return condition


def _value(tongue: Tongue, happening: Happening) -> str:
    """Write the value with its unit; a fact that is yes or no has none."""
    if happening.value is None or (happening.unit == "1" and happening.metric in _YES_OR_NO):
        return ""
    unit = tongue.say(f"unit.{happening.unit}") if happening.unit else ""
    gap = "" if unit[:1] in ("%", "℃", "℉") or unit == "°" else " "
    return f"{number_text(happening.value, happening.unit)}{gap}{unit}".strip()


def _state(tongue: Tongue, happening: Happening) -> str:
    if happening.subject is Subject.INCIDENT:
        return tongue.say(f"notify.incident_{happening.state}")
    word = tongue.say(f"state.{happening.state}")
    if happening.state == "acked" and happening.acked_by:
        return tongue.say("notify.by", state=word, name=happening.acked_by)
    return word


def _place(happening: Happening) -> str:
    """Name town, village and grid, each without the name of the one above that it may begin with.

    The county would stand in every message; the whole way is in the text.
    """
    names = happening.path
    own = [name.removeprefix(above) or name for above, name in zip(("", *names), names, strict=False)]
    return " ".join(own[1:4] if len(own) > 2 else own)  # noqa: PLR2004 - county, town and what is below


def _shared(paths: Sequence[tuple[str, ...]]) -> str:
    """Name the finest grid that holds all of them."""
    shared = ""
    for names in zip(*paths, strict=False):
        if len(set(names)) > 1:
            break
        shared = names[0]
    return shared


def _time(tongue: Tongue, at: datetime) -> str:
    return at.astimezone(tongue.zone).strftime("%Y-%m-%d %H:%M:%S")


def _link(tongue: Tongue, happening: Happening) -> str:
    return f"{tongue.console}/console?{happening.subject.value}={happening.number}"


def _listed(tongue: Tongue, item: Item, happening: Happening) -> dict[str, object]:
    listed: dict[str, object] = {
        "subject": happening.subject.value,
        "id": str(happening.number),
        "version": item.cause.version,
        "cause": item.cause.cause,
        "repeat": item.nth,
        "priority": happening.priority,
        "kind": happening.kind,
        "what": happening.what,
        "state": happening.state,
        "place": {"codes": list(happening.codes), "names": list(happening.path)},
        "since": happening.since.isoformat() if happening.since else None,
        "until": happening.until.isoformat() if happening.until else None,
        "url": _link(tongue, happening) if tongue.console else None,
    }
    if happening.subject is Subject.ALARM:
        listed |= {
            "condition": happening.condition,
            "metric": happening.metric,
            "device": happening.device,
            "device_name": happening.device_name,
            "value": happening.value,
            "unit": happening.unit,
            "acknowledged_by": happening.acked_by,
        }
    else:
        listed |= {"title": happening.title, "alarms": happening.alarms}
    return listed
