"""What can go wrong in this room; each class says who is at fault. No I/O, no clock."""


class IncidentsError(Exception):
    """The base of this room's errors."""


class UnknownIncidentError(IncidentsError):
    """An officer named an incident, or a grid, that does not exist."""


class StaleIncidentError(IncidentsError):
    """An officer decided on an older picture of the incident; the caller shows the newer one."""

    def __init__(self, current_version: int) -> None:
        super().__init__(f"the incident has changed meanwhile: it is at version {current_version}")
        self.current_version = current_version


class IllegalActionError(IncidentsError):
    """An officer asked an incident for a step that its dispatch or its state does not allow."""

    def __init__(self, dispatch: str, action: str, why: str = "") -> None:
        super().__init__(f"an incident that is {dispatch} cannot take the action {action!r}{': ' if why else ''}{why}")
        self.dispatch = dispatch
        self.action = action


class AlreadyOpenError(IncidentsError):
    """An officer opened an incident by hand where one of its kind is open already."""

    def __init__(self, incident: int) -> None:
        super().__init__(f"incident {incident} of this kind is open there already")
        self.incident = incident
