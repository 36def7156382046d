"""Device models, registered by their files existing. A model is two pure functions of time."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from simulators.county import DeviceKind, DeviceSpec
from simulators.observation import Report
from simulators.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """How devices of one kind behave.

    `observe` says what the device sends at an instant, `next_due` the first instant strictly after another at which it
    sends anything, None for never. Both give the same answer for the same arguments, in any order.
    """

    kind: DeviceKind
    observe: Callable[[DeviceSpec, datetime, World], tuple[Report, ...]]
    next_due: Callable[[DeviceSpec, datetime, World], datetime | None]


@cache
def models() -> dict[DeviceKind, Model]:
    """Return the model of every kind of device that has one."""
    modules = (importlib.import_module(f"{__name__}.{item.name}") for item in pkgutil.iter_modules(__path__))
    found = [module.MODEL for module in modules if hasattr(module, "MODEL")]
    return {model.kind: model for model in found}


__all__ = ["Model", "models"]
