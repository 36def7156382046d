"""The settings: one frozen object per room in one YAML file, GRIDWATCH_* over it, the command line over both.

Read once at start. An unknown key is an error that names the nearest known one. Every field has its unit, its default
and its description, from which docs/reference/settings.md is made.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from ingest import sources


def unit(name: str) -> dict[str, JsonValue]:
    """Say what a field is measured in; "" is for names, addresses and switches."""
    return {"unit": name}


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("is no time zone; a name like Asia/Shanghai is")
    return name


def _url(*schemes: str) -> AfterValidator:
    def check(text: str) -> str:
        parts = urlsplit(text)
        if parts.scheme not in schemes or not parts.hostname:
            raise ValueError(f"is no URL that begins with {' or '.join(f'{scheme}://' for scheme in schemes)}")
        if any(letter.isspace() for letter in text):
            raise ValueError("holds a blank; in a URL it is written %20")
        try:
            _ = parts.port if "," not in parts.netloc else None  # PostgreSQL takes several hosts
        except ValueError:
            raise ValueError("has a port that is none; they go to 65535") from None
        return text

    return AfterValidator(check)


Zone = Annotated[str, AfterValidator(_known_zone)]
DatabaseUrl = Annotated[str, _url("postgresql", "postgres")]
MqttUrl = Annotated[str, _url("mqtt", "mqtts")]
Port = Annotated[int, Field(ge=0, le=65535)]


class Language(StrEnum):
    """What the pages speak before a user chose."""

    ZH = "zh"
    EN = "en"


class LogLevel(StrEnum):
    """How much is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class CapStatus(StrEnum):
    """CAP 1.2 `status`; the values are the standard's."""

    ACTUAL = "Actual"
    EXERCISE = "Exercise"
    SYSTEM = "System"
    TEST = "Test"


class Room(BaseModel):
    """Settings of one room: frozen, and closed to keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class DatabaseSettings(Room):
    """Where things are remembered, and for how long."""

    url: DatabaseUrl | None = Field(default=None, json_schema_extra=unit(""))
    """Address of a PostgreSQL or TimescaleDB server, `postgresql://user:password@host:port/name`. Empty: the embedded PostgreSQL."""
    retention_days: int = Field(default=1095, ge=1, json_schema_extra=unit("days"))
    """Readings are dropped, in whole weeks, when the newest of the week was received longer ago than this."""


class Source(Room):
    """One binding of an MQTT topic filter to the decoder of what arrives there."""

    topic: str = Field(min_length=1)
    """MQTT topic filter, with + and #."""
    decoder: str = Field(min_length=1)
    """Name of the decoder: a file of ingest/decoders."""


DEFAULT_SOURCES = tuple(Source(topic=source.topic_filter, decoder=source.decoder) for source in sources.DEFAULT_SOURCES)


