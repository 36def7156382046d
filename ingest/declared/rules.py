"""From a declared rule to a function that says a value as readings or states. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeVar

from ingest.declared.model import ReadingRule, StateRule, Type, Where
from ingest.declared.places import bits_of
from ingest.declared.words import SCALARS, set_of, table_of, truth
from ingest.readings import Decoded, DeviceId, DeviceState, Fact, Quality, Reading, Reason, Rejection
from ingest.wire import number

Say = Callable[[object, DeviceId, datetime, Quality, list[Decoded]], None]
Converted = tuple[float | None, Quality]
Facts = list[tuple[Fact, bool]]
Told = list[tuple[Fact | None, bool, str, bool]]
"""Fact, whether it is so, the maker's name, and whether that is a moment later. Without a fact: it is neither true nor false."""
_WHOLE: Final = 1e-9
_EXACT: Final = 1 << 53  # a whole number below is a double without loss
_MOMENT: Final = timedelta(seconds=1)
_GOOD: Final = Quality.GOOD
_MISSING: Final = Quality.MISSING
_IMPLAUSIBLE: Final = Quality.IMPLAUSIBLE
_NONE: Final = None, Quality.MISSING
_BYTE: Final = 0xFF
T = TypeVar("T")


class Answers(dict[object, T]):
    """What is said of each value: known, or worked out when it comes, and then kept where there are few values."""

    def __init__(self, work_out: Callable[[object], T], known: Mapping[object, T], *, is_kept: bool) -> None:
        super().__init__(known)
        self._work_out, self._is_kept = work_out, is_kept

    def __missing__(self, raw: object) -> T:
        said = self._work_out(raw)
        if self._is_kept:
            self[raw] = said
        return said


def code_of(rule: ReadingRule | StateRule) -> str:
    """Give the maker's own name of a value: what the file says, or the last key of its path."""
    if rule.code or not rule.path:
        return rule.code
    return next((step for step in reversed(rule.path) if step not in ("*", "$")), "")


def compile_reading(rule: ReadingRule) -> Say:
    """Make the function that says a number as a reading."""
    convert, value_of, code = compile_number(rule), compile_value(rule), code_of(rule)
    metric, unit, relative = rule.metric, rule.unit, rule.relative

    def say_plain(raw: object, device: DeviceId, time: datetime, quality: Quality, out: list[Decoded]) -> None:
        value = value_of(raw)
        if value is None:
            quality = _MISSING
        out.append(
            Reading(
                device=device, metric=metric, time=time, value=value, unit=unit, quality=quality, code=code,
                relative=relative,
            )
        )  # fmt: skip

    def say(raw: object, device: DeviceId, time: datetime, quality: Quality, out: list[Decoded]) -> None:
        value, found = convert(raw)
        out.append(
            Reading(
                device=device, metric=metric, time=time, value=value, unit=unit, quality=found or quality, code=code,
                relative=relative,
            )
        )  # fmt: skip

    return say_plain if _is_plain(rule) else say


def _is_plain(rule: ReadingRule) -> bool:
    """Tell whether any number is a value: nothing is missing by a mark, nothing is beyond a limit."""
    return (rule.missing, rule.values, rule.low, rule.high) == ((), {}, None, None)


def compile_number(rule: ReadingRule) -> Callable[[object], Converted]:
    """Make the function that converts a raw value; its quality is GOOD (which is 0) where nothing is to be said of it."""
    low = float("-inf") if rule.low is None else rule.low
    high = float("inf") if rule.high is None else rule.high
    value_of = compile_value(rule)
    known: dict[object, Converted] = {raw: (value, _GOOD) for raw, value in table_of(rule.values).items()}
    known |= dict.fromkeys(set_of(rule.missing), _NONE)

    def convert(raw: object) -> Converted:
        try:
            found = known.get(raw)
        except TypeError:  # an object or a list
            return _NONE
        if found is not None:
            return found
        value = value_of(raw)
        if value is None:
            return _NONE
        return value, _GOOD if low <= value <= high else _IMPLAUSIBLE

    return Answers(convert, {}, is_kept=True).__getitem__ if _is_narrow(rule) else convert


