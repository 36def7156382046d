"""What a model of the EM series does differently from its family, by what the network calls the device. Pure."""

import re
from typing import Final

from msgspec import Struct

HINTS_KEPT: Final = 4096
_LEAK: Final = re.compile(r"[MSZ]LD", re.IGNORECASE)
_INPUT: Final = re.compile(r"300[-_ ]?DI", re.IGNORECASE)
_TILT: Final = re.compile(r"UDL|MUD|TLD|RDL", re.IGNORECASE)


class Model(Struct, frozen=True):
    """Which of the meanings of one byte is meant."""

    is_leak: bool
    is_input: bool
    is_tilt: bool
    is_radar: bool
    is_soil: bool
    is_320: bool


def model_of(hint: str) -> Model:
    """Tell by the words for a device, such as `EM300-SLD`."""
    upper = hint.upper()
    return Model(
        is_leak=_LEAK.search(hint) is not None,
        is_input=_INPUT.search(hint) is not None,
        is_tilt=_TILT.search(hint) is not None,
        is_radar="RDL" in upper,
        is_soil="SMTC" in upper,
        is_320="320" in hint,
    )
