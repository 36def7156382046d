"""Topic filters."""

import pytest

from ingest.decoders import built_in, usual_topics
from ingest.sources import DEFAULT_SOURCES, matches, source_of
from tests.payloads import PAYLOADS


@pytest.mark.parametrize(
    ("topic_filter", "topic", "expected"),
    [
        ("a/b", "a/b", True),
        ("a/+", "a/b", True),
        ("a/+", "a/b/c", False),
        ("a/#", "a", True),
        ("a/#", "a/b/c", True),
        ("+/+", "/b", True),
        ("#", "$SYS/x", False),
        ("a/b/c", "a/b", False),
    ],
)
def test_filters_match_as_the_standard_says(topic_filter: str, topic: str, *, expected: bool) -> None:
    """+ is one level, # is the rest and its parent, and wildcards do not see topics that begin with $."""
    assert matches(topic_filter, topic) is expected


def test_each_format_has_its_own_topics() -> None:
    """The default sources send every format's topics to its decoder and leave strangers alone."""
    taken = {t: source_of(DEFAULT_SOURCES, t) for t in ("gridwatch/v1/3301/s1/senml", "sl651/3301/0012345678", "x/y")}
    assert [source.decoder if source else None for source in taken.values()] == ["senml", "sl651", None]


@pytest.mark.parametrize("name", sorted(name for name in set(PAYLOADS) & built_in() if usual_topics(name)))
def test_what_a_decoder_understands_reaches_it(name: str) -> None:
    """By default each topic of our examples is taken, and leads to the decoder that reads it: a shared account may publish there."""
    decoders = {topic: source_of(DEFAULT_SOURCES, topic) for topic, _ in PAYLOADS[name] if topic}
    strays = {t: s and s.decoder for t, s in decoders.items() if s is None or s.decoder != name}
    assert strays == {}
