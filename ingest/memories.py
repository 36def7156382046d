"""What decoders remember from one run of messages to the next. Pure; bounded by each decoder's own bounds."""

from datetime import datetime

from ingest.decoders import MAX_BYTES, decoder, memory
from ingest.readings import Decoded, Memory


class Memories:
    """The memory of each decoder that has one, made when it is first asked for."""

    def __init__(self) -> None:
        self._by_decoder: dict[str, Memory | None] = {}

    def copy(self) -> "Memories":
        """Make one that goes on from here on its own."""
        other = Memories()
        other._by_decoder = {name: kept and kept.copy() for name, kept in self._by_decoder.items()}
        return other

    def decode(self, name: str, topic: str, payload: bytes, received: datetime) -> tuple[list[Decoded], bool]:
        """Decode with what decoder `name` remembers; also tell whether the payload lives only in its memory so far."""
        if name not in self._by_decoder:
            self._by_decoder[name] = memory(name)
        own = self._by_decoder[name]
        if own is None or len(payload) > MAX_BYTES:
            return decoder(name)(topic, payload, received), False
        before = own.kept
        items = own(topic, payload, received)
        return items, own.kept > before
