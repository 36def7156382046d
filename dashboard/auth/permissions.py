"""Who may do what: one table of roles and actions, and the areas an officer may act on. Pure: reads no clock."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Role(StrEnum):
    """What an account is for."""

    ADMIN = "admin"
    OFFICER = "officer"
    DISPATCHER = "dispatcher"
    COMMANDER = "commander"
    SCREEN = "screen"  # a wall display: a standing login that can only look


class Action(StrEnum):
    """What can be done. Every command asks for one of these."""

    READ = "read"
    COMMENT = "comment"
    ACKNOWLEDGE = "acknowledge"
    SHELVE = "shelve"
    OPEN_INCIDENT = "open-incident"
    MOVE_INCIDENT = "move-incident"
    TAKE_OUT_OF_SERVICE = "take-out-of-service"
    READ_AUDIT = "read-audit"
    REGISTER_DEVICE = "register-device"
    REGISTER_IN_FIELD = "register-in-field"  # standing there: a new device, or the place of a known one
    READ_RAW = "read-raw"  # payloads as they arrived: rejected messages, devices that wait
    MANAGE_USERS = "manage-users"
    PROPOSE_RULES = "propose-rules"
    ADMIT_RULES = "admit-rules"
    RETRY_NOTIFICATION = "retry-notification"
    DECLARE_WEATHER = "declare-weather"


_OFFICER = frozenset(
    {
        *(Action.READ, Action.COMMENT, Action.ACKNOWLEDGE, Action.SHELVE, Action.MOVE_INCIDENT),
        *(Action.PROPOSE_RULES, Action.REGISTER_IN_FIELD),
    }
)
_DISPATCHER = _OFFICER | {Action.RETRY_NOTIFICATION, Action.OPEN_INCIDENT, Action.DECLARE_WEATHER}
_COMMANDER = _DISPATCHER | {Action.TAKE_OUT_OF_SERVICE, Action.READ_AUDIT, Action.ADMIT_RULES}

PERMISSIONS: Mapping[Role, frozenset[Action]] = {
    Role.SCREEN: frozenset({Action.READ}),
    Role.OFFICER: _OFFICER,
    Role.DISPATCHER: _DISPATCHER,
    Role.COMMANDER: _COMMANDER,
    Role.ADMIN: frozenset(Action),
}

_NEVER, _HOUR, _HALF_SHIFT, _DAY = timedelta(0), timedelta(hours=1), timedelta(hours=4), timedelta(hours=24)
# How long each role may shelve an alarm, by the alarm's priority (red, orange, yellow, blue). An officer's silence ends
# while he still remembers why; red and orange are put aside for longer by nobody below the commander. Longer than a day is not putting aside but
# forgetting: maintenance has an override of its own.
LONGEST_SHELVING: Mapping[Role, Mapping[int, timedelta]] = {
    role: dict(zip((1, 2, 3, 4), spans, strict=True))
    for role, spans in {
        Role.SCREEN: (_NEVER, _NEVER, _NEVER, _NEVER),
        Role.OFFICER: (_HOUR, _HOUR, _HOUR, _HOUR),
        Role.DISPATCHER: (_HOUR, _HOUR, _HALF_SHIFT, _HALF_SHIFT),
        Role.COMMANDER: (_DAY, _DAY, _DAY, _DAY),
        Role.ADMIN: (_DAY, _DAY, _DAY, _DAY),
    }.items()
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who acts. `areas` are grid codes, usually towns'; none means the whole county.

    `epoch` goes up when every session of the account is ended: a session that carries an older one is void.
    """

    name: str
    role: Role
    areas: frozenset[str]
    epoch: int

    def may(self, action: Action) -> bool:
        """Tell whether the role allows an action somewhere."""
        return action in PERMISSIONS[self.role]

    def reaches(self, codes: Collection[str]) -> bool:
        """Tell whether one of the place's codes (its area, its grid and those above) is in the account's areas.

        A place with no code at all belongs to the county as a whole.
        """
        return not self.areas or not self.areas.isdisjoint(codes)
