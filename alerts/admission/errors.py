"""What can be refused on the way of a rule from a proposal into force. No I/O, no clock."""

from alerts.errors import AlertsError


class AdmissionError(AlertsError):
    """The base of what this part refuses; the officer who asked is told why."""


class UnknownProposalError(AdmissionError):
    """There is no such proposal."""


class NothingChangesError(AdmissionError):
    """Somebody proposed the very rules that are in force."""


class StaleProposalError(AdmissionError):
    """The proposal has changed since the officer looked at it."""


class NotAdmittedError(AdmissionError):
    """A step that the proposal's state, its trial or its author does not allow. `hindrance` names which, for programs."""

    def __init__(self, hindrance: str, text: str) -> None:
        super().__init__(text)
        self.hindrance = hindrance
