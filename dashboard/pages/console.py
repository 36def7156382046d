"""The officer's console: the list of alarms, one alarm in full, and what can be done about it. Layout only."""

from dash import html
from dash.development.base_component import Component

from dashboard.pages.frame import Say, account, attributes, header, stale_banner, weather_strip

PRIORITIES = ("1", "2", "3", "4")
COLUMNS = ("priority", "condition", "device", "place", "value", "raised", "state")


def layout(say: Say) -> html.Div:
    """Return the console in the language of `say`."""
    return html.Div(
        id="console",
        className="screen console",
        children=[
            header(say, "console", "page.console", _sound(say), account(say)),
            stale_banner(say),
            weather_strip(say),
            html.Main(
                className="console-body",
                children=[
                    html.Section([_filters(say), _columns(say), _list(say), _keys(say)], className="panel list-panel"),
                    html.Section(
                        id="detail",
                        className="panel detail-panel",
                        children=html.Div(say("console.pick"), id="detail-empty", className="empty"),
                    ),
                ],
            ),
            html.Div(id="dialog-host"),
            html.Div(id="notice", className="notice", role="status"),
        ],
    )


def _sound(say: Say) -> html.Div:
    return html.Div(
        className="sound",
        children=[
            html.Span(say("console.sound_blocked"), id="sound-blocked", className="sound-blocked"),
            html.Button(id="sound", className="quiet-button", type="button", title=say("console.silence")),
        ],
    )


def _filters(say: Say) -> html.Div:
    priorities = [
        html.Button(
            className=f"toggle toggle-{priority}",
            type="button",
            children=[
                html.Span(say(f"priority.{priority}")),
                html.Span(className="toggle-count", **attributes(data_count=f"alarms.{priority}")),
            ],
            **attributes(data_priority=priority, aria_pressed="false"),
        )
        for priority in PRIORITIES
    ]
    unacked = html.Button(
        id="filter-unacked",
        className="toggle",
        type="button",
        children=[
            say("console.filter_unacked"),
            html.Span(className="toggle-count", **attributes(data_count="unacked")),
        ],
        **attributes(aria_pressed="false"),
    )
    return html.Div(
        className="filters",
        children=[
            html.Div(
                priorities,
                className="filter-group",
                role="group",
                **attributes(aria_label=say("console.filter_priority")),
            ),
            unacked,
            # Plain HTML controls that the asset creates here: Dash has no <select> without a callback behind it.
            html.Div(id="filter-controls", className="filter-controls"),
        ],
    )


def _columns(say: Say) -> html.Div:
    heads = [html.Span(say(f"console.column.{name}"), className=f"cell-{name}") for name in COLUMNS]
    return html.Div(heads, className="row row-head", **attributes(aria_hidden="true"))


def _list(say: Say) -> html.Div:
    return html.Div(
        id="alarm-list",
        className="alarm-list",
        tabIndex="0",
        role="listbox",
        **attributes(aria_label=say("console.list")),
    )


def _keys(say: Say) -> html.Div:
    hints: list[Component] = [
        _hint([say("key.up"), say("key.down")], say("key.move")),
        _hint(["A", say("key.space")], say("console.acknowledge")),
        _hint(["S"], say("console.shelve")),
        _hint(["C"], say("console.comment")),
        _hint(["M"], say("console.silence")),
        _hint(["W"], say("weather.title")),
        _hint(["?"], say("console.help")),
    ]
    return html.Div([*hints, html.Span(id="list-shown", className="list-shown")], className="key-hints")


def _hint(keys: list[str], does: str) -> html.Span:
    return html.Span([*(html.Kbd(key) for key in keys), html.Span(does)], className="key-hint")
