"""Why the engine took a step beside the life of an alarm: the first word of the step's comment. Pure: one table.

The word is stored and the screens turn it into a sentence, so that it reads in every language.
"""

from datetime import timedelta
from enum import StrEnum


class Why(StrEnum):
    """Why an alarm sounds again, or is ended, without a reading that says so."""

    NOBODY_SENT = "nobody-sent"  # acknowledged, and after so many minutes nobody was on the way
    OVERRIDE_ENDED = "override-ended"  # what kept it quiet is over, and its condition still holds
    BACKFILL_STANDS = "backfill-stands"  # raised by what was told late, and it still holds
    DEVICE_RETIRED = "device-retired"  # by whom
    DEVICE_SWAPPED = "device-swapped"  # the device that took over


def because(why: Why, detail: str = "") -> str:
    """Write a reason as the comment of a step: the word, then what it is about."""
    return f"{why} {detail}".rstrip()


def minutes(span: timedelta) -> str:
    """Write a span in minutes, as rule files do."""
    return f"{span / timedelta(minutes=1):g}min"
