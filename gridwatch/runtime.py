"""What the supervisor tells the parts it starts: one JSON file, mode 600, named by GRIDWATCH_RUNTIME. Holds secrets."""

import importlib.util
import os
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from pydantic import BaseModel, ConfigDict, ValidationError

from gridwatch.errors import NotRunningError
from gridwatch.settings import Settings

VARIABLE = "GRIDWATCH_RUNTIME"
FILE_NAME = "runtime.json"


class Frozen(BaseModel):
    """A value that is written once and read by others."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Account(Frozen):
    """Who a part is to the broker; both empty where the broker asks for no name."""

    user: str = ""
    password: str = ""


class Broker(Frozen):
    """Where the broker is, and the account of each kind of client."""

    host: str
    port: int
    tls: bool = False
    ca: Path | None = None  # whom we trust by; None is the machine's trust store
    certificate: Path | None = None  # by which we prove who we are, its key beside it
    monitor: int = 0  # port of the embedded broker's own account of its connections
    worker: Account = Account()
    gateway: Account = Account()  # may publish what devices publish
    simulators: Account = Account()

    @property
    def url(self) -> str:
        """Name the broker without an account."""
        return f"{'mqtts' if self.tls else 'mqtt'}://{_bracketed(self.host)}:{self.port}"

    @property
    def for_playing(self) -> Account:
        """Give the account by which scenarios and recordings are played: the shared one, where there is one."""
        return self.gateway if self.gateway.user else self.simulators

    @classmethod
    def from_url(cls, url: str, *, ca: Path | None = None, certificate: Path | None = None) -> "Broker":
        """Describe an outside broker: every client uses the account in its URL."""
        parts = urlsplit(url)
        tls = parts.scheme == "mqtts"
        account = Account(user=unquote(parts.username or ""), password=unquote(parts.password or ""))
        return cls(
            host=parts.hostname or "127.0.0.1",
            port=parts.port or (8883 if tls else 1883),
            tls=tls,
            ca=ca,
            certificate=certificate,
            worker=account,
            gateway=account,
            simulators=account,
        )


class Listen(Frozen):
    """A host and port a server listens on."""

    host: str
    port: int
    tls: bool = False

    @property
    def local_host(self) -> str:
        """Name the host as a program on this machine reaches it."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 -- a name, nothing is bound

    @property
    def url(self) -> str:
        """Name the server as a program on this machine reaches it."""
        return f"{'https' if self.tls else 'http'}://{_bracketed(self.local_host)}:{self.port}"


class Runtime(Frozen):
    """Where everything of one running instance is."""

    data_dir: Path
    settings: Settings
    database_url: str
    broker: Broker
    http: Listen
    secret: str  # signs sessions and tokens
    client: str = "gridwatch-worker-1"  # the worker's client id, a secret too
    demo: bool = False

    @property
    def rules_file(self) -> Path:
        """Name the rule file in force."""
        return rules_file(self.settings, self.data_dir)


def rules_file(settings: Settings, data_dir: Path) -> Path:
    """Name the rule file in force: the settings', or the one that comes with Gridwatch."""
    if settings.alerts.rules is not None:
        return data_dir / settings.alerts.rules  # an absolute path stays what it is
    room = importlib.util.find_spec("alerts")
    assert room is not None and room.origin is not None  # noqa: PT018 -- one fact for mypy
    return Path(room.origin).parent / "default_rules.yaml"


def notify_file(settings: Settings, data_dir: Path) -> Path | None:
    """Name the notify file; None where nobody is to be told."""
    return None if settings.alerts.notify is None else data_dir / settings.alerts.notify


def read_runtime(path: Path) -> Runtime:
    """Read what the supervisor wrote.

    Raises:
        NotRunningError: there is none, or it is of another version of Gridwatch.
    """
    try:
        return Runtime.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise NotRunningError(f"Nothing is running in {path.parent}: there is no {path.name}.") from None
    except OSError as error:
        raise NotRunningError(f"{path} cannot be read: {error.strerror}.") from None
    except ValidationError:
        raise NotRunningError(f"{path} is not of this version of Gridwatch: start `gridwatch run` again.") from None


def runtime_of_this_part() -> Runtime:
    """Read the file that GRIDWATCH_RUNTIME names: for processes the supervisor starts.

    Raises:
        NotRunningError: the variable is not set, or the file cannot be read.
    """
    path = os.environ.get(VARIABLE)
    if path is None:
        raise NotRunningError(f"{VARIABLE} is not set: this is started by `gridwatch run`.")
    return read_runtime(Path(path))


def with_account(url: str, account: Account) -> str:
    """Put an account into a URL."""
    scheme, rest = url.split("://", 1)
    return (
        f"{scheme}://{quote(account.user, safe='')}:{quote(account.password, safe='')}@{rest}" if account.user else url
    )


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
