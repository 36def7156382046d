"""Write a broker's configuration, its certificates and the settings that go with it into a folder, mode 600."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from gridwatch.broker_config import ROOM_FOR_OTHERS, WRITERS, Account, Kind, Plan
from gridwatch.certificates import AUTHORITY, RENEW_BEFORE, Authority, Purpose
from gridwatch.data_dir import DataDirectory, write_private
from gridwatch.errors import SettingsError
from gridwatch.gateway_hashes import bcrypt, pbkdf2
from gridwatch.gateways import load_gateways
from gridwatch.keys import load_keys

WORKER = "worker"
CLIENT = "worker"  # name of its certificate where the broker demands one


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is asked for. `home` is where `out` will lie on the broker's machine, `host` its address as we reach it."""

    out: Path
    kind: Kind
    home: PurePosixPath
    host: str
    port: int
    is_mutual: bool


def write_files(directory: DataDirectory, order: Order, *, now: datetime, force: bool) -> list[Path]:
    """Write all files and name them. Where clients have to show a certificate, the worker's is made, too.

    Raises:
        SettingsError: the folder holds some of them already, and nothing was said of `force`.
        CertificateError: `gridwatch certs make` was not run.
    """
    authority = Authority(directory.certificates)
    for name in (AUTHORITY, "broker"):
        authority.read(name)
    if order.is_mutual and not _is_good(authority, now):
        authority.issue(CLIENT, Purpose.CLIENT, now=now, force=True)
    worker = load_keys(directory.secrets).worker
    texts = WRITERS[order.kind](_plan(directory, order, worker))
    texts["gridwatch.yaml"] = _settings(authority, order, worker)
    texts |= {f"{name}.pem": authority.file(name).read_text() for name in (AUTHORITY, "broker")}
    texts["broker.key"] = authority.key_file("broker").read_text()
    return _write(order.out, texts, force=force)


def _is_good(authority: Authority, now: datetime) -> bool:
    """Tell whether the worker has a certificate that the broker will believe: not of an authority from before."""
    if not authority.file(CLIENT).exists():
        return False
    found = authority.read(CLIENT)
    return found.is_ours and not found.ends_within(RENEW_BEFORE, now)


def _plan(directory: DataDirectory, order: Order, worker: str) -> Plan:
    gateways = load_gateways(directory.gateways).accounts
    return Plan(
        home=order.home,
        accounts=(
            Account(user=WORKER, bcrypt=bcrypt(worker), pbkdf2=pbkdf2(worker)),
            *(Account(user=g.name, bcrypt=g.bcrypt, pbkdf2=g.pbkdf2, publish=g.publish) for g in gateways),
        ),
        port=order.port,
        is_mutual=order.is_mutual,
        most_connections=2 * len(gateways) + ROOM_FOR_OTHERS,
    )


def _settings(authority: Authority, order: Order, password: str) -> str:
    host = f"[{order.host}]" if ":" in order.host else order.host
    proof = f"\n  mqtt_certificate: {authority.file(CLIENT)}" if order.is_mutual else ""
    return f"""# Put this into the settings of the instance. It holds the worker's password: keep it like one.
ingest:
  mqtt_url: mqtts://{WORKER}:{password}@{host}:{order.port}
  mqtt_ca: {authority.root}{proof}
  subscriptions: ["#"]
"""


def _write(out: Path, texts: dict[str, str], *, force: bool) -> list[Path]:
    there = [name for name in texts if (out / name).exists()]
    if there and not force:
        raise SettingsError(f"{out} holds {', '.join(sorted(there))} already; --force writes over them.")
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    (out / "store").mkdir(mode=0o700, exist_ok=True)
    for name, text in texts.items():
        write_private(out / name, text)
    return sorted(out / name for name in texts)
