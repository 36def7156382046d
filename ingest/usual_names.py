"""Say what a free field name means and whether its value is true: the questions to the table `ingest.usual_words`. Pure.

`meaning` answers for thing models, `named` for plain names. Refuses nothing: an unknown name is a metric of its own, in snake case.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from ingest.readings import Fact
from ingest.usual_words import (
    CHINESE,
    ONLY_PLAIN,
    ONLY_THINGS,
    OWN,
    PERSONAL_PARTS,
    WORDS,
    Flag,
    Ignored,
    Meaning,
    Personal,
    Quantity,
)
from ingest.wire import number, text

__all__ = [
    "LONGEST_NAME",
    "PLAIN_NAME",
    "Flag",
    "Ignored",
    "Meaning",
    "Named",
    "Personal",
    "Quantity",
    "fact_of",
    "meaning",
    "metric_name",
    "metric_of",
    "named",
    "spelled",
    "truth",
    "truth_of",
]

LONGEST_NAME: Final = 64  # of a thing model; a longer key is no identifier
PLAIN_NAME: Final = 60  # what is looked at of a plain name
_KEPT: Final = 16_384  # names; each at most 100 characters, so 3 MB
_METRIC_CHARS: Final = 40  # of a metric's name (ingest.registry.METRIC_NAME)
_NOT_WORD: Final = re.compile(r"[^0-9A-Za-z]+")
_ZERO_AND_ONE: Final = (0, 1)
_BITS: Final[Mapping[str, bool]] = {"0": False, "1": True, "0.0": False, "1.0": True}
_TRUTHS: Final[Mapping[str, bool]] = {
    "true": True, "on": True, "yes": True, "alarm": True, "active": True, "open": True, "opened": True, "报警": True, "告警": True,
    "false": False, "off": False, "no": False, "normal": False, "inactive": False, "closed": False, "close": False, "ok": False,
    "正常": False,
}  # fmt: skip


class Named(Struct, frozen=True):
    """What a plain name leads to: its metric ("" where nothing is left of it), the fact it states, itself as it may be stored."""

    metric: str
    code: str
    flag: Flag | None = None


class _Spelling(Struct, frozen=True):
    """How a kind of format spells names. Metrics are stored by name: to change one here renames what sites have registered."""

    hump: re.Pattern[str]  # where a word begins
    apart: re.Pattern[str]  # what stands between words
    before_digit: str


# The hand-written name of a thing ends in its unit, ADC_CH0V; a plain one tells it apart, and H2S is one word.
_OF_THINGS: Final = _Spelling(re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])"), _NOT_WORD, "x_")
_OF_PLAIN: Final = _Spelling(
    re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[0-9])(?=[A-Z][a-z])"), re.compile(r"[^0-9A-Za-z.]+"), "m_"
)


def spelled(identifier: str) -> str:
    """Give an identifier without case and separators, and without the module before its colon (`power:Switch`)."""
    return _NOT_WORD.sub("", identifier.rpartition(":")[2]).lower()


def metric_name(identifier: str) -> str:
    """Make a metric's name of an identifier of a thing model: `power:SwitchState` is `switch_state`; "" of nothing."""
    return _snake(identifier.rpartition(":")[2], _OF_THINGS)


def metric_of(name: str) -> str:
    """Make a metric's name of a plain one: `Inputs/Air Temp` is `inputs.air_temp`, `tempOut` is `temp_out`; "" of nothing."""
    return named(name[:PLAIN_NAME]).metric


@lru_cache(maxsize=_KEPT)
def meaning(identifier: str) -> Meaning:
    """Say what an identifier of a thing model, of at most 100 characters, means; unknown ones are quantities of their own name."""
    key = spelled(identifier)
    known = WORDS.get(key)
    if known is None:
        if any(part in key for part in PERSONAL_PARTS):
            return Personal()
        known = OWN
    if type(known) is Flag and known.measured is OWN:
        return replace(known, measured=Quantity(metric_name(identifier)))
    if type(known) is Quantity and not known.metric:
        metric = metric_name(identifier)
        return replace(known, metric=metric) if metric else Ignored()
    return known


@lru_cache(maxsize=_KEPT)
def named(name: str) -> Named:
    """Say what a plain name of at most PLAIN_NAME characters leads to."""
    metric = _snake(CHINESE.get(name.strip(), name).replace("/", "."), _OF_PLAIN)
    key = metric.rpartition(".")[2].replace("_", "")
    known = ONLY_PLAIN.get(key) or WORDS.get(key)
    if type(known) is Quantity and known.if_true is not None:
        return Named(metric, text(name), Flag(known.if_true, is_amount=True))
    return Named(metric, text(name), known if type(known) is Flag and key not in ONLY_THINGS else None)


def fact_of(name: str, value: object) -> tuple[Fact, bool] | None:
    """Tell which fact a plain name states with a value, and whether it is so; None where it states none."""
    flag = named(name[:PLAIN_NAME]).flag
    if flag is None:
        return None
    active = truth_of(flag, value, is_plain=True)
    return None if active is None else (flag.fact, active)


def _snake(name: str, spelling: _Spelling) -> str:
    words = spelling.apart.sub("_", spelling.hump.sub("_", name)).strip("_.").lower()
    if words and not words[0].isalpha():
        words = spelling.before_digit + words
    return words[:_METRIC_CHARS].rstrip("_.")


def truth(value: object) -> bool | None:
    """Take true or false, or a word of it (`"on"`, `"alarm"`, `"normal"`); None for anything else, numbers included."""
    if isinstance(value, bool):
        return value
    return _TRUTHS.get(value.strip().lower()) if isinstance(value, str) and len(value) < LONGEST_NAME else None


def truth_of(flag: Flag, value: object, *, is_plain: bool = False) -> bool | None:
    """Tell whether the fact of `flag` is true; None where the value is neither 0 nor 1, nor a code or word for them."""
    active: bool | None = None
    if type(value) is bool:
        active = value
    elif (type(value) is int or type(value) is float) and value in _ZERO_AND_ONE:
        active = None if is_plain and flag.is_amount else value == 1
    elif isinstance(value, str | int | float):
        word = str(value).strip().lower()[:LONGEST_NAME]
        active = flag.codes.get(word, _TRUTHS.get(word))
        if active is None and not (is_plain and flag.is_amount):
            active = _BITS.get(word)
        if active is None and flag.rest is not None and number(value) is not None:
            active = flag.rest
    return active if active is None or not flag.is_inverted else not active
