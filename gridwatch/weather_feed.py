"""A feed of official warnings over HTTP: asked now and then, taken in as MQTT messages are. Whatever fails is counted and shown.

A feed is a CAP message, a list with CAP messages in it, one of the JSON forms, or an index (Atom, RSS) of addresses. Those are
fetched from the feed's own host, and from hosts that the settings allow.
"""

import asyncio
import random
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from typing import Final
from urllib.parse import urljoin, urlsplit

import psycopg
import structlog

from alerts.weather_intake import WeatherOptions
from database import append_changes, connect
from gridwatch.clock import now
from gridwatch.weather_desk import CAP, Outcome, WeatherDesk, decoder_of
from gridwatch.weather_fetch import Answer, FetchError, Question, fetch, public_name
from gridwatch.weather_record import Look, note_look
from ingest.wire import RefusedError
from ingest.xml_tree import Element, read_xml

log = structlog.get_logger(__name__)

ENTRIES_AT_MOST: Final = 200  # fetched of one index in one look
ENTRIES_FOR_S: Final = 60.0  # so long, and the index is asked anew: what is newest may stand in it by now
BEHIND_PAUSE_S: Final = 5.0  # while an index lists more than one look fetches
LONGEST_PAUSE_S: Final = 900.0
JITTER: Final = 0.1
_DATED: Final = ("updated", "pubDate", "published", "date")


