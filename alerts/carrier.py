"""What an alarm hangs on that is no device: a place, a link, a service of ours. Pure noun; no I/O, no clock."""

from dataclasses import dataclass

from ingest.carrier_kind import CarrierKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """What an alarm hangs on. `grid` is a grid's key or None; coordinates are WGS 84 degrees; `area` is a town's code.

    Ids say what it is: `place:<grid code>`, `building:<area>:<name>`, `link:<area>`, `gateway:<id>`, `service:broker`.
    """

    id: str
    kind: CarrierKind
    name: str
    grid: int | None = None
    lon: float | None = None
    lat: float | None = None
    area: str = ""
    building: str | None = None
