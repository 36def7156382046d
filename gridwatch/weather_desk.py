"""Where official warnings come in, whichever way: MQTT, the watched folder, the feeds. In the caller's transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import psycopg
import structlog

from alerts.weather_intake import WeatherIntake, WeatherOptions
from database import Change
from database.connection import Cursor
from gridwatch.settings import AlertsSettings
from ingest.decoders import decoder, storable
from ingest.readings import OfficialWarning, Reason, Rejection
from ingest.rows import RejectedMessage
from ingest.store import write_rejected

log = structlog.get_logger(__name__)

CAP, CMA = "cap12", "cma_warning"


@dataclass(slots=True)
class Outcome:
    """What became of one document. `why` says why it was refused; "" where anything of it was taken."""

    changes: list[Change]
    warnings: int = 0
    why: str = ""


def options_of(settings: AlertsSettings, *, own_sender: str) -> WeatherOptions:
    """Tell the intake what the settings say."""
    aliases: Mapping[str, tuple[str, ...]] = settings.warning_places
    return WeatherOptions(own_sender=own_sender, lasts=timedelta(hours=settings.warning_hours), aliases=dict(aliases))


class WeatherDesk:
    """Takes warnings in and keeps what is refused. One for each database session: it remembers the grids."""

    def __init__(self, options: WeatherOptions) -> None:
        self._intake = WeatherIntake(options)

    def take(self, cur: Cursor, warnings: Sequence[OfficialWarning], *, actor: str, now: datetime) -> list[Change]:
        """Write decoded warnings down; an identifier that stands for something else is kept as refused."""
        changes: list[Change] = []
        stored = 0
        for warning in self._intake.news(cur, warnings):
            try:
                with cur.connection.transaction():
                    taken = self._intake.take(cur, [warning], actor=actor, now=now)
            except (psycopg.OperationalError, psycopg.InterfaceError):
                raise
            except Exception as error:
                # A fault of ours in one warning must neither lose it nor stop the others.
                log.exception("an official warning was not taken in", id=warning.id)
                write_rejected(cur, [_refused(actor, Reason.FAULT, repr(error), msgspec.json.encode(warning))], now)
                continue
            changes += taken.changes
            stored += taken.stored
            write_rejected(cur, [_refused(actor, Reason.CONFLICT, id_) for id_ in taken.conflicts], now)
        if stored:
            log.info("official warnings", by=actor, stored=stored, of=len(warnings))
        return changes

    def take_document(self, cur: Cursor, document: bytes, *, name: str, actor: str, now: datetime) -> Outcome:
        """Read one document, CAP or one of the JSON forms, and write down what it says; what is refused is kept raw."""
        source = decoder_of(document)
        decoded = decoder(source)(name, document, now)
        rejected = [
            RejectedMessage(
                topic=name,
                payload=storable(source, document),
                source=source,
                reason=item.reason.value,
                detail=item.detail[:500],
            )
            for item in decoded
            if isinstance(item, Rejection)
        ]
        write_rejected(cur, rejected, now)
        warnings = [item for item in decoded if isinstance(item, OfficialWarning)]
        changes = self.take(cur, warnings, actor=actor, now=now)
        why = "; ".join(f"{item.reason}: {item.detail}" for item in rejected[:5]) if rejected and not warnings else ""
        return Outcome(changes=changes, warnings=len(warnings), why=why)


def decoder_of(document: bytes) -> str:
    """Name the decoder of a document: XML is CAP, anything else one of the JSON forms."""
    start = document[:200].lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")
    return CAP if start.startswith(b"<") else CMA


def _refused(actor: str, reason: Reason, detail: str, payload: bytes = b"") -> RejectedMessage:
    return RejectedMessage(
        topic=actor, payload=payload, source="official-warning", reason=reason.value, detail=detail[:500]
    )
