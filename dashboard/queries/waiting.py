"""Devices that were heard but are not registered: what they sent, decoded, and what they probably are. Writes nothing."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg import sql
from pydantic import BaseModel, ConfigDict, Field

from dashboard.queries.raw import payload_of
from dashboard.queries.rows import rows_as_dicts
from database.connection import Cursor
from ingest.decoders import UnknownDecoderError, decoder
from ingest.identifiers import with_plain_ids
from ingest.readings import Decoded, Reason, Rejection
from ingest.store import KEPT_PAYLOAD
from ingest.suggestion import Said, Suggestion, suggest

# Of all payloads of a page together, bytes: a decoder takes at most some 50 ms for one of 64 KiB.
DECODED_AT_MOST = 512 * 1024


class SaidItem(BaseModel):
    """One thing a waiting device said."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    metric: str = Field(description="Name of the metric or fact; camera_event for a camera's.")
    value: float | None = Field(description="In `unit`; null: it said that it has none.")
    unit: str = Field(description="SenML / UCUM unit; 1 for a fact that is 0 or 1.")
    time: datetime = Field(description="Device time, RFC 3339.")
    quality: str = Field(description="good, uncertain, missing, …")
    text: str = Field(description="The format's or the device's own word for it.")


class MetricGuess(BaseModel):
    """A metric it probably measures."""

    model_config = ConfigDict(frozen=True)

    metric: str = Field(description="Name of the metric.")
    unit: str = Field(description="SenML / UCUM unit.")


class GatewayPlace(BaseModel):
    """Where the gateway stands that a device reports through."""

    model_config = ConfigDict(frozen=True)

    lon: float = Field(description="WGS 84 longitude, degrees.")
    lat: float = Field(description="WGS 84 latitude, degrees.")
    name: str = Field(description="Name of the gateway.")


class SuggestionItem(BaseModel):
    """What it probably is: fills the form, registers nothing."""

    model_config = ConfigDict(frozen=True)

    kind: str = Field(description="smoke, gauge, …; other where nothing tells.")
    name: str = Field(description="As it was announced; may be empty.")
    model: str = Field(description="As it was announced, or as the network calls it; may be empty.")
    gateway: str | None = Field(description="What it reports through, as announced.")
    gateway_place: GatewayPlace | None = Field(description="Where that stands, if it is registered and placed.")
    metrics: tuple[MetricGuess, ...] = Field(description="What it said or was announced to measure.")
    interval_s: float | None = Field(description="Seconds between messages; null: too few were heard.")
    said: tuple[SaidItem, ...] = Field(description="What its last message says, at most 40 things.")
    codecs: dict[str, tuple[SaidItem, ...]] = Field(description="What each codec reads that its payload looks like.")
    port: int | None = Field(description="LoRaWAN port of an enclosed payload.")
    rejected: tuple[str, ...] = Field(description="What could not be taken in, and why.")
    dropped: tuple[str, ...] = Field(description="Names of personal fields that were removed.")


class HiddenItem(BaseModel):
    """That somebody said: not ours."""

    model_config = ConfigDict(frozen=True)

    at: datetime = Field(description="RFC 3339.")
    by: str = Field(description="Account.")
    reason: str = Field(description="Why.")


class WaitingItem(BaseModel):
    """A device that was heard but is not registered."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(description="Id it speaks under.")
    source: str = Field(description="The decoder that understood it.")
    area: str = Field(description="Area its topic names; may be empty.")
    first_seen: datetime = Field(description="RFC 3339.")
    last_seen: datetime = Field(description="RFC 3339.")
    messages: int = Field(description="Messages since it was first seen.")
    topic: str = Field(description="Topic of the last message.")
    payload: str = Field(description="The last message, base64; the first 64 KiB of it.")
    payload_text: str | None = Field(description="The same as text, if it is UTF-8.")
    is_cut: bool = Field(description="Whether the message was longer than what is kept of it.")
    announced: dict[str, Any] | None = Field(description="What a discovery message, birth certificate or list said.")
    hidden: HiddenItem | None = Field(description="Who hid it, when and why; null: it is shown.")
    suggestion: SuggestionItem | None = Field(description="null: the page had too much to decode; ask for it alone.")


_SELECT = sql.SQL("""
    SELECT id, source, area, first_seen, last_seen, messages, topic, payload, announced, hidden_at, hidden_by, hidden_reason
    FROM waiting_devices WHERE
