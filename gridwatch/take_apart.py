"""What is done about messages that cannot be stored together: they are halved until the one that is to blame is alone."""

from collections.abc import Sequence
from datetime import datetime

import structlog

from gridwatch.pipeline import Pipeline
from ingest.publish import Message

log = structlog.get_logger(__name__)


def take_apart(pipeline: Pipeline, messages: Sequence[Message], *, received: float, now: datetime) -> None:
    """Take messages in after a batch with them failed, each half in a transaction of its own; refuse the one that fails alone.

    The engine is ahead of what is stored whenever a batch fails, so it is taken up anew, as after a crash: only then, for that
    reads all that is stored.
    """
    pipeline.open(now=now)
    middle = len(messages) // 2
    for half in (messages[:middle], messages[middle:]) if middle else (messages,):
        try:
            pipeline.commit(pipeline.judge(half, received=received, now=now, tick=False, flush=False))
        except Exception as error:
            if not half:
                raise
            if len(half) > 1:
                take_apart(pipeline, half, received=received, now=now)
            else:
                _refuse(pipeline, half[0], repr(error), received=received, now=now)


def _refuse(pipeline: Pipeline, message: Message, fault: str, *, received: float, now: datetime) -> None:
    log.error("a message cannot be stored: refused, a fault of Gridwatch", topic=message.topic, error=fault)
    pipeline.open(now=now)
    pipeline.commit(pipeline.refuse(message, fault, received=received, now=now))
