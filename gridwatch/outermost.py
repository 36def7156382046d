"""The outermost handler: an error that was foreseen is one sentence on stderr, any other also a traceback in a file."""

import errno
import sys
import tempfile
import traceback
from pathlib import Path

from gridwatch.clock import now

FAILED = 1
INTERRUPTED = 130  # 128 + SIGINT, as shells count

# Set by the commands once they know where the instance lives.
log_folder: Path | None = None

# Errors whose message is a sentence for the operator, by where they are defined: naming them imports nothing.
SENTENCES = {
    "gridwatch.errors.FrontDoorError",
    "alerts.errors.AlertsError",
    "alerts.errors.RuleFileError",
    "ingest.declared.errors.FormatError",
    "dashboard.auth.accounts.AccountError",
    "dashboard.auth.passwords.PasswordError",
    "database.migrate.MigrationError",
    "geo.errors.GeoError",
    "ingest.collector.BrokerError",
    "ingest.decoders.UnknownDecoderError",
    "ingest.device_file.DeviceFileError",
    "simulators.county.make.UnknownSizeError",
    "simulators.publisher.BrokerError",
    "simulators.scenario.ScenarioError",
    "psycopg.OperationalError",
    "psycopg_pool.PoolTimeout",
}


def explain(error: BaseException) -> str | None:
    """Say an error that was foreseen in one sentence; None for a fault of ours."""
    names = {f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__}
    if names & SENTENCES:
        return " ".join(str(error).split()) if "psycopg.OperationalError" in names else str(error)
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return "The disk is full."
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}."
    return None


def report(error: BaseException) -> None:
    """Write an error to stderr; one that nobody foresaw goes to a file with its traceback."""
    sentence = explain(error)
    if sentence is None:
        place = _keep(error)
        sentence = f"This is a fault of Gridwatch ({type(error).__name__}); what happened is in {place}."
    print(f"gridwatch: {sentence}", file=sys.stderr)  # noqa: T201 -- the one place that speaks to stderr


def _keep(error: BaseException) -> Path:
    folder = log_folder if log_folder is not None and log_folder.is_dir() else Path(tempfile.gettempdir())
    place = folder / f"gridwatch-fault-{now():%Y%m%dT%H%M%S}.log"
    place.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    return place