""")


def read_waiting(
    cur: Cursor, *, after: tuple[datetime, str] | None, limit: int, hidden: bool = False
) -> list[WaitingItem]:
    """Read waiting devices, the one that was first heard last first, those after a place in that order."""
    rows = rows_as_dicts(
        cur,
        _SELECT
        + sql.SQL("""
            (hidden_at IS NOT NULL) = %(hidden)s
            AND (%(time)s::timestamptz IS NULL OR (first_seen, id) < (%(time)s, %(id)s))
            ORDER BY first_seen DESC, id DESC LIMIT %(limit)s
        """),
        {"time": after and after[0], "id": after and after[1], "limit": limit, "hidden": hidden},
    )
    return _items(cur, rows)


def waiting_by_id(cur: Cursor, ids: Sequence[str]) -> list[WaitingItem]:
    """Read waiting devices by id; those that do not wait are left out."""
    return _items(cur, rows_as_dicts(cur, _SELECT + sql.SQL("id = ANY(%(ids)s) ORDER BY id"), {"ids": list(ids)}))


def count_hidden(cur: Cursor) -> int:
    """Count what was hidden."""
    row = cur.execute("SELECT count(*) FROM waiting_devices WHERE hidden_at IS NOT NULL").fetchone()
    return int(row[0]) if row else 0


def _items(cur: Cursor, rows: Sequence[Mapping[str, Any]]) -> list[WaitingItem]:
    suggestions: list[Suggestion | None] = []
    left = DECODED_AT_MOST
    for row in rows:
        left -= len(row["payload"])
        suggestions.append(_suggestion(row) if left >= 0 or not suggestions else None)
    places = _places(cur, {s.gateway for s in suggestions if s is not None and s.gateway})
    return [
        WaitingItem.model_validate(
            {
                **row,
                **payload_of(row["payload"]),
                "is_cut": len(row["payload"]) >= KEPT_PAYLOAD,
                "hidden": _hidden(row),
                "suggestion": None if found is None else _item(found, places),
            }
        )
        for row, found in zip(rows, suggestions, strict=True)
    ]


def _hidden(row: Mapping[str, Any]) -> HiddenItem | None:
    if row["hidden_at"] is None:
        return None
    return HiddenItem(at=row["hidden_at"], by=row["hidden_by"], reason=row["hidden_reason"])


def _suggestion(row: Mapping[str, Any]) -> Suggestion:
    return suggest(
        row["id"],
        _decoded(row["source"], row["topic"], bytes(row["payload"]), row["last_seen"]),
        source=row["source"],
        announced=row["announced"],
        heard=(row["first_seen"], row["last_seen"], row["messages"]),
    )


def _decoded(source: str, topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    try:
        return with_plain_ids(decoder(source)(topic, payload, received))
    except UnknownDecoderError as error:  # a format that was taken out of the settings
        return [Rejection(reason=Reason.UNSUPPORTED, detail=str(error))]


def _places(cur: Cursor, gateways: Iterable[str]) -> dict[str, GatewayPlace]:
    cur.execute(
        "SELECT id, lon, lat, name FROM devices WHERE id = ANY(%s) AND lon IS NOT NULL AND retired_at IS NULL",
        (sorted(gateways),),
    )
    return {id_: GatewayPlace(lon=lon, lat=lat, name=name) for id_, lon, lat, name in cur.fetchall()}


def _item(found: Suggestion, places: Mapping[str, GatewayPlace]) -> SuggestionItem:
    return SuggestionItem(
        kind=found.kind,
        name=found.name,
        model=found.model,
        gateway=found.gateway,
        gateway_place=places.get(found.gateway or ""),
        metrics=tuple(MetricGuess(metric=metric, unit=unit) for metric, unit in found.metrics),
        interval_s=found.interval_s,
        said=_said(found.said),
        codecs={name: _said(said) for name, said in found.codecs.items()},
        port=found.port,
        rejected=found.rejected,
        dropped=found.dropped,
    )


def _said(said: Iterable[Said]) -> tuple[SaidItem, ...]:
    return tuple(SaidItem.model_validate(one) for one in said)
