"""`/api/v1/codecs`: the codecs by which payloads in networks' envelopes can be read, for the form that registers a device."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from dashboard.context import Reader
from ingest import codecs

router = APIRouter(prefix="/codecs", tags=["devices"])


class Codecs(BaseModel):
    """What `codec` of a device may be."""

    items: list[str] = Field(description="Names, sorted.")


@router.get("")
def list_codecs(_: Reader) -> Codecs:
    """List the codecs."""
    return Codecs(items=list(codecs.names()))
