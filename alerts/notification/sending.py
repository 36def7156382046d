"""Speaks to a receiver: finds its secret and hands the message to its transport. One attempt, no retry."""

import os
from datetime import datetime
from pathlib import Path

from alerts.notification import by_apprise, webhook
from alerts.notification.deliveries import Refusal
from alerts.notification.errors import SecretError
from alerts.notification.happening import Message
from alerts.notification.routes import Receiver, ReceiverKind, Secret


def send(receiver: Receiver, message: Message, *, key: str, folder: Path, now: datetime) -> Refusal | None:
    """Send a message once; None is success. `folder` is where the notify file stands: secrets are named from there.

    The secret is read for each attempt, so that a new one needs no restart.
    """
    try:
        secret = read_secret(receiver.secret, folder)
    except SecretError as error:
        return Refusal(reason=str(error))
    match receiver.kind:
        case ReceiverKind.WEBHOOK:
            return webhook.post(receiver, message, key=key, secret=secret.encode(), now=now)
        case ReceiverKind.APPRISE:
            return by_apprise.send(secret, message)


def read_secret(secret: Secret, folder: Path) -> str:
    """Read a secret from its file or variable, without the white space around it.

    Raises:
        SecretError: there is none; the message names the place, never a part of the secret.
    """
    if secret.variable is not None:
        text = os.environ.get(secret.variable, "").strip()
        if not text:
            raise SecretError(f"the environment variable {secret.variable} is not set")
        return text
    path = folder / (secret.file or "")
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SecretError(f"the secret in {path.name} cannot be read: {getattr(error, 'strerror', error)}") from None
    if not text:
        raise SecretError(f"{path.name} is empty")
    return text
