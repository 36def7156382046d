"""What a session or a bearer token carries, and whether it still holds. Pure: told the time.

Refuses anything that was not signed with our secret, is too old, or belongs to an earlier epoch of the account.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from itsdangerous import BadData, URLSafeSerializer

from dashboard.auth.permissions import Account, Role
from dashboard.settings import WebSettings

SALT = "gridwatch bearer token"
KEY = "login"  # where the session cookie keeps the claim


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Who somebody says to be, until when (aware UTC), and in which epoch of the account."""

    name: str
    epoch: int
    until: datetime

    def to_json(self) -> dict[str, str | int]:
        """Write it as the session or the token keeps it."""
        return {"n": self.name, "e": self.epoch, "x": int(self.until.timestamp())}

    def holds(self, account: Account | None, now: datetime) -> bool:
        """Tell whether the claim still names a live account."""
        return account is not None and account.epoch == self.epoch and now < self.until


def read_claim(value: object) -> Claim | None:
    """Read a claim out of a session or token that was signed by us; None if it is not one."""
    match value:
        case {"n": str(name), "e": int(epoch), "x": int(until)}:
            return Claim(name=name, epoch=epoch, until=datetime.fromtimestamp(until, UTC))
        case _:
            return None


def claim(account: Account, *, lifetime: timedelta, now: datetime) -> Claim:
    """Make the claim of somebody who has just shown the password."""
    return Claim(name=account.name, epoch=account.epoch, until=now + lifetime)


def session_lifetime(settings: WebSettings, role: Role) -> timedelta:
    """Tell how long a login lasts: a wall screen's for a year, a person's for a shift."""
    if role is Role.SCREEN:
        return timedelta(days=settings.screen_days)
    return timedelta(hours=settings.session_hours)


class Tokens:
    """Sign and read bearer tokens."""

    def __init__(self, secret: str) -> None:
        self._serializer = URLSafeSerializer(secret, salt=SALT)

    def sign(self, what: Claim) -> str:
        """Write a claim as a token."""
        return str(self._serializer.dumps(what.to_json()))

    def read(self, token: str) -> Claim | None:
        """Read a token; None if we did not sign it."""
        try:
            return read_claim(self._serializer.loads(token))
        except BadData:
            return None
