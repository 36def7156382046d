"""`/api/v1/grids`: the polygons for the map, and the grid path of a point."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from dashboard.api.etag import is_known
from dashboard.context import Reader, WebParts
from dashboard.queries.grids import GridItem, PathPart
from geo import Datum, Grid, Level, to_wgs84

router = APIRouter(tags=["grids"])


class Located(BaseModel):
    """Where a point lies."""

    model_config = ConfigDict(frozen=True)

    lon: float = Field(description="WGS 84 longitude, degrees.")
    lat: float = Field(description="WGS 84 latitude, degrees.")
    grid: GridItem | None = Field(description="The finest grid that holds the point; null: none does.")
    path: list[PathPart] = Field(description="From the county down; empty where no grid holds the point.")
    special: list[PathPart] = Field(description="Special grids that hold the point as well.")
    in_gap: bool = Field(description="Whether grids lie all round the point but none holds it.")
    nearest: PathPart | None = Field(description="The closest grid, where none or not a whole path holds the point.")
    distance_m: float | None = Field(description="How far `nearest` is away, metres.")


@router.get("/grids.geojson", response_class=Response, responses={200: {"content": {"application/geo+json": {}}}})
def grids_geojson(
    web: WebParts,
    _: Reader,
    request: Request,
    level: Annotated[Level | None, Query(description="One level; none: all of them.")] = None,
    _after: Annotated[
        int | None, Query(alias="after", description="Means nothing here: it makes a new address for a new version.")
    ] = None,
) -> Response:
    """Give the polygons in force as GeoJSON; WGS 84, rounded to 0.1 m."""
    with web.transaction() as cur:
        grids = web.drawings.grids(cur, now=web.clock())
    drawing = web.drawings.drawing(grids, level)
    headers = {"ETag": drawing.etag, "Cache-Control": "private, no-cache", "Vary": "Accept-Encoding"}
    if is_known(request, drawing.etag):
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(drawing.zipped, 200, {**headers, "Content-Encoding": "gzip"}, "application/geo+json")
    return Response(drawing.body, 200, headers, "application/geo+json")


@router.get("/grids/locate")
def locate(
    web: WebParts,
    _: Reader,
    lon: Annotated[float, Query(ge=-180, le=180, allow_inf_nan=False, description="Longitude in `datum`, degrees.")],
    lat: Annotated[float, Query(ge=-90, le=90, allow_inf_nan=False, description="Latitude in `datum`, degrees.")],
    datum: Annotated[Datum, Query(description="What lon and lat are given in.")] = Datum.WGS84,
) -> Located:
    """Tell which grids hold a point."""
    with web.transaction() as cur:
        grids = web.drawings.grids(cur, now=web.clock())
    x, y = to_wgs84(lon, lat, datum)
    place = grids.locate(x, y)
    path = [_part(grid) for grid in place.path]
    return Located(
        lon=x,
        lat=y,
        grid=GridItem(code=path[-1].code, name=path[-1].name, path=tuple(path)) if path else None,
        path=path,
        special=[_part(grid) for grid in place.special],
        in_gap=place.in_gap,
        nearest=None if place.nearest is None else _part(place.nearest),
        distance_m=place.distance_m,
    )


def _part(grid: Grid) -> PathPart:
    return PathPart(code=grid.code, name=grid.name, level=grid.level.value)
