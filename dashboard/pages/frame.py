"""What every screen has around it: header, link state, clock, the banner of a stale picture. No text of its own."""

from collections.abc import Callable
from typing import Any

from dash import html
from dash.development.base_component import Component

Say = Callable[[str], str]
"""Turns a key of the message catalogue into text in the viewer's language."""

PAGES = ("wall", "console", "devices", "rules", "overrides", "performance", "notifications")


def attributes(**values: str) -> dict[str, Any]:
    """Spell `data_count` as the attribute data-count: Python has no such keyword."""
    return {name.replace("_", "-"): value for name, value in values.items()}


def header(say: Say, page: str, title: str, *tools: Component) -> html.Header:
    """Return the header of `page`; `tools` stand between the title and the clock.

    The elements with an id are empty on purpose: the assets fill them, and React never writes there.
    """
    return html.Header(
        className=f"header header-{page}",
        children=[
            html.Div(
                className="header-left",
                children=[
                    html.Div(
                        className="link",
                        id="link",
                        role="status",
                        children=[
                            html.Span(className="link-lamp"),
                            html.Span(id="link-state"),
                            html.Span(id="link-age"),
                        ],
                    ),
                    _navigation(say, page),
                ],
            ),
            html.H1(say(title), className="header-title"),
            html.Div(
                className="header-right",
                children=[
                    *tools,
                    html.Div(
                        className="clock",
                        children=[
                            html.Span(id="clock-date", className="clock-date"),
                            html.Span(id="clock-time", className="clock-time"),
                        ],
                    ),
                ],
            ),
        ],
    )


def account(say: Say) -> html.Div:
    """Return the viewer's name, the switch to the other language and the way out."""
    return html.Div(
        className="account",
        children=[
            html.Span(id="viewer", className="account-name", title=say("app.user")),
            html.Button(say("app.other_language"), id="other-language", className="quiet-button", type="button"),
            html.Button(say("app.logout"), id="logout", className="quiet-button", type="button"),
        ],
    )


def stale_banner(say: Say) -> html.Div:
    """Return the banner that covers the top of the screen when the picture is no longer true."""
    return html.Div(
        id="stale",
        className="stale",
        role="alert",
        children=[html.Strong(say("link.stale_title")), html.Span(id="stale-reason")],
    )


def weather_strip(say: Say) -> html.Div:
    """Return the strip of official warnings: hidden while there are none."""
    return html.Div(
        id="weather-strip",
        className="weather-strip",
        hidden=True,
        role="status",
        **attributes(aria_label=say("weather.title")),
    )


def panel(heading: str, *children: Component, name: str) -> html.Section:
    """Return a titled panel; `name` is the last part of its CSS class."""
    return html.Section(
        className=f"panel panel-{name}",
        children=[html.H2(heading, className="panel-title"), *children],
    )


def _navigation(say: Say, page: str) -> html.Nav:
    links = [
        html.A(say(f"page.{name}"), href=f"/{name}", className="nav-here" if name == page else "nav-link")
        for name in PAGES
    ]
    return html.Nav(links, className="nav", **attributes(aria_label=say("app.menu")))
