"""Says a metric's name in words. Names are put together: stage_2, cod_1h_min, bme280.temperature. Pure; as the pages say them."""

import re
from collections.abc import Callable

Say = Callable[..., str]
"""Gives the text of a catalogue key in the receiver's language, placeholders filled; the last part of an unknown key."""

_PUT_TOGETHER = re.compile(r"(.+)_(?:([0-9]+)(min|h|d|cm)?|([a-z]+))")


def metric_words(say: Say, name: str) -> str:
    """Say a metric in the receiver's language; what a maker has named stays as it is."""
    part, _, last = name.rpartition(".")
    said = say(f"metric.{name}")
    if said != last:
        return said
    if part:
        return say("metric_of.in_part", part=part, name=metric_words(say, last))
    found = _PUT_TOGETHER.fullmatch(name)
    if found is None:
        return name
    base, n, unit, word = found.groups()
    key = word or f"n_{unit or 'th'}"
    inner = metric_words(say, base)
    together = say(f"metric_of.{key}", name=inner, n=n)
    return name if inner == base or together == key else together