class IngestSettings(Room):
    """Which broker is listened to, and who understands what."""

    mqtt_url: MqttUrl | None = Field(default=None, json_schema_extra=unit(""))
    """Address of an MQTT broker (NATS, Mosquitto, EMQX), `mqtt://user:password@host:port`, or `mqtts://` for TLS (`mqtt_ca`). Empty: the embedded broker."""
    mqtt_host: str = Field(default="127.0.0.1", json_schema_extra=unit(""))
    """Address the embedded broker listens on; `0.0.0.0` lets gateways on the network in."""
    mqtt_port: Port = Field(default=1883, json_schema_extra=unit(""))
    """Port the embedded broker listens on; 0 chooses a free one."""
    mqtt_tls: bool = Field(default=False, json_schema_extra=unit(""))
    """The embedded broker speaks TLS only, with DATA_DIR/certs/broker.pem (`gridwatch certs make`)."""
    mqtt_ca: Path | None = Field(default=None, json_schema_extra=unit(""))
    """Certificate of the authority that an `mqtts://` broker is trusted by; a relative path is relative to the data directory. Empty: the machine's trust store."""
    mqtt_certificate: Path | None = Field(default=None, json_schema_extra=unit(""))
    """Certificate by which we prove who we are to a broker that demands one; its key lies beside it, ending in .key. Empty: none."""
    shared_account: bool = Field(default=True, json_schema_extra=unit(""))
    """The embedded broker has an account `gateway` that may publish for every device. `false` where every gateway has its own (`gridwatch gateway add`)."""
    topic_rate: int = Field(default=5000, ge=0, json_schema_extra=unit("messages/s"))
    """Most messages that one topic may bring, seen over ten seconds; what is beyond is refused but for the newest. 0: no limit."""
    sources: tuple[Source, ...] = Field(default=DEFAULT_SOURCES, json_schema_extra=unit(""))
    """Topic filters and the decoders of what arrives on them; the first filter that matches decides."""
    formats: Path | None = Field(default=None, json_schema_extra=unit(""))
    """Folder of declared formats, `*.yaml` (docs/reference/declared-formats.md); a relative path is relative to the data directory. Empty: the folder `formats` of the data directory, where there is one."""
    subscriptions: tuple[str, ...] = Field(default=(), json_schema_extra=unit(""))
    """Topic filters the collector subscribes to. Empty: `#` at the embedded broker, which is ours alone, and the filters of `sources` at another."""
    home_assistant_prefix: str = Field(default="", pattern=r"^$|^[^+#\s]+$", json_schema_extra=unit(""))
    """Discovery prefix under which our devices and alarms are told to Home Assistant by the same broker, usually `homeassistant`. Empty: nothing is told."""


class RulesAdmission(StrEnum):
    """What a changed rule file means."""

    FILE = "file"
    REVIEWED = "reviewed"


class AlertsSettings(Room):
    """What is judged by."""

    rules: Path | None = Field(default=None, json_schema_extra=unit(""))
    """The rule file, in YAML; a relative path is relative to the data directory. Empty: the rules that come with Gridwatch."""
    notify: Path | None = Field(default=None, json_schema_extra=unit(""))
    """The notify file, in YAML: who is told of what (docs/reference/notification.md); a relative path is relative to the data directory. Empty: nobody is told."""
    console_url: Annotated[str, _url("http", "https")] | None = Field(default=None, json_schema_extra=unit(""))
    """Address of the pages as those who are told reach it, `https://host:port`, for links in messages. Empty: the address the web server listens on."""
    rules_admission: RulesAdmission = Field(default=RulesAdmission.FILE, json_schema_extra=unit(""))
    """What a changed rule file means. `file`: it is in force as soon as it is read. `reviewed`: it becomes a proposal that a second officer admits."""
    warning_hours: float = Field(default=12.0, gt=0, le=24 * 31, json_schema_extra=unit("hours"))
    """How long an official warning holds whose issuer gives no end."""
    warning_places: dict[str, tuple[str, ...]] = Field(default_factory=dict, json_schema_extra=unit(""))
    """Codes of our grids for places as issuers name them: a code (`MTZ014`), a code with its system (`UGC:MTZ014`) or a name."""
    warning_folder: Path | None = Field(default=None, json_schema_extra=unit(""))
    """A folder where official warnings are put as files (`*.xml`, `*.cap`, `*.json`); a relative path is relative to the data directory. Empty: none."""
    warning_feeds: tuple[Annotated[str, _url("http", "https")], ...] = Field(default=(), json_schema_extra=unit(""))
    """Addresses from which official warnings are fetched: CAP, a feed (Atom, RSS) of CAP, or one of the JSON forms. Empty: nothing is fetched."""
    warning_feed_s: float = Field(default=60.0, ge=10, le=3600, json_schema_extra=unit("seconds"))
    """How often each of `warning_feeds` is asked, give or take a tenth."""
    warning_feed_hosts: tuple[str, ...] = Field(default=(), json_schema_extra=unit(""))
    """Hosts beside its own that a feed may send us to, for the messages it lists."""


