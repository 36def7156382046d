"""The alarm engine: judges readings, keeps the life of alarms. Opens no incident and draws nothing."""

from alerts.by_design import Suppression, suppressions_of
from alerts.commands import (
    acknowledge,
    comment,
    end_override,
    out_of_service,
    shelve,
    suppress,
    unshelve,
)
from alerts.detection import ActivePoint, DelayChange, Detection, PointChange, StoredState
from alerts.due import fire_deadlines
from alerts.engine import Engine
from alerts.errors import (
    AlertsError,
    IllegalTransitionError,
    OverrideRefusedError,
    RuleFileError,
    ShelvingTooLongError,
    StaleVersionError,
    UnknownAlarmError,
)
from alerts.ledger import Transition
from alerts.life_cycle import Cause, State
from alerts.plans import Plan, begin_plan, end_by_hand
from alerts.points import Tag
from alerts.rule import Guidance, RuleSet
from alerts.rule_store import AlarmRule, rule_of, save_rule_set
from alerts.rules import DEFAULT_RULES, default_rules, load_rules
from alerts.store import save
from alerts.stored_state import load_history, load_state
from alerts.suppression import release_by_design, suppress_by_design

__all__ = [
    "DEFAULT_RULES",
    "ActivePoint",
    "AlarmRule",
    "AlertsError",
    "Cause",
    "DelayChange",
    "Detection",
    "Engine",
    "Guidance",
    "IllegalTransitionError",
    "OverrideRefusedError",
    "Plan",
    "PointChange",
    "RuleFileError",
    "RuleSet",
    "ShelvingTooLongError",
    "StaleVersionError",
    "State",
    "StoredState",
    "Suppression",
    "Tag",
    "Transition",
    "UnknownAlarmError",
    "acknowledge",
    "begin_plan",
    "comment",
    "default_rules",
    "end_by_hand",
    "end_override",
    "fire_deadlines",
    "load_history",
    "load_rules",
    "load_state",
    "out_of_service",
    "release_by_design",
    "rule_of",
    "save",
    "save_rule_set",
    "shelve",
    "suppress",
    "suppress_by_design",
    "suppressions_of",
    "unshelve",
]
