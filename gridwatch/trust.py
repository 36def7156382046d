"""Whom our own parts trust: the broker by the centre's authority, our own web server by standing on this machine."""

import ssl

from gridwatch.errors import FrontDoorError
from gridwatch.runtime import Broker


def context_of(broker: Broker) -> ssl.SSLContext:
    """Make the TLS context for a broker: the authority it is trusted by, and our own certificate where there is one.

    Raises:
        FrontDoorError: a file is missing or is none.
    """
    try:
        context = ssl.create_default_context(cafile=broker.ca)
        if broker.certificate is not None:
            context.load_cert_chain(broker.certificate, broker.certificate.with_suffix(".key"))
    except (OSError, ssl.SSLError) as error:
        files = " or ".join(str(path) for path in (broker.ca, broker.certificate) if path is not None)
        raise FrontDoorError(f"{files} cannot be read for TLS: {error.strerror or error}.") from None
    return context


def own_server() -> ssl.SSLContext:
    """Make a context that asks no server who it is: for seeing whether our own answers, on this machine."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
