"""How the alarm system itself performs: EEMUA 191 / ISA-18.2 figures with their bounds. Layout only; asset 45 fills it."""

from dash import html

from dashboard.pages.frame import Say, account, header, panel, stale_banner

CHARTS = ("rate", "priorities", "tags", "answer")


def layout(say: Say) -> html.Div:
    """Return the performance screen in the language of `say`."""
    charts = [
        panel(
            say(f"performance.{name}.title"),
            html.Div(id=f"performance-{name}", className="performance-chart"),
            html.P(id=f"performance-{name}-note", className="performance-note"),
            name=name,
        )
        for name in CHARTS
    ]
    return html.Div(
        id="performance",
        className="screen performance",
        children=[
            header(say, "performance", "performance.title", account(say)),
            stale_banner(say),
            html.Main(
                className="performance-body",
                children=[
                    html.Div(id="performance-ranges", className="performance-ranges"),
                    html.Div(id="performance-cards", className="performance-cards"),
                    *charts,
                ],
            ),
            html.Div(id="notice", className="notice", role="status"),
        ],
    )
