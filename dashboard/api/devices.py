"""`/api/v1/devices`: list them, look at one, and register or change one."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from alerts import commands as alarm_commands
from dashboard import audit
from dashboard.api.filters import Several, Where, grid_keys
from dashboard.api.paging import Page, Paged, cut, read_cursor
from dashboard.auth.permissions import Account, Action
from dashboard.context import Reader, Web, WebParts, may
from dashboard.problem import ProblemError, invalid, not_found
from dashboard.queries.devices import (
    STATE,
    DeviceItem,
    DeviceState,
    Limits,
    device_codes,
    devices_by_id,
    read_devices,
)
from database import Change, append_changes
from database.connection import Cursor
from geo import Datum
from ingest import codecs
from ingest.carrier_kind import CarrierKind
from ingest.identifiers import ID_LONGEST, ID_PATTERN
from ingest.registration import CarrierIdError, NewChannel, NewDevice, RegistrationError, Way, lead, retire, write
from ingest.registry import LONGEST_INTERVAL_S
from ingest.usual_units import fault_of

router = APIRouter(prefix="/devices", tags=["devices"])

# What a topic cannot hold cannot be the id of a device that speaks on its own topic.
DeviceId = Annotated[str, Field(min_length=1, max_length=ID_LONGEST, pattern=ID_PATTERN)]
Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]


class DeviceFilter(Paged):
    """Which devices to list."""

    kind: Several[str] | None = Field(default=None, description="One or more kinds, separated by commas.")
    area: str | None = Field(default=None, description="Code of the town it reports under.")
    grid: str | None = Field(default=None, description="Code of a grid: devices in it and in every grid below it.")
    state: Several[DeviceState] | None = Field(default=None, description="One or more states, separated by commas.")
    search: str | None = Field(default=None, max_length=100, description="Part of the id or the name.")


class MetricBody(BaseModel):
    """One metric of a device."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    metric: str = Field(pattern=r"^[a-z][a-z0-9_.-]{0,62}$", description="Short lower-case name, for example stage.")
    unit: str = Field(min_length=1, max_length=16, description="SenML / UCUM unit of readings and limits.")
    interval_s: float | None = Field(
        default=None,
        gt=0,
        le=LONGEST_INTERVAL_S,
        description="Expected time between readings, seconds; at most 366 days.",
    )
    datum_m: float = Field(
        default=0, description="Added to the relative levels of SL 651 to make them absolute, metres."
    )
    limits: Limits = Field(default=Limits(), description="Limits by priority; none given: the rule's own hold.")

    @model_validator(mode="after")
    def _can_be_judged(self) -> "MetricBody":
        if fault := fault_of(self.metric, self.unit):
            raise ValueError(fault)
        return self


class DeviceBody(BaseModel):
    """A device as it is to be."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    kind: Word = Field(description="smoke, gauge, rain, camera, panel, …")
    name: str = Field(default="", max_length=200, description="Name people know it by.")
    area: str = Field(
        default="", max_length=64, description="Town's code; empty: as it is registered, for a new one where it stands."
    )
    lon: float | None = Field(default=None, ge=-180, le=180, description="Longitude in `datum`, degrees.")
    lat: float | None = Field(default=None, ge=-90, le=90, description="Latitude in `datum`, degrees.")
    datum: Datum = Field(default=Datum.WGS84, description="What lon and lat are given in; stored is WGS 84.")
    building: str | None = Field(default=None, max_length=200, description="The building it is in.")
    gateway: str | None = Field(default=None, max_length=128, description="Id of the device it reports through.")
    moving: bool = Field(default=False, description="Whether it is placed with every reading.")
    codec: str | None = Field(
        default=None,
        max_length=64,
        description="How its payload is read in a network's envelope; in `attributes`, too.",
    )
    attributes: dict[str, str | float | bool | None] = Field(
        default_factory=dict, max_length=50, description="Whatever else is known of it; nothing about persons."
    )
    metrics: list[MetricBody] = Field(
        default_factory=list, max_length=64, description="What it measures; metrics not named here are kept."
    )
    version: int | None = Field(
        default=None,
        ge=0,
        description="The version that was seen, 0: none or a retired one; 409 if the record has another. None: no matter.",
    )

    @model_validator(mode="after")
    def _is_somewhere(self) -> "DeviceBody":
        if (self.lon is None) != (self.lat is None):
            raise ValueError("lon and lat belong together: give both or none")
        if len({metric.metric for metric in self.metrics}) < len(self.metrics):
            raise ValueError("a metric is named twice")
        if self.kind in set(CarrierKind):
            raise ValueError(f"{self.kind} is no kind of device: alarms of places and links hang on it")
        if self.codec and not codecs.knows(self.codec):
            raise ValueError(f"there is no codec {self.codec!r}: {', '.join(codecs.names())}")
        return self


class OutOfServiceBody(BaseModel):
    """Take a device out of service for a time: maintenance, a move, a fault that is known."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    until: AwareDatetime = Field(description="When it is back, RFC 3339.")
    reason: str = Field(min_length=1, max_length=2000, description="Why.")


