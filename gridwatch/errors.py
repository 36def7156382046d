"""What can go wrong at the front door, by who is at fault. Every message is one sentence for the operator."""


class FrontDoorError(Exception):
    """Something the operator can put right; the message says what it is and what to do."""


class SettingsError(FrontDoorError):
    """A setting that is unknown, impossible or unreadable; nothing was started."""


class DataDirectoryError(FrontDoorError):
    """The data directory cannot be used: missing rights, a full disk, another instance in it."""


class AddressError(FrontDoorError):
    """An address that cannot be listened on: in use, not ours, or not an address."""


class NotRunningError(FrontDoorError):
    """A command that needs a running instance found none."""
