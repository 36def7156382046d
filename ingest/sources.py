"""Sources bind topic filters to decoders. Pure."""

from dataclasses import dataclass

from ingest.decoders import names, usual_topics


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Messages whose topic matches `topic_filter` are decoded by the decoder named `decoder`."""

    topic_filter: str
    decoder: str


DEFAULT_SOURCES = tuple(
    Source(topic_filter=topic_filter, decoder=name) for name in names() for topic_filter in usual_topics(name)
)
"""What each decoder's file says of where its format usually arrives."""

EVERYTHING = ("#",)
"""One subscription to a broker of our own. NATS shares its window of unacknowledged messages out among subscriptions."""


def matches(topic_filter: str, topic: str) -> bool:
    """Tell whether a topic matches a filter with + and # (MQTT 5 §4.7); topics that begin with $ match no wildcard."""
    wanted, given = topic_filter.split("/"), topic.split("/")
    if given[0].startswith("$") and wanted[0] in ("+", "#"):
        return False
    for i, level in enumerate(wanted):
        if level == "#":
            return True
        if i >= len(given) or level not in ("+", given[i]):
            return False
    return len(wanted) == len(given)


def source_of(sources: tuple[Source, ...], topic: str) -> Source | None:
    """Find the first source that takes a topic."""
    return next((source for source in sources if matches(source.topic_filter, topic)), None)
