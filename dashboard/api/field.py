"""`/api/v1/field`: what a grid worker with a phone asks and says, standing beside a device. No limits, no raw payloads."""

from datetime import datetime
from math import cos, hypot, radians
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query
from psycopg import sql
from pydantic import BaseModel, ConfigDict, Field

from dashboard import audit
from dashboard.auth.permissions import Account, Action
from dashboard.context import WebParts, may
from dashboard.problem import ProblemError, invalid
from dashboard.queries.devices import DeviceItem, devices_by_id
from dashboard.queries.rows import rows_as_dicts
from dashboard.queries.waiting import WaitingItem, read_waiting, waiting_by_id
from database import append_changes
from database.connection import Cursor
from geo import Datum, load_grids
from ingest.identifiers import ID_LONGEST, ID_PATTERN
from ingest.registration import NewChannel, NewDevice, Placed, Way, lead, place_all, write

router = APIRouter(prefix="/field", tags=["devices"])
Worker = Annotated[Account, Depends(may(Action.REGISTER_IN_FIELD))]
DeviceId = Annotated[str, Path(min_length=1, max_length=ID_LONGEST, pattern=ID_PATTERN)]
LISTED = 60
SURE_WITHIN_M = 50.0
"""A phone that is less sure of where it is needs a word that this is meant: 50 m is the next house, or the next grid."""

_GIVEN_UP = {"place_from", "place_accuracy_m"}  # attributes that spoke of the place before


class FieldItem(BaseModel):
    """A device that wants somebody to come by: it waits for its registration, or nobody knows where it stands."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(description="Id it speaks under.")
    state: Literal["waiting", "unplaced", "registered", "retired", "unknown"] = Field(description="How it is with us.")
    kind: str = Field(description="What it is, or probably is.")
    name: str = Field(description="Its name; may be empty.")
    model: str = Field(description="As it was announced; may be empty.")
    building: str | None = Field(description="The building it is in.")
    last_seen: datetime | None = Field(description="When it was last heard, RFC 3339.")
    distance_m: float | None = Field(
        description="From the place asked for, by its own or its gateway's; null: unknown."
    )
    lon: float | None = Field(description="WGS 84 longitude, degrees, where it is registered with one.")
    lat: float | None = Field(description="WGS 84 latitude.")


class FieldList(BaseModel):
    """What is near."""

    items: list[FieldItem] = Field(description="The nearest first, then what was heard last; at most 60.")


class Near(BaseModel):
    """Where one stands."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    lon: float | None = Field(default=None, ge=-180, le=180, description="WGS 84 longitude, degrees.")
    lat: float | None = Field(default=None, ge=-90, le=90, description="WGS 84 latitude, degrees.")


