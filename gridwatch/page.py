"""Where commands print their tables: a terminal as wide as it is, a file or pipe wide enough for every word."""

from rich.console import Console

WIDE = 160


def page() -> Console:
    """Make the console of standard output; what is read by programs is never cut to a terminal nobody looks at."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=max(console.width, WIDE))
