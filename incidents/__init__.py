"""The response: what alarms and reports of one happening become, and who was sent. Judges no reading."""

from incidents.answer import answered
from incidents.commands import Opening, move, open_by_hand
from incidents.dispatch import Action, Dispatch, allowed
from incidents.errors import (
    AlreadyOpenError,
    IllegalActionError,
    IncidentsError,
    StaleIncidentError,
    UnknownIncidentError,
)
from incidents.kinds import Kind
from incidents.store import adopt, join

__all__ = [
    "Action",
    "AlreadyOpenError",
    "Dispatch",
    "IllegalActionError",
    "IncidentsError",
    "Kind",
    "Opening",
    "StaleIncidentError",
    "UnknownIncidentError",
    "adopt",
    "allowed",
    "answered",
    "join",
    "move",
    "open_by_hand",
]
