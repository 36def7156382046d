"""Write the configuration of an outside broker: TLS, one account a gateway, what each may publish. Pure: texts only."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

from gridwatch.embedded.nats import PACKET_IDS, permissions, subscriptions_of
from ingest.decoders import MAX_BYTES
from ingest.sources import EVERYTHING

MQTT_PORT: Final = 8883
MOST_QUEUED: Final = 2_000_000  # messages for the worker; some hours of a county
ROOM_FOR_OTHERS: Final = 100  # connections beside the gateways': ours, an administrator's, a second of each for a while


class Kind(StrEnum):
    """Which broker is configured."""

    NATS = "nats"
    MOSQUITTO = "mosquitto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who may connect, with both hashes of the password. `publish` None is the worker: it may do everything."""

    user: str
    bcrypt: str
    pbkdf2: str
    publish: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the configuration says. `home` is where its files will lie on the broker's machine."""

    home: PurePosixPath
    accounts: tuple[Account, ...]
    port: int = MQTT_PORT
    is_mutual: bool = False  # gateways must show a certificate of the private authority, too
    most_connections: int = 1000


def write_nats(plan: Plan) -> dict[str, str]:
    """Write nats-server's configuration: file names and texts."""
    users = ",\n    ".join(_nats_user(account) for account in plan.accounts)
    # One subscription too many, and the broker refuses it: the packet ids are shared out among the worker's.
    window = PACKET_IDS // (subscriptions_of(EVERYTHING) + 1)
    text = f"""# nats-server for Gridwatch; written by `gridwatch broker-config nats`. Write it anew when gateways change, then
# nats-server --signal reload. Start: nats-server --config {plan.home}/nats.conf
server_name: gridwatch
# NATS's own protocol and its monitoring stay on this machine: devices speak MQTT.
listen: "127.0.0.1:4222"
http: "127.0.0.1:8222"
# Larger payloads are refused before they are read.
max_payload: {MAX_BYTES}
max_connections: {plan.most_connections}

jetstream {{
  store_dir: "{plan.home}/store"
  # On the disk before the device gets its PUBACK: what it believes delivered is not lost by a power cut.
  sync_interval: always
}}

mqtt {{
  listen: "0.0.0.0:{plan.port}"
  max_ack_pending: {window}
  ack_wait: "300s"
  tls {{
    cert_file: "{plan.home}/broker.pem"
    key_file: "{plan.home}/broker.key"
    ca_file: "{plan.home}/ca.pem"
    # true: a client must show a certificate of our own authority before its password is even looked at.
    verify: {str(plan.is_mutual).lower()}
    timeout: 10
  }}
}}

authorization {{
  timeout: 10
  # Passwords are bcrypt hashes. A gateway may publish what is listed and subscribe to nothing. MQTT 3.1.1 cannot refuse
  # one message: what is not listed gets its PUBACK, is dropped, and the log says "Publish Violation".
  users: [
    {users}
  ]
}}
"""
    return {"nats.conf": text}


def write_mosquitto(plan: Plan) -> dict[str, str]:
    """Write Mosquitto's configuration, password file and access rules: file names and texts."""
    text = f"""# Mosquitto 2 for Gridwatch; written by `gridwatch broker-config mosquitto`. Write it anew when gateways change, then
# send SIGHUP. Start: mosquitto -c {plan.home}/mosquitto.conf. Its user must be able to read the files here.
per_listener_settings false
allow_anonymous false
password_file {plan.home}/passwords
acl_file {plan.home}/acl

# Gateways and the worker, encrypted.
listener {plan.port} 0.0.0.0
certfile {plan.home}/broker.pem
keyfile {plan.home}/broker.key
cafile {plan.home}/ca.pem
tls_version tlsv1.2
# true: a client must show a certificate of our own authority beside its password.
require_certificate {str(plan.is_mutual).lower()}
max_connections {plan.most_connections}

# Larger payloads are dropped.
message_size_limit {MAX_BYTES}
# The worker takes as much as it can and acknowledges after its commit; so many wait for it while it is away. Not 0, without
# limit: with it Mosquitto 2.0 disconnects whoever publishes where it may not, and takes its other messages along.
max_inflight_messages 0
max_queued_messages {MOST_QUEUED}
persistence true
persistence_location {plan.home}/store/
# Mosquitto answers before the disk has it: a power cut loses what came since the last save. NATS does not.
autosave_interval 10
log_dest stderr
log_type error
log_type warning
log_type notice
log_type information
"""
    passwords = "".join(f"{account.user}:{account.pbkdf2}\n" for account in plan.accounts)
    return {"mosquitto.conf": text, "passwords": passwords, "acl": _mosquitto_rules(plan.accounts)}


WRITERS: Final[Mapping[Kind, Callable[[Plan], dict[str, str]]]] = {
    Kind.NATS: write_nats,
    Kind.MOSQUITTO: write_mosquitto,
}


def _nats_user(account: Account) -> str:
    user: dict[str, object] = {"user": account.user, "password": account.bcrypt}
    if account.publish is not None:
        user["permissions"] = permissions(account.publish)
    return json.dumps(user, ensure_ascii=False)  # nats-server knows no \u escapes


def _mosquitto_rules(accounts: Sequence[Account]) -> str:
    rules = ["# Who may publish (write) and subscribe (read) to what; whoever is not named here may do nothing."]
    for account in accounts:
        allowed = ["readwrite #"] if account.publish is None else [f"write {each}" for each in account.publish]
        rules += ["", f"user {account.user}", *(f"topic {each}" for each in allowed)]
    return "\n".join(rules) + "\n"
