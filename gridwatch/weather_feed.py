"""A feed of official warnings over HTTP: asked now and then, taken in as MQTT messages are. Whatever fails is counted and shown.

A feed is a CAP message, a list with CAP messages in it, one of the JSON forms, or an index (Atom, RSS) of addresses. Those are
fetched from the feed's own host, and from hosts that the settings allow.
"""

import asyncio
import random
from collections import OrderedDict
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
REMEMBERED: Final = 5_000  # entries that were taken: a message never changes under its address
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
        self._taken: OrderedDict[str, str] = OrderedDict()  # address of an entry: its date in the index
        self.failures = 0  # in a row

    async def run(self) -> None:
        """Ask for ever, less often while it fails."""
        while True:
            try:
                await asyncio.to_thread(self.look, now())
            except psycopg.Error as error:
                log.warning("a feed was not taken in; tried again", feed=self.name, error=str(error))
            except Exception:  # the outermost loop: one feed must not end the worker
                log.exception("a feed was not taken in; tried again", feed=self.name)
            await asyncio.sleep(self.pause_s(random.uniform(-JITTER, JITTER)))  # noqa: S311 -- so that feeds are not asked in step

    def pause_s(self, jitter: float) -> float:
        """Say how long to wait: the interval, twice as long after each failure in a row up to a quarter of an hour."""
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
            self.failures += 1
            look = Look(name=self.name, at=at, fault=str(error))
            self._note(look)
            log.warning("a feed of warnings failed", feed=self.name, reason=str(error), failures=self.failures)
            return look
        look = self._take(answer, at)
        self.failures = self.failures + 1 if look.fault else 0
        if not look.fault:
            self._etag, self._modified = answer.etag, answer.modified
        return look

    def _take(self, answer: Answer, at: datetime) -> Look:
        """Take an answer in; what it lists and cannot be fetched is asked for again with the next look."""
        taken = refused = 0
        fault = ""
        if answer.document is not None:
            links = _links(answer.document)
            if links is None:
                outcome = self._write(answer.document, answer.url, at)
                taken, refused, fault = int(not outcome.why), int(bool(outcome.why)), outcome.why
            else:
                taken, refused, fault = self._take_entries(answer.url, links, at)
        look = Look(name=self.name, at=at, fault=fault, taken=taken, refused=refused)
        self._note(look)
        return look

    def _take_entries(self, base: str, links: list[tuple[str, str]], at: datetime) -> tuple[int, int, str]:
        taken = refused = asked = 0
        fault = ""
        for link, dated in links:
            url = urljoin(base, link)
            if self._taken.get(url) == dated:
                continue
            if asked == ENTRIES_AT_MOST:
                fault = f"{len(links)} entries, {ENTRIES_AT_MOST} are fetched at once"
                break
            if not self._is_allowed(url):
                refused += 1
                fault = f"it lists {public_name(url)}, on a host that is not allowed"
                self._remember(url, dated)
                continue
            asked += 1
            try:
                entry = fetch(Question(url=url, hosts=self._hosts))
            except FetchError as error:
                fault = f"{public_name(url)}: {error}"
                continue
            outcome = self._write(entry.document or b"", url, at)
            taken, refused = taken + (not outcome.why), refused + bool(outcome.why)
            self._remember(url, dated)
        return taken, refused, fault

    def _is_allowed(self, url: str) -> bool:
        parts, own = urlsplit(url), urlsplit(self._feed)
        host = (parts.hostname or "").lower()
        return parts.scheme in {"http", "https"} and (host == (own.hostname or "").lower() or host in self._hosts)

    def _remember(self, url: str, dated: str) -> None:
        self._taken[url] = dated
        self._taken.move_to_end(url)
        while len(self._taken) > REMEMBERED:
            self._taken.popitem(last=False)

    def _write(self, document: bytes, url: str, at: datetime) -> Outcome:
        with connect(self._database_url, name="gridwatch warnings feed") as connection, connection.cursor() as cur:
            outcome = self._desk.take_document(cur, document, name=public_name(url), actor="feed", now=at)
            append_changes(cur, outcome.changes)
        if outcome.why:
            log.warning("a document of a feed was refused", feed=self.name, reason=outcome.why)
        return outcome

    def _note(self, look: Look) -> None:
        with connect(self._database_url, name="gridwatch warnings feed") as connection, connection.cursor() as cur:
            note_look(cur, look)


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
