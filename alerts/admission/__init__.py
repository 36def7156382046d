"""How a changed rule comes into force (准入): proposed, tried over history, admitted by a second officer who saw the table."""

from alerts.admission.errors import (
    AdmissionError,
    NotAdmittedError,
    NothingChangesError,
    StaleProposalError,
    UnknownProposalError,
)
from alerts.admission.in_force import PROPOSAL_MARK, RuleFile, load_in_force, rules_in_force, take_file
from alerts.admission.proposal import (
    AdmissionMode,
    FileMeans,
    InForce,
    Proposal,
    ProposalState,
    Reviewer,
    RulesOrigin,
)
from alerts.admission.store import (
    WantedTrial,
    admit,
    ask_trial,
    fail_trial,
    find,
    propose,
    refuse,
    save_trial,
    wanted_trial,
    withdraw,
)

__all__ = [
    "PROPOSAL_MARK",
    "AdmissionError",
    "AdmissionMode",
    "FileMeans",
    "InForce",
    "NotAdmittedError",
    "NothingChangesError",
    "Proposal",
    "ProposalState",
    "Reviewer",
    "RuleFile",
    "RulesOrigin",
    "StaleProposalError",
    "UnknownProposalError",
    "WantedTrial",
    "admit",
    "ask_trial",
    "fail_trial",
    "find",
    "load_in_force",
    "propose",
    "refuse",
    "rules_in_force",
    "save_trial",
    "take_file",
    "wanted_trial",
    "withdraw",
]
