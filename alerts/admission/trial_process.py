"""The process of one trial: a task on standard input, its table on standard output. Writes nothing else anywhere.

A trial over weeks of a county takes minutes of a core: in a process of its own it holds up neither screens nor judging.
"""

import json
import os
import sys
from datetime import datetime
from typing import Any

import psycopg

from alerts.errors import RuleFileError
from alerts.rules import load_rules
from alerts.trial_history import trial_over_history
from database import connect

# Judging live readings always comes first.
NICE = 10


def try_out(task: dict[str, str]) -> dict[str, Any]:
    """Run the trial of a task: `database_url`, `text`, `against`, `start`, `end`; gives `comparison` or `fault`."""
    try:
        rules = load_rules(task["text"], source="proposal")
        against = load_rules(task["against"], source="in force")
        with connect(task["database_url"], name="gridwatch trial") as connection:
            comparison = trial_over_history(
                connection,
                rules,
                datetime.fromisoformat(task["start"]),
                datetime.fromisoformat(task["end"]),
                in_force=against,
            )
    except (RuleFileError, psycopg.Error) as error:
        return {"fault": str(error).splitlines()[0]}
    return {"comparison": comparison.to_json()}


def main() -> None:
    """Try what standard input asks for."""
    os.nice(NICE)
    json.dump(try_out(json.load(sys.stdin)), sys.stdout)


if __name__ == "__main__":
    main()
