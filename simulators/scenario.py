"""Scenarios: what happens, as YAML that is checked whole before it is used. Refuses what it does not know, by name."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from simulators.county import DeviceKind

_FOLDER = Path(__file__).parent / "scenarios"
_SPAN = re.compile(r"(-?\d+(?:\.\d+)?)\s*(s|min|h)")
_SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0}


class ScenarioError(ValueError):
    """The author of a scenario wrote something that cannot be played; the message says where and what."""


def _span(text: object) -> object:
    if isinstance(text, str):
        match = _SPAN.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"{text!r} is no time span; write a number and s, min or h, such as 90 s or 1.5 h")
        return timedelta(seconds=float(match[1]) * _SECONDS[match[2]])
    if isinstance(text, int | float):
        raise ValueError(f"{text!r} has no unit; write s, min or h after it")  # noqa: TRY004 -- pydantic collects ValueErrors
    return text


Span = Annotated[timedelta, BeforeValidator(_span)]
Later = Annotated[Span, Field(ge=timedelta(0))]
Lasting = Annotated[Span, Field(gt=timedelta(0))]
Place = Annotated[tuple[float, float], Field(description="east and north of the middle, in half widths of the county")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Title(_Part):
    """What people call the scenario."""

    zh: str
    en: str


class Rain(_Part):
    """A rain cell that moves straight from one place to another. Places and radius are in half widths of the county."""

    starts: Later
    lasts: Lasting
    enters: Place
    leaves: Place
    radius: float = Field(gt=0, le=4)
    peak_mm_per_h: float = Field(gt=0, le=600)


class BuildingFire(_Part):
    """A fire in a house, or in a large building with a fire panel: the `number`th that the county's seed chooses."""

    building: Literal["house", "large"]
    number: int = Field(ge=1)
    starts: Later
    lasts: Lasting
    camera: bool = True


class Which(_Part):
    """Some devices of one kind, chosen by the county's seed; `number` begins the choice further down the list."""

    kind: DeviceKind
    count: int = Field(ge=1)
    number: int = Field(default=1, ge=1)


class _Ailment(_Part):
    devices: Which
    starts: Later = timedelta(0)
    lasts: Lasting | None = None


class StuckAilment(_Ailment):
    """The sensor repeats one value."""

    fault: Literal["stuck"]


class DriftingAilment(_Ailment):
    """One metric runs away, in its unit per hour."""

    fault: Literal["drifting"]
    metric: str
    per_hour: float


class ChatteringAilment(_Ailment):
    """One metric jumps by so much at every second report."""

    fault: Literal["chattering"]
    metric: str
    by: float = 1.0


class SilentAilment(_Ailment):
    """Nothing comes any more."""

    fault: Literal["silent"]


class WrongClockAilment(_Ailment):
    """The device's clock is ahead by so much, behind if negative."""

    fault: Literal["wrong_clock"]
    by: Span


class DuplicateAilment(_Ailment):
    """Every report comes several times."""

    fault: Literal["duplicate"]
    times: int = Field(default=2, ge=2, le=10)


class OutOfOrderAilment(_Ailment):
    """Of each two reports the second comes first."""

    fault: Literal["out_of_order"]


class SaysAilment(_Ailment):
    """The device says a fact about itself."""

    fault: Literal["says"]
    fact: Literal["battery_low", "fault", "tamper", "test", "mains_lost", "shielded"]
    charge: float | None = Field(default=None, ge=0, le=100)


Ailment = Annotated[
    StuckAilment
    | DriftingAilment
    | ChatteringAilment
    | SilentAilment
    | WrongClockAilment
    | DuplicateAilment
    | OutOfOrderAilment
    | SaysAilment,
    Field(discriminator="fault"),
]


class Scenario(_Part):
    """What happens in a county. `lasts` is None for a story that goes on; `loop` tells it again after so long.

    `pace` > 1 makes rivers answer that many times faster than in nature, so that a flood can be watched.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: Title
    lasts: Lasting | None = None
    loop: Lasting | None = None
    pace: float = Field(default=1.0, gt=0, le=100)
    rain: tuple[Rain, ...] = ()
    fires: tuple[BuildingFire, ...] = ()
    faults: tuple[Ailment, ...] = ()

    @model_validator(mode="after")
    def _everything_ends_before_the_story_begins_again(self) -> "Scenario":
        spans = [(f"rain.{i}", part.starts + part.lasts) for i, part in enumerate(self.rain)]
        spans += [(f"fires.{i}", part.starts + part.lasts) for i, part in enumerate(self.fires)]
        for where, ends in spans:
            if self.loop is not None and ends > self.loop:
                raise ValueError(f"{where} ends after the loop of {self.loop}")
        return self


def names() -> list[str]:
    """List the scenarios that come with Gridwatch."""
    return sorted(path.stem for path in _FOLDER.glob("*.yaml"))


def load_scenario(name: str) -> Scenario:
    """Load one of ours by name, or a file by its path (anything that ends in .yaml or .yml).

    Raises:
        ScenarioError: there is none of that name, or the file does not say what a scenario has to.
    """
    path = Path(name) if name.endswith((".yaml", ".yml")) else _FOLDER / f"{name}.yaml"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        if path.parent == _FOLDER:
            raise ScenarioError(f"no scenario {name!r}: there are {', '.join(names())}") from None
        raise ScenarioError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ScenarioError(f"{path}: no text in UTF-8: {error}") from None
    return read_scenario(text, str(path.name))


def read_scenario(text: str, source: str) -> Scenario:
    """Read a scenario from YAML text; `source` names it in messages.

    Raises:
        ScenarioError: with every fault found, one a line, each with where it is.
    """
    try:
        tree = yaml.safe_load(text)
    except RecursionError:
        raise ScenarioError(f"{source}: nested too deeply") from None
    except (yaml.YAMLError, ValueError) as error:  # an impossible date or an endless number is a plain ValueError
        raise ScenarioError(f"{source}: not YAML: {' '.join(str(error).split())}") from None
    try:
        return Scenario.model_validate(tree)
    except ValidationError as error:
        faults = [
            f"{source}: {'.'.join(str(part) for part in fault['loc']) or 'the whole file'}: {fault['msg']}"
            for fault in error.errors()
        ]
        raise ScenarioError("\n".join(faults)) from None