def compile_value(rule: ReadingRule) -> Callable[[object], float | None]:
    """Make the function that scales a number: times, then plus. None is what is no number.

    A tenth is a division by ten: 257 tenths are 25.7, and 257 * 0.1 is not.
    """
    scale, offset, divisor = rule.scale, rule.offset, float(round(1 / rule.scale))

    def as_it_is(raw: object) -> float | None:
        return float(raw) if type(raw) is int and -_EXACT < raw < _EXACT else number(raw)

    def divided(raw: object) -> float | None:
        value = raw if type(raw) is int and -_EXACT < raw < _EXACT else number(raw)
        return None if value is None else value / divisor + offset

    def multiplied(raw: object) -> float | None:
        value = raw if type(raw) is int and -_EXACT < raw < _EXACT else number(raw)
        return None if value is None else value * scale + offset

    if scale == 1.0 and not offset:
        return as_it_is
    return divided if abs(divisor) > 1 and abs(divisor * scale - 1) < _WHOLE else multiplied


def _is_narrow(where: Where) -> bool:
    """Tell whether a place has a byte's values at most."""
    return where.type in (Type.U8, Type.I8) or (where.bits is not None and bits_of(where.bits)[1] <= _BYTE)


def compile_states(rules: Sequence[StateRule]) -> Say:
    """Make the function that says one value as the facts of rules that share its place, in their order."""
    tells = [_compile_state(rule) for rule in rules]

    def tell(raw: object) -> Told:
        return [said for one in tells for said in one(raw)]

    answers = Answers(tell, {raw: tell(raw) for raw in _usual_values(rules)}, is_kept=_is_narrow(rules[0]))

    def say(raw: object, device: DeviceId, time: datetime, quality: Quality, out: list[Decoded]) -> None:
        try:
            told = answers[raw]
        except TypeError:  # an object or a list
            told = tell(raw)
        for fact, active, code, is_over in told:
            if fact is None:
                out.append(Rejection(reason=Reason.MALFORMED, detail=f"neither true nor false: {code}"))
                continue
            when = time + _MOMENT if is_over else time
            out.append(DeviceState(device=device, fact=fact, active=active, time=when, quality=quality, code=code))

    return say


def _usual_values(rules: Sequence[StateRule]) -> Iterable[object]:
    """Give the values whose facts are worked out beforehand."""
    if any(_masks_of(rule) for rule in rules):
        return ()  # 1 and true are the same key of a table, but true has no bits
    return [True, False, *table_of(dict.fromkeys((word for rule in rules for word in (*rule.active, *rule.clear)), 0))]


def _compile_state(rule: StateRule) -> Callable[[object], Told]:
    """Make the function that gives what one rule says of a value."""
    read, code, momentary = _facts_of(rule), code_of(rule), rule.momentary
    neither: Told = [(None, False, code or str(rule.at), False)]

    def tell(raw: object) -> Told:
        facts = read(raw)
        if facts is None:
            return neither
        told: Told = []
        for fact, active in facts:
            told.append((fact, active, code, False))
            if active and momentary:  # a report of something done, that nothing later takes back
                told.append((fact, False, code, True))
        return told

    return tell


def _masks_of(rule: StateRule) -> dict[Fact, int]:
    """Give the bits that say each fact: it is so while one of them says it."""
    if rule.bit is not None and rule.fact is not None:
        return {rule.fact: 1 << rule.bit}
    masks: dict[Fact, int] = {}
    for bit, fact in rule.alarm_bits.items():
        masks[fact] = masks.get(fact, 0) | 1 << bit
    return masks


def _facts_of(rule: StateRule) -> Callable[[object], Facts | None]:
    masks = _masks_of(rule)
    if not masks:
        assert rule.fact is not None
        return _by_words(rule, rule.fact)
    # Each bit is first turned to be 1 where it says it.
    turned = sum(1 << bit for bit in rule.inverted_bits)
    if rule.bit is not None:
        turned = 1 << rule.bit if rule.inverted else 0

    def by_bits(raw: object) -> Facts | None:
        value = number(raw)
        if value is None or value < 0:
            return None
        word = int(value) ^ turned
        return [(fact, bool(word & mask)) for fact, mask in masks.items()]

    return by_bits


def _by_words(rule: StateRule, fact: Fact) -> Callable[[object], Facts | None]:
    others = False if rule.clear == ("others",) else True if rule.active == ("others",) else None
    known = dict.fromkeys(rule.active, True) | dict.fromkeys(rule.clear, False)
    table: dict[object, bool] = table_of({word: active for word, active in known.items() if word != "others"})

    def by_words(raw: object) -> Facts | None:
        if type(raw) not in SCALARS:
            return None
        active = table.get(raw, others)
        return [] if active is None else [(fact, active)]

    def by_truth(raw: object) -> Facts | None:
        active = truth(raw)
        return None if active is None else [(fact, active is not rule.inverted)]

    return by_words if known else by_truth
