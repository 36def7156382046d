"""The broker of our own: its accounts, its certificate, and the reload when accounts of gateways change."""

from pathlib import Path

import structlog

from gridwatch.certificates import Authority
from gridwatch.data_dir import DataDirectory
from gridwatch.declared_formats import DeclaredFormats
from gridwatch.embedded import BrokerAccount, NatsServer, free_port, subscriptions_of
from gridwatch.embedded.nats import BrokerTls
from gridwatch.errors import FrontDoorError
from gridwatch.gateways import load_gateways
from gridwatch.keys import Keys
from gridwatch.runtime import Account, Broker, Listen
from gridwatch.settings import IngestSettings
from ingest.sources import EVERYTHING

log = structlog.get_logger(__name__)

CERTIFICATE = "broker"
BEHIND = -1  # no file has this time


class OwnBroker:
    """Builds the embedded broker and keeps its accounts in step with DATA_DIR/gateways.json."""

    def __init__(self, directory: DataDirectory, settings: IngestSettings, keys: Keys, listen: Listen) -> None:
        self._file = directory.gateways
        self._settings = settings
        self._keys = keys
        self._seen = _stamp(self._file)
        self._failed = ""
        self._authority = Authority(directory.certificates)
        self._formats = DeclaredFormats(settings, directory.path)
        self.server = NatsServer(
            directory.broker,
            host=listen.host,
            port=listen.port,
            accounts=self._accounts(),
            # The collector also listens to itself.
            subscriptions=subscriptions_of(settings.subscriptions or EVERYTHING) + 1,
            log=directory.logs / "broker.log",
            tls=self._tls() if settings.mqtt_tls else None,
            monitor=free_port(),
        )
        self._host = listen.local_host

    @property
    def described(self) -> Broker:
        """Say where it is and who our own parts are to it."""
        return Broker(
            host=self._host,
            port=self.server.port,
            tls=self.server.tls is not None,
            ca=self._authority.root if self.server.tls is not None else None,
            monitor=self.server.monitor,
            worker=Account(user="worker", password=self._keys.worker),
            gateway=Account(user="gateway", password=self._keys.gateway)
            if self._settings.shared_account
            else Account(),
            simulators=Account(user="simulators", password=self._keys.simulators),
        )

    def look_after(self) -> None:
        """Reload the broker where accounts of gateways or declared topics have changed; call it every second or so."""
        stamp, are_formats_new = _stamp(self._file), self._formats.look()
        if stamp == self._seen and not are_formats_new:
            return
        self._seen = stamp
        try:
            self.server.change_accounts(self._accounts())
            self._failed = ""
            log.info("accounts of gateways changed")
        except FrontDoorError as error:
            log.error("accounts of gateways refused; the old ones stay", reason=str(error))  # noqa: TRY400
        except OSError as error:  # a full disk, for a while: whoever lost a right shall lose it
            self._seen = BEHIND
            if str(error) != self._failed:
                self._failed = str(error)
                log.error("accounts of gateways cannot be changed; tried again", reason=self._failed)  # noqa: TRY400

    def _accounts(self) -> tuple[BrokerAccount, ...]:
        filters = tuple(source.topic_filter for source in self._formats.sources())
        shared = [BrokerAccount(user="gateway", password=self._keys.gateway, publish=filters)]
        return (
            BrokerAccount(user="worker", password=self._keys.worker),
            BrokerAccount(user="simulators", password=self._keys.simulators, publish=filters),
            *(shared if self._settings.shared_account else []),
            *(
                BrokerAccount(user=gateway.name, password=gateway.bcrypt, publish=gateway.publish)
                for gateway in load_gateways(self._file).accounts
            ),
        )

    def _tls(self) -> BrokerTls:
        self._authority.read(CERTIFICATE)  # says what to do where it is missing
        return BrokerTls(certificate=self._authority.file(CERTIFICATE), key=self._authority.key_file(CERTIFICATE))


def _stamp(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
