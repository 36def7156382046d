"""A feed of warnings over HTTP: what it says is taken in once; whatever it does wrong costs neither time nor the worker."""

import asyncio
import gzip
import threading
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import quote

import pytest

from alerts.weather_intake import WeatherOptions
from database import connect
from gridwatch import weather_feed
from gridwatch.weather_feed import FeedReporter
from gridwatch.weather_fetch import FetchError, Question, fetch, public_name
from tests.feed_server import FeedServer, feed_server
from tests.warning_messages import NATIONAL, cap, cap_info, jsonp
from tests.weather_hands import NOW, make_grids

ATOM = '<feed xmlns="http://www.w3.org/2005/Atom">{}</feed>'
ENTRY = '<entry><updated>{1}</updated><link type="application/cap+xml" href="{0}"/><link type="text/html" href="/page"/></entry>'


@pytest.fixture
def server() -> Iterator[FeedServer]:
    """A real HTTP server."""
    with feed_server() as running:
        yield running


@pytest.fixture
def url(database_url: str) -> str:
    """A county with grids."""
    make_grids(database_url)
    return database_url


def _reporter(url: str, feed: str, *, hosts: frozenset[str] = frozenset()) -> FeedReporter:
    return FeedReporter(url, feed, WeatherOptions(), interval_s=60.0, hosts=hosts)


def _stored(url: str) -> list[str]:
    with connect(url) as connection:
        return [row[0] for row in connection.execute("SELECT message FROM weather_warnings ORDER BY 1").fetchall()]


def _source(url: str) -> tuple[object, ...]:
    with connect(url) as connection:
        row = connection.execute("SELECT fault, documents, refused, failures FROM weather_feeds").fetchone()
    assert row is not None
    return tuple(row)


def test_a_message_is_taken_in_and_asked_for_by_its_tag(server: FeedServer, url: str) -> None:
    """The second look says which version is known, and 304 is an answer like any other."""
    server.give("/cap.xml", cap(), etag='"7"')
    reporter = _reporter(url, f"{server.url}/cap.xml?key=secret")
    server.answers["/cap.xml?key=secret"] = server.answers["/cap.xml"]
    assert reporter.look(NOW).taken == 1
    assert reporter.look(NOW + timedelta(minutes=1)).taken == 0
    assert server.asked[1][1]["If-None-Match"] == '"7"'
    assert (_stored(url), _source(url)) == (["w-1"], ("", 1, 0, 0))
    with connect(url) as connection:
        row = connection.execute("SELECT name, heard_at FROM weather_feeds").fetchone()
    assert row == (f"{server.url}/cap.xml", NOW + timedelta(minutes=1)), "no secret in the name"


def test_an_index_is_followed_once(server: FeedServer, url: str) -> None:
    """Entries are fetched from the feed's own host; one that was taken is not fetched again until it changes."""
    server.give("/a.xml", cap("w-1"))
    server.give("/b.xml", cap("w-2"))
    server.give("/", ATOM.format(ENTRY.format("/a.xml", 1) + ENTRY.format(f"{server.url}/b.xml", 1)).encode())
    reporter = _reporter(url, f"{server.url}/")
    assert reporter.look(NOW).taken == 2
    assert reporter.look(NOW).taken == 0
    assert server.paths() == ["/", "/a.xml", "/b.xml", "/"]
    server.give("/", ATOM.format(ENTRY.format("/a.xml", 2)).encode())
    reporter.look(NOW)
    assert server.paths()[-2:] == ["/", "/a.xml"]
    assert _stored(url) == ["w-1", "w-2"]


def test_rss_and_feeds_with_messages_inside(server: FeedServer, url: str) -> None:
    """RSS items are followed; messages inside of a feed are read where they stand; JSON is the weather service's."""
    server.give("/a.xml", cap("w-1"))
    server.give("/rss", b"<rss><channel><item><link>/a.xml</link><pubDate>x</pubDate></item></channel></rss>")
    inner = cap("w-2").partition(b"?>")[2]
    server.give("/whole", b"<feed><entry><content>" + inner + b"</content></entry></feed>")
    server.give("/json", jsonp(NATIONAL))
    for path in ("/rss", "/whole", "/json"):
        assert _reporter(url, f"{server.url}{path}").look(NOW).taken == 1
    assert _stored(url) == ["33990041600000_20260601160000", "w-1", "w-2"]


def test_another_host_is_not_asked(server: FeedServer, url: str) -> None:
    """Neither by an entry nor by a redirect, unless the settings allow it; nor another scheme."""
    entries = ENTRY.format("http://localhost:1/x.xml", 1) + ENTRY.format("file:///etc/passwd", 1)
    server.give("/", ATOM.format(entries).encode())
    look = _reporter(url, f"{server.url}/").look(NOW)
    assert (look.taken, look.refused, "not allowed" in look.fault) == (0, 2, True)
    server.lead("/away", f"http://localhost:{server.port}/cap.xml")
    server.give("/cap.xml", cap())
    assert "not allowed" in _reporter(url, f"{server.url}/away").look(NOW).fault
    assert _reporter(url, f"{server.url}/away", hosts=frozenset({"localhost"})).look(NOW).taken == 1


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "//evil.example/x"])
def test_a_redirect_stays_http(server: FeedServer, target: str) -> None:
    """No file and no other host is opened for a redirect."""
    server.lead("/", target)
    with pytest.raises(FetchError, match="not allowed"):
        fetch(Question(url=f"{server.url}/"))


