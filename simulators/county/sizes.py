"""How large a synthetic county is. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Counts that a county of this size has exactly. `radius_m` is about half of its width."""

    towns: int
    villages: int
    grids: int
    micro_grids: int
    radius_m: float
    smoke: int
    gauges: int
    rain: int
    cameras: int
    panels: int
    per_panel: int  # detectors behind one fire panel
    per_house: float  # detectors in an ordinary building, on average
    river_nodes: int  # how finely the drainage is drawn
    specials: tuple[int, int, int]  # schools, reservoirs, industrial parks


SIZES = {
    "small": Size(
        towns=4,
        villages=8,
        grids=16,
        micro_grids=32,
        radius_m=9_000,
        smoke=96,
        gauges=8,
        rain=6,
        cameras=8,
        panels=2,
        per_panel=8,
        per_house=3.0,
        river_nodes=220,
        specials=(2, 1, 1),
    ),
    "demo": Size(
        towns=8,
        villages=56,
        grids=200,
        micro_grids=600,
        radius_m=19_000,
        smoke=2_000,
        gauges=40,
        rain=30,
        cameras=60,
        panels=12,
        per_panel=20,
        per_house=3.0,
        river_nodes=900,
        specials=(12, 3, 4),
    ),
    "bench": Size(
        towns=16,
        villages=160,
        grids=1_000,
        micro_grids=4_000,
        radius_m=32_000,
        smoke=19_100,
        gauges=240,
        rain=200,
        cameras=400,
        panels=60,
        per_panel=20,
        per_house=4.0,
        river_nodes=2_400,
        specials=(40, 6, 10),
    ),
}
