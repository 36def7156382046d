"""The services that run inside one machine when no URL names another: PostgreSQL and the NATS broker."""

from gridwatch.embedded.nats import BrokerAccount, NatsServer, subscriptions_of
from gridwatch.embedded.postgres import PostgresServer
from gridwatch.embedded.process import ServiceError, free_port

__all__ = ["BrokerAccount", "NatsServer", "PostgresServer", "ServiceError", "free_port", "subscriptions_of"]