class FeedReporter:
    """Asks one feed. Not for two threads at once."""

    def __init__(
        self, database_url: str, feed: str, options: WeatherOptions, *, interval_s: float, hosts: frozenset[str]
    ) -> None:
        self._database_url = database_url
        self._feed = feed
        self.name = public_name(feed)
        self._desk = WeatherDesk(options)
        self._interval_s = interval_s
        self._hosts = hosts
        self._etag = self._modified = ""
        self._taken: dict[str, str] = {}  # by address: the date in the index; a message never changes under both
        self._failed: set[str] = set()  # addresses: asked again after all others
        self._foreign: set[str] = set()  # addresses on hosts that are not allowed
        self._is_behind = False
        # Of its own: a server that is silent must not hold the threads that judge and store alarms.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="feed of warnings")
        self.failures = 0  # of the feed itself, in a row

    async def run(self) -> None:
        """Ask for ever, less often while it fails."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                await loop.run_in_executor(self._thread, self.look, now())
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                log.warning("a feed was not taken in; tried again", feed=self.name, error=str(error))
            except Exception as error:  # the outermost loop: one feed must not end the worker
                log.exception("a feed was not taken in; tried again", feed=self.name)
                await loop.run_in_executor(self._thread, self._tell, Look(name=self.name, at=now(), fault=repr(error)))
            await asyncio.sleep(self.pause_s(random.uniform(-JITTER, JITTER)))  # noqa: S311 -- so that feeds are not asked in step

    def pause_s(self, jitter: float) -> float:
        """Say how long to wait: the interval, twice as long after each failure in a row up to a quarter of an hour.

        Entries that fail do not count: an index with one dead link brings news like any other.
        """
        if self._is_behind:
            return min(self._interval_s, BEHIND_PAUSE_S)
        pause: float = min(self._interval_s * 2 ** min(self.failures, 10), max(self._interval_s, LONGEST_PAUSE_S))
        return pause * (1 + jitter)

    def look(self, at: datetime) -> Look:
        """Ask once and take in what is new.

        Raises:
            psycopg.Error: the database is away; the same is asked for again.
        """
        try:
            answer = fetch(Question(url=self._feed, etag=self._etag, modified=self._modified, hosts=self._hosts))
        except FetchError as error:
            self.failures, self._is_behind = self.failures + 1, False
            look = Look(name=self.name, at=at, fault=str(error))
            self._note(look)
            log.warning("a feed of warnings failed", feed=self.name, reason=str(error), failures=self.failures)
            return look
        links = None if answer.document is None else _links(answer.document)
        if links is None:
            look = self._take(answer, at)
            is_whole = not look.fault
            self.failures = 0 if is_whole else self.failures + 1
        else:
            look = self._take_entries(answer.url, links, at)
            self.failures, is_whole = 0, not (look.fault or self._failed or self._is_behind)
        self._note(look)
        # What is not whole is asked for again even where nothing is new.
        self._etag, self._modified = (answer.etag, answer.modified) if is_whole else ("", "")
        return look

    def _take(self, answer: Answer, at: datetime) -> Look:
        """Take in an answer that is no index."""
        if answer.document is None:
            return Look(name=self.name, at=at)
        why = self._write(answer.document, answer.url, at).why
        return Look(name=self.name, at=at, fault=why, taken=int(not why), refused=int(bool(why)))

    def _take_entries(self, base: str, links: list[tuple[str, str]], at: datetime) -> Look:
        """Take in what an index lists; what cannot be fetched is asked for again with the next look, after all others."""
        listed = {_joined(base, link): dated for link, dated in links}
        self._taken = {url: dated for url, dated in self._taken.items() if url in listed}
        due = [url for url, dated in listed.items() if self._taken.get(url) != dated]
        foreign = [url for url in due if not self._is_allowed(url)]
        refused = len(set(foreign) - self._foreign)
        self._foreign = set(foreign)
        faults = [f"it lists {public_name(url)}, on a host that is not allowed" for url in foreign[:1]]
        waiting = sorted((url for url in due if url not in self._foreign), key=self._failed.__contains__)
        until, taken, tried = time.monotonic() + ENTRIES_FOR_S, 0, 0
        for url in waiting[:ENTRIES_AT_MOST]:
            if time.monotonic() > until:
                break
            tried += 1
            outcome = self._take_entry(url, at)
            if isinstance(outcome, Outcome):
                taken, refused = taken + (not outcome.why), refused + bool(outcome.why)
                self._taken[url] = listed[url]
                self._failed.discard(url)
                continue
            if not outcome.is_gone or not self._taken:  # one old entry that is gone is no fault of the feed
                faults.append(f"{public_name(url)}: {outcome}")
            refused += outcome.is_gone and url not in self._failed
            self._failed.add(url)
        self._failed &= listed.keys()
        self._is_behind = any(url not in self._failed for url in waiting[tried:])
        fault, is_heard = faults[0] if faults else "", bool(self._taken)
        return Look(name=self.name, at=at, fault=fault, is_heard=is_heard, taken=taken, refused=refused)

    def _take_entry(self, url: str, at: datetime) -> Outcome | FetchError:
        """Take one entry in; gives why not where it has to be tried again."""
        try:
            entry = fetch(Question(url=url, of=self._feed, hosts=self._hosts))
        except FetchError as error:
            return error
        try:
            return self._write(entry.document or b"", url, at)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            raise
        except Exception as error:  # a fault of ours in one entry must not keep those behind it out
            log.exception("an entry of a feed was not taken in; tried again", feed=self.name)
            return FetchError(repr(error))

    def _is_allowed(self, url: str) -> bool:
        try:
            parts = urlsplit(url)
            host = (parts.hostname or "").lower()
        except ValueError:
            return False
        own = (urlsplit(self._feed).hostname or "").lower()
        return parts.scheme in {"http", "https"} and (host == own or host in self._hosts)

    def _write(self, document: bytes, url: str, at: datetime) -> Outcome:
        with connect(self._database_url, name="gridwatch warnings feed") as connection, connection.cursor() as cur:
            outcome = self._desk.take_document(cur, document, name=public_name(url), actor="feed", now=at)
            append_changes(cur, outcome.changes)
        if outcome.why:
            log.warning("a document of a feed was refused", feed=self.name, reason=outcome.why)
        return outcome

    def _tell(self, look: Look) -> None:
        """Write a look down, if that can be done."""
        with suppress(psycopg.Error):
            self._note(look)

    def _note(self, look: Look) -> None:
        with connect(self._database_url, name="gridwatch warnings feed") as connection, connection.cursor() as cur:
            note_look(cur, look)


def _joined(base: str, link: str) -> str:
    """Make the address of an entry whole; what is none stays what it is, and is not allowed."""
    try:
        return urljoin(base, link)
    except ValueError:
        return link


def _links(document: bytes) -> list[tuple[str, str]] | None:
    """List (address, date) of the entries of an index; None where the document is none, or has its messages in it."""
    if decoder_of(document) != CAP:
        return None
    try:
        root = read_xml(document)
    except RefusedError:
        return None  # the decoder says why
    if root.name not in {"feed", "rss", "RDF"}:
        return None
    holders = [root, *root.every("channel")]
    entries = [entry for holder in holders for name in ("entry", "item") for entry in holder.every(name)]
    if any(_holds_message(entry) for entry in entries):
        return None
    found = [
        (_address(entry), next((entry.word(name) for name in _DATED if entry.word(name)), "")) for entry in entries
    ]
    return [(address, dated) for address, dated in found if address]


def _holds_message(entry: Element) -> bool:
    return any(
        child.name == "alert" or any(inner.name == "alert" for inner in child.children) for child in entry.children
    )


def _address(entry: Element) -> str:
    """Choose the link to the message: one that says it is CAP, else the first that is no page."""
    links = entry.every("link")
    typed = {
        link.attributes.get("type", ""): link.attributes.get("href", "")
        for link in links
        if link.attributes.get("href")
    }
    if "application/cap+xml" in typed:
        return typed["application/cap+xml"]
    enclosures = [
        e.attributes.get("url", "") for e in entry.every("enclosure") if "cap" in e.attributes.get("type", "")
    ]
    plain = [
        link.attributes.get("href") or link.text.strip() for link in links if link.attributes.get("type") != "text/html"
    ]
    address = next((one for one in (*enclosures, *plain) if one), "")
    identifier = entry.word("id") or entry.word("guid")
    return address or (identifier if identifier.startswith(("http://", "https://")) else "")
