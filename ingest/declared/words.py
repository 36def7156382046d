"""Values compared with what a file says of them: `1`, `0x1A`, `true`, `No Sensor`. Pure."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Final, TypeVar

from ingest.declared.model import Endian, Test
from ingest.declared.places import Context, compile_place
from ingest.readings import DeviceId
from ingest.wire import text

T = TypeVar("T")
Hold = Callable[[Context], bool]
_TRUTH: Final = {
    "true": True,
    "on": True,
    "yes": True,
    "1": True,
    "false": False,
    "off": False,
    "no": False,
    "0": False,
}
_FORBIDDEN: Final = str.maketrans("/+#", "---")
_NO_NAME: Final = re.compile(r"[^a-z0-9]+")
_BEFORE_CAPITAL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
SCALARS: Final = frozenset({str, int, float, bool})


def table_of(pairs: Mapping[str, T]) -> dict[object, T]:
    """Make a table that finds what a file writes as a word: as text, and as the number or truth it may be."""
    return {form: value for word, value in pairs.items() for form in _forms(word)}


def set_of(words: Iterable[str]) -> frozenset[object]:
    """Make a set that knows what a file writes as words, as `table_of` does."""
    return frozenset(table_of(dict.fromkeys(words, True)))


def _forms(word: str) -> list[object]:
    found: list[object] = [word]
    if word.lower() in ("true", "false"):
        found.append(word.lower() == "true")
    for read in (float, lambda digits: int(digits, 16) if digits.lower().startswith("0x") else float(digits)):
        try:
            found.append(read(word))
        except ValueError:
            continue
    return found


def truth(value: object) -> bool | None:
    """Read true or false, 1 or 0, or the usual words for them; None is neither."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return bool(value) if value in (0, 1) else None
    return _TRUTH.get(value.strip().lower()) if isinstance(value, str) else None


def compile_tests(tests: tuple[Test, ...], endian: Endian) -> Hold | None:
    """Make the function that tells whether all conditions hold; None where there are none."""
    holds = [_compile_test(test, endian) for test in tests]
    if len(holds) <= 1:
        return holds[0] if holds else None
    if len(holds) == 2:  # noqa: PLR2004 -- most have one or two, and a loop costs more than they do
        first, second = holds
        return lambda context: first(context) and second(context)
    return lambda context: all(hold(context) for hold in holds)


def _compile_test(test: Test, endian: Endian) -> Hold:
    get, unwanted = compile_place(test, endian), set_of(test.is_not)
    wanted = set_of(test.is_) - unwanted

    def is_there(context: Context) -> bool:
        return type(get(context)) in SCALARS

    def is_wanted(context: Context) -> bool:
        try:
            return get(context) in wanted
        except TypeError:  # an object or a list
            return False

    def is_not_unwanted(context: Context) -> bool:
        value = get(context)
        return type(value) not in SCALARS or value not in unwanted

    return is_wanted if test.is_ else is_not_unwanted if unwanted else is_there


@lru_cache(maxsize=8192)
def id_of(value: str) -> DeviceId:
    """Make a text fit to be a device's id: printable, without the characters that structure topics."""
    return DeviceId(text(value.translate(_FORBIDDEN)))


@lru_cache(maxsize=4096)
def metric_of(key: str) -> str:
    """Make a metric's name of a maker's key: lower case words, joined by an underscore."""
    return _NO_NAME.sub("_", _BEFORE_CAPITAL.sub("_", key[:60]).lower()).strip("_") or "value"
