"""A synthetic county that is the same for the same seed."""

from simulators.county.make import UnknownSizeError, make_county
from simulators.county.nouns import (
    LEVELS,
    NO_LIMITS,
    SPECIAL,
    Building,
    ComponentAddress,
    County,
    DeviceKind,
    DeviceSpec,
    Feature,
    GaugeSite,
    Limits,
    MetricSpec,
    River,
    Source,
    WireFormat,
)
from simulators.county.plane import METRES_PER_DEGREE
from simulators.county.sizes import SIZES

__all__ = [
    "LEVELS",
    "METRES_PER_DEGREE",
    "NO_LIMITS",
    "SIZES",
    "SPECIAL",
    "Building",
    "ComponentAddress",
    "County",
    "DeviceKind",
    "DeviceSpec",
    "Feature",
    "GaugeSite",
    "Limits",
    "MetricSpec",
    "River",
    "Source",
    "UnknownSizeError",
    "WireFormat",
    "make_county",
]
