"""What is wrong with a declared format: whoever wrote the file is at fault. Pure."""

from typing import NamedTuple


class Fault(NamedTuple):
    """One thing that is wrong: the file, the line from 1, the keys that lead there, and why."""

    source: str
    line: int
    keys: str
    reason: str

    def __str__(self) -> str:
        where = f"{self.source}, line {self.line}"
        return f"{where}, {self.keys}: {self.reason}" if self.keys else f"{where}: {self.reason}"


class FormatError(ValueError):
    """A folder or file of declared formats was refused whole; the message holds every fault, one a line."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults
