"""Declared formats: a maker's JSON or byte layout, described in YAML. Pure but for `read_folder`. Refuses a folder whole.

A declared format is a decoder like any other, and a codec like any other where it reads bytes. `install` makes a set of them
known by name; until then they are values.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from ingest.declared.check import check
from ingest.declared.compiled import compile_format
from ingest.declared.errors import Fault, FormatError
from ingest.declared.read_yaml import Reader
from ingest.installed import Declared, find, install, installed

__all__ = ["EXAMPLES", "Declared", "Fault", "FormatError", "examples", "find", "install", "installed", "read_file"]
__all__ += ["read_folder", "read_format"]

EXAMPLES: Final = Path(__file__).parent / "examples"
MOST_FILES: Final = 500


def read_format(text: str, source: str, taken: Collection[str] = ()) -> Declared:
    """Read and compile one format. `source` is the file's name, which is the format's where it has no `name`.

    Raises:
        FormatError: anything is wrong; every fault is told with its line, its keys and the nearest known word.
    """
    reader = Reader(source)
    declared = reader.read(text)
    if declared is not None:
        declared = replace(declared, name=declared.name or Path(source).stem.lower())
        check(declared, reader, taken)
    reader.finish()
    assert declared is not None
    return compile_format(declared, source)


def read_file(path: Path, taken: Collection[str] = ()) -> Declared:
    """Read and compile the format of a file.

    Raises:
        FormatError: it cannot be read, or anything is wrong with it.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FormatError([Fault(path.name, 1, "", f"it cannot be read: {error}")]) from None
    return read_format(text, path.name, taken)


def read_folder(folder: Path, taken: Collection[str]) -> tuple[Declared, ...]:
    """Read every `*.yaml` of a folder, whole or not at all; none where there is no such folder.

    `taken` are the names that are decoders already.

    Raises:
        FormatError: anything is wrong with any of them; the faults of all files are told.
    """
    files = sorted(folder.glob("*.yaml")) + sorted(folder.glob("*.yml"))
    found: dict[str, Declared] = {}
    faults: list[Fault] = []
    for path in files[:MOST_FILES]:
        try:
            one = read_file(path, {*taken, *found})
        except FormatError as error:
            faults += error.faults
        else:
            found[one.name] = one
    if len(files) > MOST_FILES:
        faults.append(Fault(folder.name, 1, "", f"{len(files)} files; at most {MOST_FILES} are read"))
    if faults:
        raise FormatError(faults)
    return tuple(found.values())


def examples() -> tuple[Declared, ...]:
    """Read the examples that come with Gridwatch. They are for reading and for tests; nothing installs them."""
    return read_folder(EXAMPLES, ())
