"""Whom we told: receivers as they are, the newest messages, and one message in full. Layout only; an asset fills it."""

from dash import html

from dashboard.pages.frame import Say, account, attributes, header, stale_banner

COLUMNS = ("time", "receiver", "title", "state")


def layout(say: Say) -> html.Div:
    """Return the notifications screen in the language of `say`."""
    heads = [html.Span(say(f"notifications.column.{name}"), className=f"cell-{name}") for name in COLUMNS]
    table = html.Section(
        className="panel list-panel",
        children=[
            html.Div(id="receivers", className="receivers"),
            html.Div(id="notification-filters", className="filters"),
            html.Div(heads, className="row row-head", **attributes(aria_hidden="true")),
            html.Div(id="notification-list", className="notification-list", tabIndex="0"),
        ],
    )
    detail = html.Section(
        id="detail",
        className="panel detail-panel",
        children=html.Div(say("notifications.pick"), id="detail-empty", className="empty"),
    )
    return html.Div(
        id="notifications",
        className="screen notifications",
        children=[
            header(say, "notifications", "page.notifications", account(say)),
            stale_banner(say),
            html.Main([table, detail], className="devices-body"),
            html.Div(id="dialog-host"),
            html.Div(id="notice", className="notice", role="status"),
        ],
    )
