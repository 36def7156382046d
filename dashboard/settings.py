"""What the web server is told once at its start. Refuses unknown keys; reads no file and no environment."""

from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator


class WebSettings(BaseModel):
    """One frozen object for the whole room; every field with unit, default and meaning."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    database_url: str = Field(description="PostgreSQL connection string or URL.")
    secret: SecretStr = Field(
        description="Signs sessions and tokens; at least 32 characters, generated at the first start, the same in every"
        " web process.",
        min_length=32,
    )
    data_dir: Path = Field(description="Folder that belongs to Gridwatch; map files and uploads live below it.")
    zone: str = Field(default="Asia/Shanghai", description="IANA name of the zone in which times are shown.")
    language: Literal["zh", "en"] = Field(default="zh", description="Language of a page nobody chose one for.")
    centre: str = Field(default="县社会治理中心", description="Name of the centre, shown at login and in warnings.")
    tile_url: str | None = Field(
        default=None, description="Tile template of a base map, {s} {z} {x} {y}; none: only the county's own polygons."
    )
    secure_cookies: bool = Field(default=False, description="Send the session cookie over HTTPS only.")
    origins: tuple[str, ...] = Field(
        default=(), description="Origins (scheme://host:port) that may act besides the one the Host header names."
    )
    session_hours: float = Field(default=12, gt=0, le=24 * 31, description="How long a login lasts, hours.")
    screen_days: float = Field(default=366, gt=0, le=3660, description="How long a login of a wall screen lasts, days.")
    token_minutes: float = Field(default=60, gt=0, le=24 * 60, description="How long a bearer token lasts, minutes.")
    pool_size: int = Field(default=10, ge=2, le=100, description="Most database sessions of one web process.")
    beat_s: float = Field(default=2, gt=0, le=5, description="Time between two beats of the live feed, seconds.")
    live_backlog: int = Field(
        default=10_000,
        ge=100,
        le=200_000,
        description="Changes kept for clients that are behind; at about 1 kB each. One further behind gets a snapshot.",
    )
    live_clients: int = Field(default=500, ge=1, description="Most screens on the live feed of one process.")
    seats: int = Field(
        default=1,
        ge=1,
        le=100,
        description="Officers' seats among whom the alarms are shared: what the performance page counts by.",
    )
    worker_silence_s: float = Field(
        default=10, gt=0, description="A worker that gave no sign for so many seconds counts as dead."
    )
    notifies: bool = Field(default=False, description="A notifier runs, and its sign is asked for.")
    cap_sender: str = Field(
        default="gridwatch@localhost", pattern=r"^[^\s,<&]+$", description="CAP 1.2 `sender` of warnings sent outward."
    )
    cap_status: Literal["Actual", "Exercise", "System", "Test"] = Field(
        default="Exercise", description="CAP 1.2 `status`; Exercise until the centre says that its warnings are real."
    )
    cap_exercise: str = Field(default="演练 Exercise", description="Name of the exercise, in `note` while it lasts.")
    cap_contact: str = Field(default="", description="CAP 1.2 `contact`: the centre's, never a person's.")
    cap_web: str = Field(
        default="", pattern=r"^(https?://\S+)?$", description="CAP 1.2 `web`: address of a page with more."
    )

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"{name!r} is not the IANA name of a time zone, such as Asia/Shanghai") from error
        return name
