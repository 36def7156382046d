"""Sources bind topic filters to decoders. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Messages whose topic matches `topic_filter` are decoded by the decoder named `decoder`."""

    topic_filter: str
    decoder: str


DEFAULT_SOURCES = (
    Source(topic_filter="gridwatch/v1/+/+/senml", decoder="senml"),
    Source(topic_filter="sl651/+/+", decoder="sl651"),
    Source(topic_filter="gb26875/+/+", decoder="gb26875_3"),
    Source(topic_filter="frigate/#", decoder="frigate"),
    Source(topic_filter="zigbee2mqtt/#", decoder="zigbee2mqtt"),
)


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
