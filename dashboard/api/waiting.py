"""`/api/v1/waiting`: devices that were heard but are not registered. `PUT /api/v1/devices/{id}` registers one."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

from dashboard import audit
from dashboard.api.paging import Page, Paged, cut, read_cursor
from dashboard.auth.permissions import Account, Action
from dashboard.context import Web, WebParts, may
from dashboard.problem import ProblemError, not_found
from dashboard.queries.waiting import WaitingItem, count_hidden, read_waiting, waiting_by_id
from database import append_changes
from geo import Datum, load_grids
from ingest.identifiers import ID_LONGEST, ID_PATTERN
from ingest.registration import NewChannel, NewDevice, RegistrationError, Way, lead, place_all, write

router = APIRouter(prefix="/waiting", tags=["devices"])
Registrar = Annotated[Account, Depends(may(Action.REGISTER_DEVICE))]
MOST = 500  # devices that are taken over in one act
PLACE_FROM = "place_from"  # attribute: whose place it is, where it is not the device's own
GATEWAY = "gateway"


class WaitingFilter(Paged):
    """Which waiting devices to list."""

    hidden: bool = Field(default=False, description="Those that somebody hid, instead of the others.")


class WaitingPage(Page[WaitingItem]):
    """A page of waiting devices, and how many are hidden."""

    hidden: int = Field(description="Devices that wait and were hidden.")


class HideBody(BaseModel):
    """Say that a device is not ours."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: str = Field(min_length=1, max_length=500, description="Why.")


class TakenOver(BaseModel):
    """A device to be registered as it was announced; what is given here goes before that."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    id: str = Field(min_length=1, max_length=ID_LONGEST, pattern=ID_PATTERN, description="Id it waits under.")
    kind: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_-]{0,62}$", description="smoke, gauge, …")
    name: str | None = Field(default=None, max_length=200, description="Name people know it by.")
    lon: float | None = Field(default=None, ge=-180, le=180, description="Longitude in `datum`, degrees.")
    lat: float | None = Field(default=None, ge=-90, le=90, description="Latitude in `datum`, degrees.")
    datum: Datum = Field(default=Datum.WGS84, description="What lon and lat are given in.")
    building: str | None = Field(default=None, max_length=200, description="The building it is in.")


class TakeOverBody(BaseModel):
    """Register waiting devices as they were announced, all of them or none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    devices: list[TakenOver] = Field(min_length=1, max_length=MOST, description="Which.")
    place_from_gateway: bool = Field(
        default=True, description="A device without a place is put where its gateway stands, and marked so."
    )

    @model_validator(mode="after")
    def _are_each_there_once(self) -> "TakeOverBody":
        if len({one.id for one in self.devices}) < len(self.devices):
            raise ValueError("a device is named twice")
        return self


class TakenOverItem(BaseModel):
    """What came of it."""

    registered: list[str] = Field(description="Ids.")
    placed_by_gateway: list[str] = Field(description="Those of them that stand where their gateway does, for now.")
    without_place: list[str] = Field(description="Those of them that stand nowhere yet.")


@router.get("")
def list_waiting(
    web: WebParts, _: Annotated[Account, Depends(may(Action.READ_RAW))], asked: Annotated[WaitingFilter, Query()]
) -> WaitingPage:
    """List devices that wait, the one that was first heard last first, each with its last payload in plain words."""
    with web.transaction() as cur:
        after = read_cursor(asked.cursor, tuple[datetime, str])
        items = read_waiting(cur, after=after, limit=asked.limit + 1, hidden=asked.hidden)
        hidden = count_hidden(cur)
    page, following = cut(items, asked.limit, lambda device: (device.first_seen, device.id))
    return WaitingPage(items=page, next=following, hidden=hidden)