class FieldBody(BaseModel):
    """What the grid worker says."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    lon: float = Field(ge=-180, le=180, description="Longitude in `datum`, degrees.")
    lat: float = Field(ge=-90, le=90, description="Latitude in `datum`, degrees.")
    datum: Datum = Field(description="wgs84 from the phone itself, gcj02 from most map programs.")
    accuracy_m: float | None = Field(default=None, ge=0, le=1e7, description="As the phone says; null: typed in.")
    kind: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$", description="smoke, gauge, …; of a new device.")
    name: str = Field(default="", max_length=200, description="Name people know it by.")
    building: str | None = Field(default=None, max_length=200, description="The building it is in.")
    is_meant: bool = Field(default=False, description="The place is meant although it is vague, or in no grid.")


@router.get("/devices")
def near(web: WebParts, account: Worker, asked: Annotated[Near, Query()]) -> FieldList:
    """List devices that wait, or that nobody knows the place of, the nearest first."""
    with web.transaction() as cur:
        waiting = [item for item in read_waiting(cur, after=None, limit=200) if account.reaches({item.area} - {""})]
        items = [_of_waiting(item, asked) for item in waiting] + _unplaced(cur, account, asked)
    items.sort(key=_nearness)
    return FieldList(items=items[:LISTED])


@router.get("/devices/{device_id}")
def one(web: WebParts, _: Worker, device_id: DeviceId, asked: Annotated[Near, Query()]) -> FieldItem:
    """Say how it is with a device: waiting, unplaced, registered, retired, or unknown."""
    with web.transaction() as cur:
        found = devices_by_id(cur, web.grids.table(cur), [device_id], now=web.clock())
        if found and not _is_carrier(cur, device_id):
            return _of_device(found[0], asked)
        waiting = waiting_by_id(cur, [device_id])
    if waiting:
        return _of_waiting(waiting[0], asked)
    return FieldItem(
        id=device_id,
        state="unknown",
        kind="other",
        name="",
        model="",
        building=None,
        last_seen=None,
        distance_m=None,
        lon=None,
        lat=None,
    )


@router.post("/devices/{device_id}")
def register_here(web: WebParts, account: Worker, device_id: DeviceId, body: FieldBody) -> DeviceItem:
    """Register a device where one stands, or give a registered one its place; all else of that one stays as it is.

    422 `unsure` where the place is vague (more than 50 m) or in no grid and `is_meant` does not say that it is meant.
    """
    now = web.clock()
    with web.transaction() as cur:
        lead(cur)
        table, grids = web.grids.table(cur), load_grids(cur, now)
        if _is_carrier(cur, device_id):
            raise invalid("path.device_id", "this id belongs to no device")
        known = next(iter(devices_by_id(cur, table, [device_id], now=now)), None)
        if known is not None and known.state == "retired":
            raise ProblemError(409, "retired", "The device was retired: an administrator brings it back.")
        waiting = next(iter(waiting_by_id(cur, [device_id])), None)
        device = _new(device_id, body, waiting) if known is None else _moved(known, body)
        (place,) = place_all([device], grids)
        _refuse(account, body, place, {*(table.codes(place.grid)), place.area} - {""})
        if known is not None and not account.reaches(_codes_of(known)):
            raise ProblemError(403, "area", "This device is outside the areas of your account.")
        note = "" if body.accuracy_m is None else f"±{body.accuracy_m:.0f} m"
        changes = write(cur, [device], now=now, actor=account.name, way=Way.FIELD, note=note)
        _note(cur, account, device, body, is_new=known is None, now=now)
        append_changes(cur, changes)
    with web.transaction() as cur:
        return devices_by_id(cur, web.grids.table(cur), [device_id], now=web.clock())[0]


def _refuse(account: Account, body: FieldBody, place: Placed, codes: set[str]) -> None:
    if not account.reaches(codes):
        raise ProblemError(403, "area", "This place is outside the areas of your account.")
    is_vague = body.accuracy_m is not None and body.accuracy_m > SURE_WITHIN_M
    if not body.is_meant and (is_vague or place.grid is None):
        reason = f"The place is only known to {body.accuracy_m:.0f} m." if is_vague else "The place is in no grid."
        raise ProblemError(422, "unsure", f"{reason} Say that it is meant, or take it again.")


def _codes_of(known: DeviceItem) -> set[str]:
    above = known.grid.path if known.grid is not None else ()
    return {known.area, *(part.code for part in above)} - {""}


def _note(cur: Cursor, account: Account, device: NewDevice, body: FieldBody, *, is_new: bool, now: datetime) -> None:
    detail: audit.Detail = {
        "new": is_new,
        "kind": device.kind,
        "name": device.name,
        "lon": f"{body.lon:.6f}",
        "lat": f"{body.lat:.6f}",
        "datum": body.datum.value,
        "accuracy_m": None if body.accuracy_m is None else round(body.accuracy_m),
        "meant": body.is_meant,
    }
    audit.append(cur, actor=account.name, action="device.field", target=f"device {device.id}", detail=detail, now=now)


def _new(device_id: str, body: FieldBody, waiting: WaitingItem | None) -> NewDevice:
    guess = waiting.suggestion if waiting is not None else None
    attributes: dict[str, Any] = _sure(body)
    if guess is not None and guess.model:
        attributes["model"] = guess.model
    if guess is not None and len(guess.codecs) == 1:
        attributes["codec"] = next(iter(guess.codecs))
    channels = tuple(
        NewChannel(metric=m.metric, unit=m.unit, interval_s=None if m.unit == "1" else guess.interval_s)
        for m in (guess.metrics if guess is not None else ())
        if guess is not None
    )
    return NewDevice(
        id=device_id,
        kind=body.kind,
        name=body.name.strip(),
        lon=body.lon,
        lat=body.lat,
        datum=body.datum.value,
        area=waiting.area if waiting is not None else "",
        building=body.building or None,
        gateway=guess.gateway if guess is not None and guess.gateway != device_id else None,
        attributes=attributes,
        channels=channels,
    )


def _moved(known: DeviceItem, body: FieldBody) -> NewDevice:
    """Give a known device its place; metrics that are not named are kept, and so are its limits."""
    kept = {name: value for name, value in known.attributes.items() if name not in _GIVEN_UP}
    return NewDevice(
        id=known.id,
        kind=known.kind,
        name=body.name.strip() or known.name,
        lon=body.lon,
        lat=body.lat,
        datum=body.datum.value,
        building=body.building or known.building,
        gateway=known.gateway,
        moving=known.moving,
        attributes=kept | _sure(body),
    )


def _sure(body: FieldBody) -> dict[str, Any]:
    return {} if body.accuracy_m is None else {"place_accuracy_m": round(body.accuracy_m)}


def _is_carrier(cur: Cursor, device_id: str) -> bool:
    return cur.execute("SELECT is_carrier FROM devices WHERE id = %s", (device_id,)).fetchone() == (True,)


def _of_waiting(item: WaitingItem, asked: Near) -> FieldItem:
    guess = item.suggestion
    place = guess.gateway_place if guess is not None else None
    return FieldItem(
        id=item.id,
        state="waiting",
        kind=guess.kind if guess is not None else "other",
        name=guess.name if guess is not None else "",
        model=guess.model if guess is not None else "",
        building=None,
        last_seen=item.last_seen,
        distance_m=_distance(asked, place.lon, place.lat) if place is not None else None,
        lon=None,
        lat=None,
    )


def _of_device(item: DeviceItem, asked: Near) -> FieldItem:
    is_placed = item.lon is not None and "place_from" not in item.attributes
    return FieldItem(
        id=item.id,
        state="retired" if item.state == "retired" else "registered" if is_placed else "unplaced",
        kind=item.kind,
        name=item.name,
        model=str(item.attributes.get("model") or ""),
        building=item.building,
        last_seen=item.last_seen,
        distance_m=_distance(asked, item.lon, item.lat),
        lon=item.lon,
        lat=item.lat,
    )


def _unplaced(cur: Cursor, account: Account, asked: Near) -> list[FieldItem]:
    rows = rows_as_dicts(
        cur,
        sql.SQL("""
            SELECT d.id, d.kind, d.name, d.area, d.building, d.last_seen, coalesce(d.lon, g.lon) AS lon,
                   coalesce(d.lat, g.lat) AS lat, coalesce(d.attributes ->> 'model', '') AS model
            FROM devices d LEFT JOIN devices g ON g.id = d.gateway
            WHERE (d.lon IS NULL OR d.attributes ? 'place_from') AND d.retired_at IS NULL AND NOT d.is_carrier
            ORDER BY d.last_seen DESC NULLS LAST LIMIT 200
        """),
        {},
    )
    return [
        FieldItem(
            **{name: row[name] for name in ("id", "kind", "name", "building", "last_seen", "model", "lon", "lat")},
            state="unplaced",
            distance_m=_distance(asked, row["lon"], row["lat"]),
        )
        for row in rows
        if account.reaches({row["area"]} - {""})
    ]


def _distance(asked: Near, lon: float | None, lat: float | None) -> float | None:
    """Give metres, good for some tens of kilometres."""
    if asked.lon is None or asked.lat is None or lon is None or lat is None:
        return None
    east = (lon - asked.lon) * 111_320 * cos(radians(lat))
    return round(hypot(east, (lat - asked.lat) * 110_570), 1)


def _nearness(item: FieldItem) -> tuple[bool, float, float]:
    heard = item.last_seen.timestamp() if item.last_seen is not None else 0.0
    return item.distance_m is None, item.distance_m or 0.0, -heard
