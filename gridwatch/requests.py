"""Which requests to devices may be sent now. Pure: time is passed in. Refuses the same topic twice within a minute."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from ingest.readings import Request

EVERY: Final = timedelta(minutes=1)
TOPICS_KEPT: Final = 10_000
"""Topics whose last request is remembered; at about 200 bytes each that is 2 MB."""


class RequestLimit:
    """Lets each topic through at most once a minute; what is held back is not sent later, the device's next message asks anew."""

    def __init__(self) -> None:
        self._sent: dict[str, datetime] = {}

    def due(self, requests: Iterable[Request], now: datetime) -> list[Request]:
        """Give the requests that may be sent at `now`, and take them as sent."""
        allowed = []
        for request in requests:
            last = self._sent.get(request.topic)
            if last is None or now - last >= EVERY:
                self._make_room(now)
                self._sent.pop(request.topic, None)
                self._sent[request.topic] = now
                allowed.append(request)
        return allowed

    def _make_room(self, now: datetime) -> None:
        """Forget what is long past; of too many that are not, the oldest."""
        while self._sent:
            oldest = next(iter(self._sent))
            if now - self._sent[oldest] < EVERY and len(self._sent) < TOPICS_KEPT:
                return
            del self._sent[oldest]
