"""What is done about messages that cannot be stored together: they are halved until the one that is to blame is alone."""

from collections.abc import Sequence
from datetime import datetime

import structlog

from gridwatch.pipeline import Pipeline
from ingest.publish import Message

log = structlog.get_logger(__name__)


def take_apart(pipeline: Pipeline, messages: Sequence[Message], *, received: float, now: datetime) -> None:
    """Take messages in after a batch with them failed, each half in a transaction of its own; refuse the one that fails alone.

    The engine is ahead of what is stored whenever a batch fails, so it is taken up anew, as after a crash.
    """
    pipeline.open(now=now)
    try:
        pipeline.commit(pipeline.judge(messages, received=received, now=now, tick=False, flush=False))
    except Exception as error:
        if len(messages) > 1:
            middle = len(messages) // 2
            take_apart(pipeline, messages[:middle], received=received, now=now)
            take_apart(pipeline, messages[middle:], received=received, now=now)
        elif messages:
            fault = repr(error)
            log.error("a message cannot be stored: refused, a fault of Gridwatch", topic=messages[0].topic, error=fault)  # noqa: TRY400 -- one line
            pipeline.open(now=now)
            pipeline.commit(pipeline.refuse(messages[0], fault, received=received, now=now))
        else:
            raise
