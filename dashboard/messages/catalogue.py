"""Load the YAML catalogues beside this file. Refuses a value that is not text and a key nobody wrote."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType

import yaml


class Language(StrEnum):
    """A language the screens speak, as a BCP 47 tag."""

    ZH = "zh-CN"
    EN = "en"


DEFAULT_LANGUAGE = Language.ZH


class MessageError(ValueError):
    """A catalogue file is not a tree of texts, or a text was asked for by a key it has not."""


@cache
def load_messages(language: Language) -> Mapping[str, str]:
    """Read one language's catalogue, flattened: `alarm: {state: {unack: …}}` is `alarm.state.unack`.

    Raises:
        MessageError: A leaf of the file is not text.
    """
    path = Path(__file__).with_name(f"{language}.yaml")
    tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    return MappingProxyType(dict(_leaves(tree, ())))


def text(language: Language, key: str, **values: object) -> str:
    """Return the text of `key` with its `{placeholders}` filled from `values`.

    Raises:
        MessageError: The catalogue has no such key.
    """
    try:
        message = load_messages(language)[key]
    except KeyError:
        raise MessageError(f"no text for {key!r} in {language}") from None
    return message.format(**values) if values else message


def choose_language(*wishes: str | None) -> Language:
    """Return the first wish we have a catalogue for; Chinese when there is none.

    A bare or regional tag counts as its language: `zh`, `zh-TW` and `en-GB` are understood.
    """
    by_prefix = {language.split("-")[0]: language for language in Language}
    for wish in wishes:
        found = by_prefix.get((wish or "").split("-")[0].lower())
        if found is not None:
            return found
    return DEFAULT_LANGUAGE


def _leaves(tree: object, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if isinstance(tree, str):
        yield ".".join(path), tree
    elif isinstance(tree, dict):
        for key, branch in tree.items():
            yield from _leaves(branch, (*path, str(key)))
    else:
        raise MessageError(f"{'.'.join(path)} is {type(tree).__name__}, not text")
