"""Tell from a topic which device may speak on it. Pure; knows topics of the form `{root}/{area}/{device}` only."""

from functools import lru_cache


@lru_cache(maxsize=4096)  # a device says all its messages on one topic
def speaker(topic: str, root: str) -> str | None:
    """Give the device a topic names, in upper case: two levels after the level `root`, wherever that stands.

    Other levels may stand before it (a partition: `p/3/sl651/...`) and after it. None where the topic names nobody, as
    when a file is decoded by hand: then every device may speak.
    """
    levels = topic.split("/")
    at = levels.index(root) + 2 if root in levels else len(levels)
    return levels[at].upper() if at < len(levels) else None