@router.post("/register")
def take_over(web: WebParts, account: Registrar, body: TakeOverBody) -> TakenOverItem:
    """Register waiting devices as they were announced, all or none, with one line in the audit trail."""
    now = web.clock()
    with web.transaction() as cur:
        lead(
            cur
        )  # before we look: what another officer registers meanwhile waits no longer, and keeps what it was given
        waiting = {item.id: item for item in waiting_by_id(cur, [one.id for one in body.devices])}
        for one in body.devices:
            if one.id not in waiting:
                raise not_found(f"waiting device {one.id}")
        devices = [_new(one, waiting[one.id], from_gateway=body.place_from_gateway) for one in body.devices]
        grids = load_grids(cur, now)
        for device, place in zip(devices, place_all(devices, grids), strict=True):
            codes = {place.area, *(g.code for g in grids.path(place.grid))} if place.grid else {place.area}
            if not account.reaches(codes - {""}):
                raise ProblemError(403, "area", f"{device.id} is outside the areas of your account.")
        try:
            changes = write(cur, devices, now=now, actor=account.name, way=Way.ANNOUNCEMENT)
        except RegistrationError as error:
            raise ProblemError(422, "invalid", str(error)) from error
        detail: audit.Detail = {"devices": len(devices), "first": devices[0].id}
        audit.append(cur, actor=account.name, action="device.take-over", target="waiting", detail=detail, now=now)
        append_changes(cur, changes)
    return TakenOverItem(
        registered=[device.id for device in devices],
        placed_by_gateway=[device.id for device in devices if PLACE_FROM in device.attributes],
        without_place=[device.id for device in devices if device.lon is None],
    )


@router.get("/{device_id}")
def get_waiting(web: WebParts, _: Annotated[Account, Depends(may(Action.READ_RAW))], device_id: str) -> WaitingItem:
    """Give one waiting device."""
    return _read(web, device_id)


@router.post("/{device_id}/hide")
def hide(web: WebParts, account: Registrar, device_id: str, body: HideBody) -> WaitingItem:
    """Say that a device is not ours: it is listed no more, heard and counted all the same, and can be brought back."""
    return _set_hidden(web, account, device_id, body.reason)


@router.post("/{device_id}/show")
def show(web: WebParts, account: Registrar, device_id: str) -> WaitingItem:
    """Bring a hidden device back."""
    return _set_hidden(web, account, device_id, None)


def _set_hidden(web: Web, account: Account, device_id: str, reason: str | None) -> WaitingItem:
    now, is_hidden = web.clock(), reason is not None
    with web.transaction() as cur:
        cur.execute(
            "UPDATE waiting_devices SET hidden_at = %s, hidden_by = %s, hidden_reason = %s WHERE id = %s",
            (now if is_hidden else None, account.name if is_hidden else None, reason, device_id),
        )
        if not cur.rowcount:
            raise not_found(f"waiting device {device_id}")
        action = "waiting.hide" if is_hidden else "waiting.show"
        detail: audit.Detail = {"reason": reason}
        audit.append(cur, actor=account.name, action=action, target=f"device {device_id}", detail=detail, now=now)
    return _read(web, device_id)


def _read(web: Web, device_id: str) -> WaitingItem:
    with web.transaction() as cur:
        found = waiting_by_id(cur, [device_id])
    if not found:
        raise not_found(f"waiting device {device_id}")
    return found[0]


def _new(one: TakenOver, item: WaitingItem, *, from_gateway: bool) -> NewDevice:
    guess = item.suggestion
    if guess is None:
        raise ProblemError(422, "invalid", "These messages are too long to take over together: choose fewer devices.")
    lon, lat, datum = one.lon, one.lat, one.datum
    attributes: dict[str, Any] = {"model": guess.model} if guess.model else {}
    if len(guess.codecs) == 1:
        attributes["codec"] = next(iter(guess.codecs))
    if (lon is None or lat is None) and from_gateway and guess.gateway_place is not None:
        lon, lat, datum = guess.gateway_place.lon, guess.gateway_place.lat, Datum.WGS84
        attributes[PLACE_FROM] = GATEWAY
    channels = tuple(
        NewChannel(metric=m.metric, unit=m.unit, interval_s=None if m.unit == "1" else guess.interval_s)
        for m in guess.metrics
    )
    return NewDevice(
        id=one.id,
        kind=one.kind or guess.kind,
        name=guess.name if one.name is None else one.name,
        lon=lon,
        lat=lat,
        datum=datum.value,
        area=item.area,
        building=one.building,
        gateway=None if guess.gateway == one.id else guess.gateway,
        attributes=attributes,
        channels=channels,
    )
