"""The rules screen: what is judged by, what somebody wants changed, and how it was before. Layout only."""

from dash import html

from dashboard.pages.frame import Say, account, attributes, header, stale_banner


def layout(say: Say) -> html.Div:
    """Return the rules screen in the language of `say`."""
    table = html.Section(
        className="panel list-panel",
        children=[
            html.Div(id="rule-tabs", className="page-tabs", role="tablist"),
            html.Div(id="rule-tools", className="filters"),
            html.Div(id="rule-head", className="row row-head", **attributes(aria_hidden="true")),
            html.Div(id="rule-list", className="device-list", tabIndex="0"),
        ],
    )
    detail = html.Section(
        id="detail",
        className="panel detail-panel",
        children=html.Div(say("rules.pick"), id="detail-empty", className="empty"),
    )
    return html.Div(
        id="rules",
        className="screen devices rules",
        children=[
            header(say, "rules", "rules.title", account(say)),
            stale_banner(say),
            html.Main([table, detail], className="devices-body"),
            html.Div(id="dialog-host"),
            html.Div(id="notice", className="notice", role="status"),
        ],
    )
