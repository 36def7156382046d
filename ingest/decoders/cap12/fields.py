"""Words, times and references of a CAP message, each read or refused. Pure."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Final, TypeVar

from ingest.readings import Reason
from ingest.wire import RefusedError, text
from ingest.xml_tree import Element

T = TypeVar("T")

CHINA: Final = timezone(timedelta(hours=8))
DESCRIPTION_KEPT: Final = 4_000
_YEARS: Final = (1970, 2100)


def instant(words: str, *, zone: timezone | None = None) -> datetime | None:
    """Read a CAP time (§3.3.2: with an offset; Z, though forbidden, is taken); None where it is none.

    `zone` is assumed where the words give no offset; None refuses them.
    """
    try:
        found = datetime.fromisoformat(words)
    except ValueError:
        return None
    if found.tzinfo is None:
        if zone is None:
            return None
        found = found.replace(tzinfo=zone)
    if not _YEARS[0] < found.year < _YEARS[1]:
        return None
    return found.astimezone(UTC)


def references_of(alert: Element, sender: str, *, is_first: bool) -> tuple[tuple[str, str], ...]:
    """Read "sender,identifier,sent" groups with blanks between them (§3.2.1); senders may hold no comma, ids may.

    CAP 1.0 (`is_first`) wrote "identifier/sender".
    """
    found = []
    for group in alert.word("references").split():
        parts = group.split(",")
        if is_first and len(parts) == 1:
            named, _, by = group.partition("/")
            found.append((text(by) or sender, text(named)))
        elif len(parts) >= 3:  # noqa: PLR2004 -- the three of the standard
            found.append((text(parts[0]), text(",".join(parts[1:-1]))))
        elif len(parts) == 1:
            found.append((sender, text(group)))  # 12379 names the identifier alone
    return tuple(dict.fromkeys(found))


def required(element: Element, name: str) -> str:
    """Give the text of a child that a message must have.

    Raises:
        RefusedError: it has none.
    """
    found = element.word(name)
    if not found:
        raise RefusedError(Reason.MALFORMED, f"<{name}> is missing")
    return found


def one_of(element: Element, name: str, known: dict[str, T]) -> T:
    """Give what the word of a child means.

    Raises:
        RefusedError: there is none, or CAP does not know it.
    """
    found = known.get(required(element, name).lower())
    if found is None:
        raise RefusedError(Reason.MALFORMED, f"<{name}> is {text(element.word(name))!r}, which CAP does not know")
    return found


def check(element: Element, name: str, known: frozenset[str]) -> None:
    """Refuse an element whose child has no known word.

    Raises:
        RefusedError: as in `one_of`.
    """
    check_word(required(element, name), name, known)


def check_word(word: str, name: str, known: frozenset[str]) -> None:
    """Refuse a word that is not among the known ones, written in lower case.

    Raises:
        RefusedError: as in `one_of`.
    """
    if not word:
        raise RefusedError(Reason.MALFORMED, f"<{name}> is missing")
    if word.lower() not in known:
        raise RefusedError(Reason.MALFORMED, f"<{name}> is {text(word)!r}, which CAP does not know")


def instant_of(element: Element, name: str, zone: timezone | None) -> datetime | None:
    """Read the time in a child, in UTC; None where there is none. `zone` as in `instant`.

    Raises:
        RefusedError: it is no time with an offset.
    """
    words = element.word(name)
    if not words:
        return None
    found = instant(words, zone=zone)
    if found is None:
        raise RefusedError(Reason.TIME, f"<{name}> is {text(words)!r}: no time with an offset")
    return found


def long_text(words: str) -> str:
    """Make a text of several lines fit to be stored."""
    kept = "".join(c if c.isprintable() or c == "\n" else " " for c in words[:DESCRIPTION_KEPT])
    return kept.strip()
