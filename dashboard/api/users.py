"""`/api/v1/users`: the accounts, and who one is oneself."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from dashboard.auth import accounts
from dashboard.auth.accounts import AccountError
from dashboard.auth.passwords import PasswordError
from dashboard.auth.permissions import PERMISSIONS, Account, Action, Role
from dashboard.context import Reader, Web, WebParts, may
from dashboard.problem import ProblemError, invalid, not_found

router = APIRouter(prefix="/users", tags=["people"])
Administrator = Annotated[Account, Depends(may(Action.MANAGE_USERS))]


class Me(BaseModel):
    """Who one is, and what one may do."""

    name: str = Field(description="Name of the account.")
    role: Role = Field(description="admin, officer, dispatcher, commander or screen.")
    areas: list[str] = Field(description="Grid codes one may act in; empty: the whole county.")
    may: list[Action] = Field(description="What the role allows.")


class UserItem(BaseModel):
    """An account."""

    name: str = Field(description="Name of the account.")
    role: Role = Field(description="admin, officer, dispatcher, commander or screen.")
    areas: list[str] = Field(description="Grid codes it may act in; empty: the whole county.")
    disabled_at: datetime | None = Field(description="Since when it may not log in, RFC 3339; null: it may.")


class UserList(BaseModel):
    """All accounts, by name."""

    items: list[UserItem] = Field(description="The accounts.")


class NewUser(BaseModel):
    """An account to be made."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(max_length=64, description="Letters, digits and the signs . _ @ -")
    password: SecretStr = Field(max_length=256, description="At least 10 characters.")
    role: Role = Field(description="What it is for.")
    areas: list[str] = Field(default_factory=list, max_length=500, description="Grid codes; empty: the whole county.")


class NewPassword(BaseModel):
    """A password to be set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    password: SecretStr = Field(max_length=256, description="At least 10 characters.")


class NewRole(BaseModel):
    """What an account is to be for, and where."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Role = Field(description="What it is for.")
    areas: list[str] = Field(default_factory=list, max_length=500, description="Grid codes; empty: the whole county.")


@router.get("/me")
def me(account: Reader) -> Me:
    """Say who one is."""
    return Me(
        name=account.name,
        role=account.role,
        areas=sorted(account.areas),
        may=sorted(PERMISSIONS[account.role]),
    )


@router.get("")
def list_users(web: WebParts, _: Administrator) -> UserList:
    """List the accounts."""
    with web.transaction() as cur:
        return UserList(items=[_item(user) for user in accounts.list_users(cur)])


@router.post("", status_code=201)
def create_user(web: WebParts, account: Administrator, body: NewUser) -> UserItem:
    """Make an account. 409 if the name is taken."""
    now = web.clock()
    try:
        with web.transaction() as cur:
            _refuse_unknown_areas(web, account, body.areas)
            accounts.create_user(
                cur,
                body.name,
                body.password.get_secret_value(),
                body.role,
                areas=body.areas,
                actor=account.name,
                now=now,
            )
    except AccountError as error:
        raise ProblemError(409, "account", str(error)) from error
    except PasswordError as error:
        raise invalid("body.password", str(error)) from error
    web.directory.forget(body.name)
    return _find(web, body.name)


@router.put("/{name}/password", status_code=204)
def set_password(web: WebParts, account: Administrator, name: str, body: NewPassword) -> None:
    """Set a password; every session of the account ends."""
    try:
        with web.transaction() as cur:
            accounts.set_password(cur, name, body.password.get_secret_value(), actor=account.name, now=web.clock())
    except AccountError:
        raise not_found(f"account {name}") from None
    except PasswordError as error:
        raise invalid("body.password", str(error)) from error
    web.directory.forget(name)


@router.put("/{name}/role")
def set_role(web: WebParts, account: Administrator, name: str, body: NewRole) -> UserItem:
    """Change what an account may do and where; its sessions end."""
    _refuse_unknown_areas(web, account, body.areas)
    try:
        with web.transaction() as cur:
            accounts.set_role(cur, name, body.role, body.areas, actor=account.name, now=web.clock())
    except AccountError:
        raise not_found(f"account {name}") from None
    web.directory.forget(name)
    return _find(web, name)


@router.post("/{name}/disable")
def disable(web: WebParts, account: Administrator, name: str) -> UserItem:
    """End every session of an account and let it log in no more. One cannot disable oneself."""
    if name == account.name:
        raise ProblemError(409, "account", "Somebody must stay who can let the others in again.")
    try:
        with web.transaction() as cur:
            accounts.disable(cur, name, actor=account.name, now=web.clock())
    except AccountError:
        raise not_found(f"account {name}") from None
    web.directory.forget(name)
    return _find(web, name)


@router.post("/{name}/enable")
def enable(web: WebParts, account: Administrator, name: str) -> UserItem:
    """Let a disabled account log in again."""
    try:
        with web.transaction() as cur:
            accounts.enable(cur, name, actor=account.name, now=web.clock())
    except AccountError:
        raise not_found(f"account {name}") from None
    web.directory.forget(name)
    return _find(web, name)


def _refuse_unknown_areas(web: Web, account: Account, areas: list[str]) -> None:
    """Keep an administrator of some areas from making somebody who may act in more."""
    if account.areas and not (areas and set(areas) <= account.areas):
        raise ProblemError(403, "area", "The areas go beyond those of your account.")
    with web.transaction() as cur:
        grids = web.grids.table(cur)
    unknown = [area for area in areas if grids.keys_under(area) is None]
    if unknown:
        raise invalid("body.areas", f"there is no grid {', '.join(unknown)}")


def _find(web: Web, name: str) -> UserItem:
    with web.transaction() as cur:
        return next(_item(user) for user in accounts.list_users(cur) if user.name == name)


def _item(user: accounts.ListedAccount) -> UserItem:
    return UserItem(name=user.name, role=user.role, areas=list(user.areas), disabled_at=user.disabled_at)
