"""Read off the embedded broker's log who published where it may not: MQTT 3.1.1 has no other word for it."""

import json
import re
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Final

from ingest.foreign import LONGEST, Foreign, How

_LINE: Final = re.compile(
    rb'^\[(\d+)\] [^\n]*? - mid:(\d+) - "([^"\n]*)" - Publish Violation - (?:[^\n]*?, )?Subject "([^"\n]+)"',
    re.MULTILINE,
)
_PROCESS: Final = re.compile(rb"^\[(\d+)\] ", re.MULTILINE)
AT_ONCE: Final = 1 << 20  # bytes of the log in one look; who writes more is counted in part
ACCOUNTS_KEPT: Final = 10_000


class BrokerLog:
    """Follows the log from where it ended when we began. `monitor` is the broker's port that tells who is connected."""

    def __init__(self, path: Path, *, monitor: int) -> None:
        self._path = path
        self._monitor = monitor
        self._at = path.stat().st_size if path.exists() else 0
        self._process = b""  # the broker's; another one counts its connections anew
        self._accounts: dict[int, str] = {}

    def violations(self) -> list[Foreign]:
        """Count what was refused since the last look, by account and topic."""
        news = self._news()
        latest = _PROCESS.findall(news)
        if latest and latest[-1] != self._process:
            self._process = latest[-1]
            self._accounts.clear()
        found: dict[tuple[str, str], int] = {}
        for (process, mid, client, subject), count in Counter(_LINE.findall(news)).items():
            account = self._account(int(mid)) if process == self._process else ""  # nobody knows it any more
            speaker = account or client.decode(errors="replace")
            key = (speaker[:LONGEST], topic_of(subject.decode(errors="replace"))[:LONGEST])
            found[key] = found.get(key, 0) + count
        return [
            Foreign(speaker=speaker, victim=topic, how=How.TOPIC, topic=topic, messages=count)
            for (speaker, topic), count in found.items()
        ]

    def _news(self) -> bytes:
        try:
            with self._path.open("rb") as file:
                size = file.seek(0, 2)
                start = self._at if self._at <= size else 0  # begun anew under our hands
                file.seek(max(start, size - AT_ONCE))
                text = file.read(AT_ONCE)
        except OSError:
            return b""
        whole = text.rfind(b"\n") + 1
        self._at = size - (len(text) - whole)
        return text[:whole]

    def _account(self, connection: int) -> str:
        """Name the account of a connection; "" where the broker does not tell."""
        if connection not in self._accounts:
            if len(self._accounts) >= ACCOUNTS_KEPT:
                self._accounts.clear()
            self._accounts[connection] = self._ask(connection)
        return self._accounts[connection]

    def _ask(self, connection: int) -> str:
        url = f"http://127.0.0.1:{self._monitor}/connz?auth=true&state=any&cid={connection}"
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                connections = json.load(answer).get("connections") or [{}]
        except (OSError, ValueError, urllib.error.URLError):
            return ""
        return str(connections[0].get("authorized_user", ""))


def topic_of(subject: str) -> str:
    """Write a NATS subject as the MQTT topic it was made of."""
    dot = "\0"
    levels = subject.replace("//", dot).split(".")
    return "/".join("" if level == "/" else level for level in levels).replace(dot, ".")
