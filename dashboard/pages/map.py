"""The map of the county from its own polygons: layers by URL, painted by the assets. No tile server unless one is set."""

import dash_leaflet as dl

GRIDS_URL = "/api/v1/grids.geojson?level="

# Leaflet's own panes: tiles 200, overlays 400, markers 600. Sensors are drawn by an asset at 420, incidents at 610.
PANES = {"gridPane": 380, "villagePane": 390, "townPane": 400}

_PAINT = "gridwatch.map."


def county_map(tile_url: str | None) -> dl.Map:
    """Return the map; `tile_url` names a tile server the administrator chose, None keeps the map offline.

    Zoom and centre are only where Leaflet starts: the asset fits the county as soon as its towns are there.
    """
    layers = [dl.Pane(name=name, style={"zIndex": z}) for name, z in PANES.items()]
    layers += [_layer("grid"), _layer("village"), _layer("town")]
    if tile_url:
        layers.append(dl.TileLayer(url=tile_url, className="tiles"))
    return dl.Map(
        layers,
        id="map",
        className="map",
        center=[30.0, 120.0],
        zoom=9,
        zoomSnap=0.1,
        zoomControl=False,
        attributionControl=False,
        trackViewport=False,
        doubleClickZoom=True,
    )


def _layer(level: str) -> dl.GeoJSON:
    """A layer of polygons fetched by the browser: never inline, or the county would sit in the layout's JSON."""
    return dl.GeoJSON(
        id=f"layer-{level}",
        url=f"{GRIDS_URL}{level}",
        pane=f"{level}Pane",
        interactive=False,
        style={"variable": f"{_PAINT}{level}Style"},
        onEachFeature={"variable": f"{_PAINT}each"},
    )
