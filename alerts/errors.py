"""What can go wrong in this room; each class says who is at fault. No I/O, no clock."""

from datetime import timedelta


class AlertsError(Exception):
    """The base of this room's errors."""


class RuleFileError(AlertsError):
    """A rule file was refused whole: its author is told where and why. `line` counts from 1."""

    def __init__(self, source: str, line: int, reason: str) -> None:
        super().__init__(f"{source}:{line}: {reason}")
        self.source = source
        self.line = line
        self.reason = reason


class IllegalTransitionError(AlertsError):
    """Somebody asked an alarm for a step that its state does not allow."""

    def __init__(self, state: str, cause: str) -> None:
        super().__init__(f"an alarm that is {state} cannot be {cause}")
        self.state = state
        self.cause = cause


class UnknownAlarmError(AlertsError):
    """An officer named an alarm, a device or an override that does not exist."""


class StaleVersionError(AlertsError):
    """An officer decided on an older picture of the alarm; the caller shows the newer one."""

    def __init__(self, current_version: int) -> None:
        super().__init__(f"the alarm has changed meanwhile: it is at version {current_version}")
        self.current_version = current_version


class OverrideRefusedError(AlertsError):
    """An officer asked for an override without a reason, without an end, or for too long."""


class ShelvingTooLongError(OverrideRefusedError):
    """An officer asked to shelve for longer than his role may at the alarm's priority; `longest` zero: not at all."""

    def __init__(self, priority: int, longest: timedelta) -> None:
        limit = f"for at most {longest / timedelta(hours=1):g} h" if longest else "not at all"
        super().__init__(f"an alarm of priority {priority} may be shelved {limit}")
        self.priority = priority
        self.longest = longest
