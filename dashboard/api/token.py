"""`/api/v1/token`: a bearer token for programs (OAuth 2.0 password grant, RFC 6749 §4.3)."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.security import OAuth2PasswordRequestForm
from pydantic import BaseModel, Field

from dashboard.auth.credentials import claim
from dashboard.auth.door import TooManyAttemptsError, WrongPasswordError
from dashboard.context import WebParts
from dashboard.problem import ProblemError

router = APIRouter(tags=["people"])


class Token(BaseModel):
    """A bearer token."""

    access_token: str = Field(description="Send it as `Authorization: Bearer …`.")
    token_type: str = Field(description="Always bearer.")
    expires_in: int = Field(description="How long it lasts, seconds.")


@router.post("/token")
def token(web: WebParts, request: Request, form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> Token:
    """Exchange a name and a password for a token."""
    address = request.client.host if request.client else "unknown"
    try:
        account = web.door.open(form.username, form.password, address=address, way="token")
    except WrongPasswordError:
        raise ProblemError(
            401, "wrong-password", "Wrong account or password.", more={"error": "invalid_grant"}
        ) from None
    except TooManyAttemptsError as error:
        headers = {"Retry-After": str(error.seconds)}
        raise ProblemError(429, "too-many-attempts", str(error), headers=headers) from error
    lifetime = timedelta(minutes=web.settings.token_minutes)
    signed = web.tokens.sign(claim(account, lifetime=lifetime, now=web.clock()))
    return Token(access_token=signed, token_type="bearer", expires_in=int(lifetime.total_seconds()))  # noqa: S106 - RFC 6750
