"""The wall: read from ten metres, operated by nobody. Layout only; assets 10 to 22 fill it."""

from dash import html

from dashboard.pages.frame import Say, account, attributes, header, panel, stale_banner, weather_strip
from dashboard.pages.map import county_map

PRIORITIES = ("1", "2", "3", "4")
DISPATCH = ("awaiting", "sent", "on_scene", "done")


def layout(say: Say, tile_url: str | None) -> html.Div:
    """Return the wall in the language of `say`."""
    return html.Div(
        id="wall",
        className="screen wall",
        children=[
            header(say, "wall", "wall.title", account(say)),
            stale_banner(say),
            weather_strip(say),
            html.Main(
                className="wall-body",
                children=[
                    html.Div([_alarms(say), _incidents(say), _devices(say)], className="wall-left"),
                    _map(say, tile_url),
                    html.Div([_newest(say), _open_incidents(say)], className="wall-right"),
                ],
            ),
        ],
    )


def _count(name: str, className: str = "figure") -> html.Span:  # noqa: N803 - Dash's own spelling
    return html.Span(className=className, **attributes(data_count=name))


def _alarms(say: Say) -> html.Section:
    unacked = html.Div([html.Span(say("wall.unacked")), _count("unacked")], className="unacked")
    tiles = [
        html.Div(
            className=f"tile priority-{priority}",
            children=[
                _count(f"alarms.{priority}"),
                html.Span(say(f"priority.{priority}"), className="tile-name"),
                html.Span(say(f"priority.level_{priority}"), className="tile-level"),
            ],
        )
        for priority in PRIORITIES
    ]
    return panel(say("wall.alarms"), unacked, html.Div(tiles, className="tiles4"), name="alarms")


def _incidents(say: Say) -> html.Section:
    rows = [
        html.Div(
            className=f"stage stage-{stage}",
            children=[
                html.Span(say(f"incident.dispatch.{stage}"), className="stage-name"),
                _count(f"incidents.{stage}"),
            ],
        )
        for stage in DISPATCH
    ]
    return panel(say("wall.incidents"), html.Div(rows, className="stages"), name="stages")


def _devices(say: Say) -> html.Section:
    online = html.Div(
        className="online",
        children=[
            html.Div(say("wall.online"), className="online-name"),
            html.Div(
                [_count("heard"), html.Span(className="figure-of", **attributes(data_count="devices"))],
                className="online-of",
            ),
            html.Div(html.Div(id="online-bar", className="bar-fill"), className="bar"),
        ],
    )
    rest = html.Div(
        className="facts",
        children=[
            _fact(say("wall.offline"), "offline"),
            _fact(say("wall.waiting"), "waiting"),
            _fact(say("wall.readings"), "readings_per_min", say("wall.per_minute")),
        ],
    )
    return panel(say("wall.devices"), online, rest, name="devices")


def _fact(name: str, count: str, unit: str = "") -> html.Div:
    value = html.Span([_count(count, "fact-value"), html.Span(unit, className="fact-unit")])
    return html.Div([html.Span(name, className="fact-name"), value], className="fact")


def _map(say: Say, tile_url: str | None) -> html.Section:
    return html.Section(
        className="panel panel-map",
        **attributes(aria_label=say("wall.map")),
        children=[
            county_map(tile_url),
            _legend(say),
            html.Div(say("link.stale_title"), className="stale-mark", **attributes(aria_hidden="true")),
            html.Button(
                say("wall.whole_county"), id="whole-county", className="quiet-button whole-county", type="button"
            ),
        ],
    )


def _legend(say: Say) -> html.Div:
    grids = [
        html.Span(
            [html.I(className=f"swatch priority-{priority}"), say(f"priority.{priority}")], className="legend-item"
        )
        for priority in PRIORITIES
    ]
    marks = [
        html.Span([html.I(className=f"mark mark-{name}"), say(f"legend.{name}")], className="legend-item")
        for name in ("device", "offline", "incident", "town")
    ]
    return html.Div(
        className="legend",
        children=[
            html.Div(say("legend.grid"), className="legend-name"),
            html.Div(grids, className="legend-row"),
            html.Div(marks, className="legend-row"),
        ],
    )


def _newest(say: Say) -> html.Section:
    return panel(say("wall.newest"), html.Div(id="newest", className="rows"), name="newest")


def _open_incidents(say: Say) -> html.Section:
    return panel(say("wall.incident_list"), html.Div(id="incidents", className="rows"), name="incidents")