class RetireBody(BaseModel):
    """Take a device off the registry that is gone for good."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = Field(ge=1, le=2**31 - 1, description="The version that was seen.")
    reason: str = Field(min_length=1, max_length=2000, description="Why.")


@router.get("")
def list_devices(web: WebParts, _: Reader, asked: Annotated[DeviceFilter, Query()]) -> Page[DeviceItem]:
    """List devices by id. Retired ones only if `state=retired` asks for them."""
    after = read_cursor(asked.cursor, tuple[str])
    with web.transaction() as cur:
        grids = web.grids.table(cur)
        where = Where()
        where.add("NOT d.is_carrier")
        if asked.state is None:
            where.add("d.retired_at IS NULL")
        else:
            where.add_one_of(STATE, "state", asked.state)
        if asked.kind is not None:
            where.add("d.kind = ANY(%(kind)s)", kind=list(asked.kind))
        if asked.area is not None:
            where.add("d.area = %(area)s", area=asked.area)
        if asked.grid is not None:
            where.add("d.grid = ANY(%(grid)s)", grid=grid_keys(grids, asked.grid))
        if asked.search:
            where.add("(strpos(d.id, %(search)s) > 0 OR strpos(d.name, %(search)s) > 0)", search=asked.search)
        if after is not None:
            where.add("d.id > %(after)s", after=after[0])
        items = read_devices(
            cur,
            grids,
            now=web.clock(),
            where=where.compose(),
            parameters=where.parameters,
            limit=asked.limit + 1,
        )
    page, following = cut(items, asked.limit, lambda device: (device.id,))
    return Page(items=page, next=following)


@router.get("/{device_id}")
def get_device(web: WebParts, _: Reader, device_id: str) -> DeviceItem:
    """Give one device."""
    with web.transaction() as cur:
        return _read(web, cur, device_id)


@router.put("/{device_id}", responses={201: {"model": DeviceItem, "description": "The device is new."}})
def put_device(
    web: WebParts,
    account: Annotated[Account, Depends(may(Action.REGISTER_DEVICE))],
    device_id: DeviceId,
    body: DeviceBody,
    response: Response,
) -> DeviceItem:
    """Register a device, or change it; one that waited for registration waits no longer."""
    now = web.clock()
    with web.transaction() as cur:
        lead(cur)
        known = cur.execute(
            "SELECT CASE WHEN retired_at IS NULL THEN version ELSE 0 END, version FROM devices WHERE id = %s FOR UPDATE",
            (device_id,),
        ).fetchone()
        if body.version is not None and body.version not in (known or (0,)):
            current = _read(web, cur, device_id).model_dump(mode="json") if known else None
            raise ProblemError(409, "stale-version", "The device is not what you saw.", more={"current": current})
        _refuse_foreign_area(web, cur, account, device_id, body)
        detail: audit.Detail = {"kind": body.kind, "name": body.name, "area": body.area, "new": known is None}
        changes = _write(cur, _new_device(device_id, body), account, now)
        audit.append(cur, actor=account.name, action="device.put", target=f"device {device_id}", detail=detail, now=now)
        append_changes(cur, changes)
    response.status_code = 201 if known is None else 200
    with web.transaction() as cur:
        return _read(web, cur, device_id)


@router.post("/{device_id}/out-of-service")
def out_of_service(
    web: WebParts,
    account: Annotated[Account, Depends(may(Action.TAKE_OUT_OF_SERVICE))],
    device_id: str,
    body: OutOfServiceBody,
) -> DeviceItem:
    """Take a device out of service until a time: its alarms neither count nor sound."""
    now = web.clock()
    if body.until <= now:
        raise invalid("body.until", "must be in the future")
    with web.transaction() as cur:
        codes = device_codes(cur, web.grids.table(cur), device_id)
        if codes is None:
            raise not_found(f"device {device_id}")
        if not account.reaches(codes):
            raise ProblemError(403, "area", "This device is outside the areas of your account.")
        key = _read(web, cur, device_id).key
        changes = alarm_commands.out_of_service(
            cur, key, until=body.until, reason=body.reason, actor=account.name, now=now
        )
        audit.append(
            cur,
            actor=account.name,
            action="device.out-of-service",
            target=f"device {device_id}",
            detail={"until": body.until.isoformat(), "reason": body.reason},
            now=now,
        )
        append_changes(cur, changes)
    with web.transaction() as cur:
        return _read(web, cur, device_id)


@router.post("/{device_id}/retire")
def retire_device(
    web: WebParts,
    account: Annotated[Account, Depends(may(Action.REGISTER_DEVICE))],
    device_id: str,
    body: RetireBody,
) -> DeviceItem:
    """Retire a device that is gone for good: it is judged and counted no more, its record and readings stay.

    Registering it again brings it back. 409 with the device as it is now if it has changed since `version`.
    """
    now = web.clock()
    with web.transaction() as cur:
        codes = device_codes(cur, web.grids.table(cur), device_id)
        known = cur.execute(
            "SELECT version FROM devices WHERE id = %s AND NOT is_carrier FOR UPDATE", (device_id,)
        ).fetchone()
        if codes is None or known is None:
            raise not_found(f"device {device_id}")
        if not account.reaches(codes):
            raise ProblemError(403, "area", "This device is outside the areas of your account.")
        device = _read(web, cur, device_id)
        if known[0] != body.version:
            current = device.model_dump(mode="json")
            raise ProblemError(409, "stale-version", "The device is not what you saw.", more={"current": current})
        changes = alarm_commands.retire(cur, device.key, actor=account.name, now=now)
        changes.append(retire(cur, device_id, now=now, actor=account.name, note=body.reason))
        detail: audit.Detail = {"version": body.version, "reason": body.reason}
        target = f"device {device_id}"
        audit.append(cur, actor=account.name, action="device.retire", target=target, detail=detail, now=now)
        append_changes(cur, changes)
    with web.transaction() as cur:
        return _read(web, cur, device_id)


def _write(cur: Cursor, device: NewDevice, account: Account, now: datetime) -> list[Change]:
    try:
        return write(cur, [device], now=now, actor=account.name, way=Way.HAND)
    except RegistrationError as error:
        field = "path.device_id" if isinstance(error, CarrierIdError) else "body.gateway"
        raise invalid(field, str(error)) from error


def _read(web: Web, cur: Cursor, device_id: str) -> DeviceItem:
    found = devices_by_id(cur, web.grids.table(cur), [device_id], now=web.clock())
    if not found:
        raise not_found(f"device {device_id}")
    return found[0]


def _refuse_foreign_area(web: Web, cur: Cursor, account: Account, device_id: str, body: DeviceBody) -> None:
    """Keep an administrator of some areas from taking a device out of another, or putting one into it."""
    before = device_codes(cur, web.grids.table(cur), device_id)
    if (before is not None and not account.reaches(before)) or not account.reaches({body.area}):
        raise ProblemError(403, "area", "This device is outside the areas of your account.")


def _new_device(device_id: str, body: DeviceBody) -> NewDevice:
    return NewDevice(
        id=device_id,
        kind=body.kind,
        name=body.name,
        lon=body.lon,
        lat=body.lat,
        datum=body.datum.value,
        area=body.area,
        building=body.building,
        gateway=body.gateway,
        moving=body.moving,
        attributes={**body.attributes, **({"codec": body.codec} if body.codec else {})},
        channels=tuple(
            NewChannel(
                metric=metric.metric,
                unit=metric.unit,
                interval_s=metric.interval_s,
                datum_m=metric.datum_m,
                limits=(metric.limits.p1, metric.limits.p2, metric.limits.p3, metric.limits.p4),
            )
            for metric in body.metrics
        ),
    )