def test_a_loop_ends(server: FeedServer) -> None:
    """Three redirects are followed."""
    server.lead("/", "/")
    with pytest.raises(FetchError, match="redirects more than 3"):
        fetch(Question(url=f"{server.url}/"))
    assert len(server.asked) == 4


def test_a_fault_is_counted_and_asked_for_less_often(server: FeedServer, url: str) -> None:
    """500, nobody there, no warning at all: each is said, the pause doubles, and the next success forgets it."""
    server.give("/", b"", status=500)
    reporter = _reporter(url, f"{server.url}/")
    assert reporter.look(NOW).fault == "it answers 500"
    reporter.look(NOW)
    assert (reporter.pause_s(0.0), _source(url)[3]) == (240.0, 2)
    server.give("/", b"<html><body>login</body></html>")
    assert "no CAP message" in reporter.look(NOW).fault
    server.give("/", cap())
    assert reporter.look(NOW).fault == ""
    assert (reporter.pause_s(0.0), _source(url)) == (60.0, ("", 1, 1, 3))
    assert "Error" in _reporter(url, "http://127.0.0.1:9/").look(NOW).fault


def test_a_slow_server_is_cut_off(server: FeedServer) -> None:
    """One that says nothing, and one that sends a byte now and then, both for ever."""
    server.drip("/drip", every_s=0.05)
    with pytest.raises(FetchError, match="not whole within 1 s"):
        fetch(Question(url=f"{server.url}/drip", wait_s=0.5, whole_s=1.0))
    server.hang("/silent")
    with pytest.raises(FetchError, match=r"no answer within 0\.5 s"):
        fetch(Question(url=f"{server.url}/silent", wait_s=0.5, whole_s=5.0))


def test_what_is_too_large_is_not_read(server: FeedServer) -> None:
    """Not plain, and not unpacked."""
    server.give("/plain", b"x" * (2 << 20))
    server.give("/packed", gzip.compress(b"x" * (50 << 20)), packed=True)
    for path in ("/plain", "/packed"):
        with pytest.raises(FetchError, match="more than 1048576 bytes"):
            fetch(Question(url=f"{server.url}{path}"))
    server.give("/small", gzip.compress(cap()), packed=True)
    assert fetch(Question(url=f"{server.url}/small")).document == cap()


def test_accounts_and_queries_are_no_names() -> None:
    """What is logged and shown of an address holds no secret; the account goes to its own host alone."""
    assert public_name("https://u:p@met.example:8443/cap?token=x#y") == "https://met.example:8443/cap"


def test_the_account_is_sent_to_its_host(server: FeedServer) -> None:
    """As HTTP Basic."""
    server.give("/", cap())
    fetch(Question(url=f"http://u:p%40@127.0.0.1:{server.port}/"))
    assert server.asked[0][1]["Authorization"] == "Basic dTpwQA=="


def test_a_refused_message_is_kept(server: FeedServer, url: str) -> None:
    """Raw, with its reason and its address."""
    server.give("/", cap(infos=cap_info(severity="Bad")))
    assert _reporter(url, f"{server.url}/").look(NOW).refused == 1
    with connect(url) as connection:
        row = connection.execute("SELECT topic, source, reason FROM rejected_messages").fetchone()
    assert row == (f"{server.url}/", "cap12", "malformed")


def _index(*links: str) -> bytes:
    return ATOM.format("".join(ENTRY.format(link, 1) for link in links)).encode()


def test_an_odd_link_costs_only_itself(server: FeedServer, url: str) -> None:
    """What is no address is said, and what stands behind it is taken."""
    server.give("/a.xml", cap("w-1"))
    server.give("/", _index("http://h:99999/x.xml", "http://[::1/x.xml", "http:///x", "/a.xml"))
    look = _reporter(url, f"{server.url}/").look(NOW)
    assert (look.taken, look.refused, "no address" in look.fault) == (1, 3, True)
    server.lead("/away", "http://[::1/x.xml")
    with pytest.raises(FetchError, match="no address"):
        fetch(Question(url=f"{server.url}/away"))


def test_addresses_are_written_as_people_write_them(server: FeedServer, url: str) -> None:
    """With Chinese characters and blanks, in links and redirects; what is escaped already stays so."""
    server.give(quote("/预警 1.xml"), cap("w-1"))
    server.give("/%E9%9B%A8.xml?a=1&b=%20", cap("w-2"))
    server.lead("/3", quote("/预警 3.xml").replace("%20", "+"))
    server.give(quote("/预警 3.xml").replace("%20", "+"), cap("w-3"))
    server.give("/", _index("/预警 1.xml", "/%E9%9B%A8.xml?a=1&amp;b=%20", "/3"))
    assert _reporter(url, f"{server.url}/").look(NOW).taken == 3


