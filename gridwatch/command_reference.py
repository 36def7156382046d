"""Write docs/reference/command-line.md from the commands themselves: `python -m gridwatch.command_reference`. Pure."""

import inspect
import sys
from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from gridwatch.cli import app

HEAD = """# Command line

Made by `python -m gridwatch.command_reference` from the commands; a test keeps it true. `gridwatch COMMAND --help` says the same.

A command that fails says why in one sentence on stderr and ends with exit code 1; a wrong option ends with 2. What nobody
foresaw is written with its traceback to `DATA_DIR/logs/gridwatch-fault-….log`, and the sentence names the file.

`import`, `user`, `backup` and `migrate` work beside a running instance and without one. `simulate` and `replay` need one that
runs; `restore` one that does not.

Nearly every command takes `--data-dir` (also `GRIDWATCH_DATA_DIR`, default `var`): the data directory of the instance it is about; and
`--config` (also `GRIDWATCH_CONFIG`, default `DATA_DIR/gridwatch.yaml`): the settings file. What can be set there is in [settings](settings.md).
"""
IS_OPTION = "option"
COMMON = frozenset({"data_dir", "config"})  # said once in the head


def reference() -> str:
    """Write the page."""
    return HEAD + "".join(_section(name, command) for name, command in _commands(get_command(app), "gridwatch"))


# Typer brings its own click, which is not for others to import: what is asked of a command is named here.
def _commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Name each command that does something, in the order of `--help`."""
    if not hasattr(command, "commands"):
        yield name, command
        return
    for part, inner in command.commands.items():
        if not inner.hidden:
            yield from _commands(inner, f"{name} {part}")


def _section(name: str, command: Any) -> str:
    arguments = [each for each in command.params if each.param_type_name != IS_OPTION]
    options = [each for each in command.params if each.param_type_name == IS_OPTION and each.name not in COMMON]
    usage = " ".join([name, *(_argument(each) for each in arguments)])
    text = [f"\n## `{usage}`\n\n{inspect.cleandoc(command.help)}\n"]
    rows = [
        *(f"| `{each.name.upper()}` | {_meaning(each)} | {_default(each)} |\n" for each in arguments if each.help),
        *(f"| `{each.opts[0]}` | {_meaning(each)} | {_default(each)} |\n" for each in options),
    ]
    if rows:
        text += ["\n| option | meaning | default |\n|---|---|---|\n", *rows]
    return "".join(text)


def _argument(argument: Any) -> str:
    name: str = argument.name.upper()
    return name if argument.required else f"[{name}]"


def _meaning(parameter: Any) -> str:
    return _plain(parameter.help).partition("[default:")[0].strip()


def _plain(text: str) -> str:
    """Take away the strokes that keep a terminal from reading brackets as markup."""
    return text.replace("\\[", "[")


def _default(parameter: Any) -> str:
    """Say what holds without it: as the help says in words, or the value."""
    if parameter.required:
        return "must be given"
    words = _plain(parameter.help or "").partition("[default:")[2].rstrip("] ").strip()
    if words:
        return words
    if parameter.param_type_name == IS_OPTION and parameter.is_flag:
        return "off"
    return f"`{parameter.default}`" if parameter.default not in {None, ""} else ""


if __name__ == "__main__":
    sys.stdout.write(reference())
