"""Set up structured logs once a process: one JSON object a line, UTC, on stderr, which the supervisor keeps in a file."""

import logging
import sys
from pathlib import Path

import stamina
import structlog

from gridwatch.settings import LogLevel

CHATTY = ("httpx", "httpcore")  # a line for each request at level info
SILENT = ("gmqtt",)  # calls a fallback of ours an error; the collector says itself what matters


def set_up(part: str, level: LogLevel, *, file: Path | None = None) -> None:
    """Send structlog's and the standard library's records to stderr, or to `file`, each marked with its part."""

    def mark(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        event["part"] = part  # not a context variable: threads of a pool would not have it
        return event

    shared: list[structlog.typing.Processor] = [
        mark,
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr) if file is None else logging.FileHandler(file, encoding="utf-8")
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    stamina.instrumentation.set_on_retry_hooks([_tell_retry])
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.value.upper())
    for silent in SILENT:
        logging.getLogger(silent).setLevel(logging.CRITICAL)
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(max(root.level, logging.WARNING))


def _tell_retry(details: stamina.instrumentation.RetryDetails) -> None:
    """Log a retry without the arguments of the call, as stamina would: they may hold a password."""
    structlog.get_logger("stamina").warning(
        "tried again",
        what=details.name,
        attempt=details.retry_num,
        wait_s=details.wait_for,
        cause=repr(details.caused_by),
    )
