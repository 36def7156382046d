"""Any service Apprise knows: DingTalk, WeCom, Feishu, mail, SMS gateways. Tries once; the URL is a secret."""

import logging
import re
import threading
from urllib.parse import urlsplit

import apprise

from alerts.notification.deliveries import Refusal
from alerts.notification.happening import Message

_URL = re.compile(r"[\w+.-]+://\S+|[?&][\w-]*(?:token|key|secret|sign)[\w-]*=\S+", re.IGNORECASE)


class _Said(logging.Handler):
    """Keeps what Apprise logs in this thread: it answers only yes or no."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._thread = threading.get_ident()
        self.last = ""

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self.last = record.getMessage()


def is_understood(url: str) -> bool:
    """Say whether Apprise knows what the URL means."""
    return apprise.Apprise.instantiate(url, suppress_exceptions=True) is not None


def send(url: str, message: Message) -> Refusal | None:
    """Send a message as text; Apprise's own time limits hold (4 s to connect, 4 s to answer, unless the URL says)."""
    service = apprise.Apprise()
    if not service.add(url):
        return Refusal(reason="Apprise does not understand the URL", final=True)
    said = _Said()
    logger = logging.getLogger("apprise")
    logger.addHandler(said)
    try:
        kind = apprise.NotifyType.FAILURE if message.urgent else apprise.NotifyType.INFO
        is_sent = service.notify(
            title=message.title, body=message.text, notify_type=kind, body_format=apprise.NotifyFormat.TEXT
        )
    finally:
        logger.removeHandler(said)
    return None if is_sent else Refusal(reason=_without_secrets(said.last, url) or "not-delivered")


def _without_secrets(text: str, url: str) -> str:
    """Leave out every address, and every part of ours that is long enough to be a token."""
    text = _URL.sub("…", text)
    parts = urlsplit(url)
    for word in re.split(r"[/@:?&=,]", f"{parts.netloc}/{parts.path}/{parts.query}"):
        if len(word) >= 8:  # noqa: PLR2004 - shorter ones are host names and ports, which may be shown
            text = text.replace(word, "…")
    return text[:300]
