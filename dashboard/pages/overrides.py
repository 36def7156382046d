"""What is shelved, suppressed or out of service, in one list with every end. Layout only; asset 42 fills it."""

from dash import html

from dashboard.pages.frame import Say, account, attributes, header, stale_banner

COLUMNS = ("kind", "what", "covers", "place", "reason", "actor", "from", "until", "alarms", "end")


def layout(say: Say) -> html.Div:
    """Return the overrides screen in the language of `say`."""
    heads = [html.Span(say(f"overrides.column.{name}"), className=f"cell-{name}") for name in COLUMNS]
    table = html.Section(
        className="panel list-panel",
        children=[
            html.Div(id="override-tabs", className="page-tabs", role="tablist"),
            html.Div(id="override-filters", className="filters"),
            html.Div(heads, className="row row-head", **attributes(aria_hidden="true")),
            html.Div(id="override-list", className="override-list", tabIndex="0"),
        ],
    )
    return html.Div(
        id="overrides",
        className="screen overrides",
        children=[
            header(say, "overrides", "overrides.title", account(say)),
            stale_banner(say),
            html.Main(table, className="overrides-body"),
            html.Div(id="dialog-host"),
            html.Div(id="notice", className="notice", role="status"),
        ],
    )