class DashboardSettings(Room):
    """What people see, and where."""

    host: str = Field(default="127.0.0.1", json_schema_extra=unit(""))
    """Address the web server listens on; `0.0.0.0` lets other machines in."""
    port: Port = Field(default=8000, json_schema_extra=unit(""))
    """Port the web server listens on; 0 chooses a free one."""
    zone: Zone = Field(default="Asia/Shanghai", json_schema_extra=unit(""))
    """Time zone of the centre: times are shown in it and stored in UTC."""
    language: Language = Field(default=Language.ZH, json_schema_extra=unit(""))
    """Language of the pages for a user who has not chosen one."""
    tile_url: str | None = Field(default=None, json_schema_extra=unit(""))
    """Tile server below the map, with {x}, {y} and {z}. Empty: none, the county is drawn from its own polygons and nothing is loaded from a network."""
    tls_certificate: Path | None = Field(default=None, json_schema_extra=unit(""))
    """Certificate of the web server, in PEM, as `certs/web.pem` of `gridwatch certs make`; its key lies beside it, ending in .key; a relative path is relative to the data directory. Empty: plain HTTP. With it cookies are sent over HTTPS only."""
    secure_cookies: bool = Field(default=False, json_schema_extra=unit(""))
    """Send session cookies over HTTPS only; true behind a proxy that speaks HTTPS."""
    origins: tuple[str, ...] = Field(default=(), json_schema_extra=unit(""))
    """Origins (`scheme://host:port`) from which officers may act beside the server's own name, for proxies that change it."""
    centre: str = Field(default="县社会治理中心", min_length=1, json_schema_extra=unit(""))
    """Name of the centre, shown at login and in warnings."""
    session_hours: float = Field(default=12.0, gt=0, le=24 * 31, json_schema_extra=unit("hours"))
    """How long a login lasts."""
    screen_days: float = Field(default=366.0, gt=0, le=3660, json_schema_extra=unit("days"))
    """How long a login of a wall screen lasts."""
    token_minutes: float = Field(default=60.0, gt=0, le=24 * 60, json_schema_extra=unit("minutes"))
    """How long a bearer token lasts."""
    seats: int = Field(default=1, ge=1, le=100, json_schema_extra=unit("seats"))
    """Officers' seats of a shift among whom alarms are shared: what the performance page and its metrics count by."""
    cap_sender: str = Field(default="gridwatch@localhost", pattern=r"^[^\s,<&]+$", json_schema_extra=unit(""))
    """CAP 1.2 `sender` of warnings sent outward: an address or name without space, comma, < or &."""
    cap_status: CapStatus = Field(default=CapStatus.EXERCISE, json_schema_extra=unit(""))
    """CAP 1.2 `status`: `Exercise` until the centre says that its warnings are real, then `Actual`."""
    cap_exercise: str = Field(default="演练 Exercise", json_schema_extra=unit(""))
    """Name of the exercise, in the `note` of every message while `cap_status` is `Exercise`."""
    cap_contact: str = Field(default="", json_schema_extra=unit(""))
    """CAP 1.2 `contact`: the centre's telephone or desk, never a person's."""
    cap_web: str = Field(default="", pattern=r"^(https?://\S+)?$", json_schema_extra=unit(""))
    """CAP 1.2 `web`: address of a page with more."""


class DemoSettings(Room):
    """The county that `run --demo` makes."""

    seed: int = Field(default=1, ge=0, json_schema_extra=unit(""))
    """Which of all possible demo counties is made; the same number gives the same county."""
    size: str = Field(default="demo", json_schema_extra=unit(""))
    """How large the demo county is, by the name the simulators give it."""
    scenario: str = Field(default="demo", json_schema_extra=unit(""))
    """What happens in the demo county."""


class Settings(Room):
    """All settings of one instance: a room's under its name, the front door's own at the top."""

    log_level: LogLevel = Field(default=LogLevel.INFO, json_schema_extra=unit(""))
    """How much is logged."""
    min_free_mb: int = Field(default=256, ge=0, json_schema_extra=unit("MB"))
    """Nothing is started with less free space than this in the data directory."""
    demo: DemoSettings = Field(default_factory=DemoSettings)
    dashboard: DashboardSettings = Field(default_factory=DashboardSettings)
    alerts: AlertsSettings = Field(default_factory=AlertsSettings)
    ingest: IngestSettings = Field(default_factory=IngestSettings)
    database: DatabaseSettings = Field(default_factory=DatabaseSettings)
