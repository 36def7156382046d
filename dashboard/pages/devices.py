"""The device registry: what is registered, what is waiting to be, and one device's newest readings. Layout only."""

from dash import html

from dashboard.pages.frame import Say, account, attributes, header, stale_banner

COLUMNS = ("id", "name", "kind", "place", "state", "last_seen")


def layout(say: Say) -> html.Div:
    """Return the devices screen in the language of `say`."""
    heads = [html.Span(say(f"devices.column.{name}"), className=f"cell-{name}") for name in COLUMNS]
    table = html.Section(
        className="panel list-panel",
        children=[
            html.Div(id="device-tabs", className="page-tabs", role="tablist"),
            html.Div(id="device-filters", className="filters"),
            html.Div(heads, id="device-head", className="row row-head", **attributes(aria_hidden="true")),
            html.Div(id="device-list", className="device-list", tabIndex="0"),
        ],
    )
    detail = html.Section(
        id="detail",
        className="panel detail-panel",
        children=html.Div(say("devices.pick"), id="detail-empty", className="empty"),
    )
    return html.Div(
        id="devices",
        className="screen devices",
        children=[
            header(say, "devices", "page.devices", account(say)),
            stale_banner(say),
            html.Main([table, detail], className="devices-body"),
            html.Div(id="dialog-host"),
            html.Div(id="notice", className="notice", role="status"),
        ],
    )
