"""The rule kinds, one file each, found by existing; and the reader of whole rule files. No clock."""

import importlib
import pkgutil
from functools import cache
from pathlib import Path

from alerts.by_design import refuse_unsafe
from alerts.common_keys import read_common
from alerts.errors import RuleFileError
from alerts.rule import Rule, RuleKind, RuleSet
from alerts.rule_file import Entry, Fields, nearest, parse

__all__ = ["DEFAULT_RULES", "RuleFileError", "RuleSet", "default_rules", "kinds", "load_rules"]

DEFAULT_RULES = Path(__file__).parent.parent / "default_rules.yaml"


@cache
def kinds() -> dict[str, RuleKind]:
    """Find the rule kinds: every module of this folder that exposes KIND."""
    modules = [importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    found: list[RuleKind] = [module.KIND for module in modules if hasattr(module, "KIND")]
    return {kind.name: kind for kind in found}


def default_rules() -> RuleSet:
    """Load the rules that come with the program."""
    return load_rules(DEFAULT_RULES)


def load_rules(rules: str | Path, *, source: str = "rules") -> RuleSet:
    """Read a rule file, whole or not at all.

    Args:
        rules: the path of a file, or its text.
        source: the name that complaints give to a text.

    Raises:
        RuleFileError: anything is wrong, with line and reason.
    """
    text = rules
    if isinstance(rules, Path):
        source = rules.name
        try:
            text = rules.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise RuleFileError(source, 1, f"cannot be read: {error}") from None
    assert isinstance(text, str)
    fields = Fields(parse(text, source))
    entries = fields.need("rules").items()
    fields.finish()
    read = tuple(_read_rule(entry) for entry in entries)
    _refuse_twins(read, entries)
    refuse_unsafe(read, entries)
    return RuleSet(source=source, text=text, rules=read)


def _read_rule(entry: Entry) -> Rule:
    fields = Fields(entry)
    kind_entry = fields.need("kind")
    kind = kinds().get(kind_entry.text())
    if kind is None:
        word = kind_entry.text()
        kind_entry.refuse(f"unknown rule kind {word!r}{nearest(word, kinds())}; there are {', '.join(sorted(kinds()))}")
    common = read_common(entry, fields)
    rule = kind.read(common, fields)
    fields.finish()
    return rule


def _refuse_twins(rules: tuple[Rule, ...], entries: list[Entry]) -> None:
    """Refuse two rules of one name, and two that could raise the very same alarm on one device."""
    for index, rule in enumerate(rules):
        for earlier in rules[:index]:
            if rule.common.name == earlier.common.name:
                entries[index].refuse(
                    f"the name {rule.common.name!r} is taken by the rule on line {earlier.common.line}"
                )
            if (
                rule.condition == earlier.condition
                and rule.priorities & earlier.priorities
                and rule.common.scope.overlaps(earlier.common.scope)
            ):
                entries[index].refuse(
                    f"{rule.common.name!r} could raise the same {rule.condition!r} alarm as {earlier.common.name!r} "
                    f"on line {earlier.common.line}: give them different device kinds, metrics or conditions"
                )