def test_the_account_goes_to_all_of_its_origin(server: FeedServer, url: str) -> None:
    """An index names its entries in full, and redirects name no account: both are asked with it, another port is not."""
    with feed_server() as other:
        other.give("/c.xml", cap("w-3"))
        server.give("/a.xml", cap("w-1"))
        server.lead("/b.xml", f"{server.url}/b2.xml")
        server.give("/b2.xml", cap("w-2"))
        server.give("/", _index(f"{server.url}/a.xml", f"{server.url}/b.xml", f"{other.url}/c.xml"))
        reporter = _reporter(url, f"http://u:p@127.0.0.1:{server.port}/")
        assert reporter.look(NOW).taken == 3
    assert {"Authorization" in headers for _, headers in server.asked} == {True}
    assert {"Authorization" in headers for _, headers in other.asked} == {False}


def test_half_an_answer_is_asked_for_again(server: FeedServer, url: str) -> None:
    """The line broke: nothing is refused, and the entry is whole at the next look."""
    body, packed = cap(), gzip.compress(cap())
    server.give("/", _index("/a.xml"), etag='"1"')
    reporter = _reporter(url, f"{server.url}/")
    server.give("/a.xml", body[:-30], length=len(body))
    assert "breaks off" in reporter.look(NOW).fault
    server.give("/a.xml", packed[:-30], packed=True)
    assert "breaks off" in reporter.look(NOW).fault
    server.give("/a.xml", body)
    assert reporter.look(NOW).taken == 1
    assert (_stored(url), _source(url)) == (["w-1"], ("", 1, 0, 2))


def test_a_packing_nobody_asked_for_is_said(server: FeedServer) -> None:
    """It is no document that could be refused."""
    server.give("/", b"\x00\x01", coding="br")
    with pytest.raises(FetchError, match="packed as 'br'"):
        fetch(Question(url=f"{server.url}/"))


def test_nothing_new_is_an_answer_only_to_who_asked_so(server: FeedServer) -> None:
    """304 without a tag is no document."""
    server.give("/", b"", status=304)
    with pytest.raises(FetchError, match="answers 304"):
        fetch(Question(url=f"{server.url}/"))


def test_a_long_index_is_fetched_to_its_end(server: FeedServer, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A piece with each look, soon one after the other, each entry once; that it takes several looks is no fault."""
    monkeypatch.setattr(weather_feed, "ENTRIES_AT_MOST", 20)
    paths = [f"/{number:03}.xml" for number in range(90)]
    for path in paths:
        server.give(path, cap(f"w{path[1:4]}"))
    server.give("/", _index(*paths), etag='"1"')
    reporter = _reporter(url, f"{server.url}/")
    for _ in range(4):
        look = reporter.look(NOW)
        assert (look.fault, reporter.pause_s(0.0)) == ("", weather_feed.BEHIND_PAUSE_S)
    reporter.look(NOW)
    assert (len(_stored(url)), reporter.pause_s(0.0)) == (90, 60.0)
    reporter.look(NOW)
    assert sorted(path for path in server.paths() if path != "/") == paths


def test_dead_links_hide_no_others(server: FeedServer, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are asked for after all others, and the feed no less often; one that comes to life is taken."""
    monkeypatch.setattr(weather_feed, "ENTRIES_AT_MOST", 5)
    dead = [f"/dead{number}.xml" for number in range(9)]
    server.give("/good.xml", cap("w-1"))
    server.give("/", _index(*dead, "/good.xml"))
    reporter = _reporter(url, f"{server.url}/")
    assert "answers 404" in reporter.look(NOW).fault
    reporter.look(NOW)
    assert (_stored(url), reporter.failures) == (["w-1"], 0)
    assert reporter.look(NOW).fault == "", "entries that are gone are no fault of a feed that is read"
    assert reporter.pause_s(0.0) == 60.0
    server.give(dead[0], cap("w-2"))
    for _ in range(2):
        reporter.look(NOW)
    assert _stored(url) == ["w-1", "w-2"]


async def test_silent_feeds_hold_nobody_else_up(server: FeedServer) -> None:
    """Forty of them wait, each in a thread of its own: what judges and stores alarms has its threads for itself."""
    left: list[int] = []
    go = threading.Event()

    def say_nothing(_: object) -> None:
        go.wait(30.0)
        left.append(1)

    server.answers["/"] = say_nothing
    nowhere = "postgresql://nobody@127.0.0.1:9/x"
    feeds = [asyncio.create_task(_reporter(nowhere, f"{server.url}/").run()) for _ in range(40)]
    await asyncio.sleep(0)
    assert (await asyncio.to_thread(sum, (1, 2)), left) == (3, [])
    for feed in feeds:
        feed.cancel()
    await asyncio.wait(feeds)
    go.set()
