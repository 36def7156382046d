"""Runs the trials of rules that officers ask for (`rule_proposals.trial_asked_at`)."""

import json
from datetime import timedelta
from typing import Any

import structlog

from alerts.admission import WantedTrial, fail_trial, save_trial, wanted_trial
from dashboard.errands import SAID, Errands, in_a_process, to_its_end
from database import append_changes
from database.connection import Connection, Cursor

log = structlog.get_logger()

LONGEST = timedelta(hours=1)


class Trials(Errands[WantedTrial]):
    """Start `run` once in the event loop; `wake` may be called from any thread."""

    name = "trials"
    lock = 0x74727920  # "try "

    def wanted(self, cur: Cursor) -> WantedTrial | None:
        """Read the trial that waits longest."""
        return wanted_trial(cur)

    async def do(self, connection: Connection, wanted: WantedTrial) -> None:
        """Try it and keep the table, or why there is none."""
        log.info("trial_begins", proposal=wanted.proposal, start=wanted.start, end=wanted.end)
        task = {
            "database_url": self._url,
            "text": wanted.text,
            "against": wanted.against_text,
            "start": wanted.start.isoformat(),
            "end": wanted.end.isoformat(),
        }
        found, fault = await in_a_process("alerts.admission.trial_process", task, longest=LONGEST)
        outcome: dict[str, Any] = {"fault": fault} if fault else json.loads(found)
        await to_its_end(lambda: self._keep(connection, wanted, outcome))

    def _keep(self, connection: Connection, wanted: WantedTrial, outcome: dict[str, Any]) -> None:
        with connection.transaction(), connection.cursor() as cur:
            if "comparison" in outcome:
                append_changes(cur, save_trial(cur, wanted, outcome["comparison"], now=self._clock()))
            else:
                log.warning("trial_came_to_nothing", proposal=wanted.proposal, fault=outcome["fault"])
                append_changes(cur, fail_trial(cur, wanted, outcome["fault"][:SAID]))
