"""Read the settings once: the file, then the environment over it, then the command line; or say which one is wrong."""

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableVariableError

from gridwatch.errors import SettingsError
from gridwatch.settings import Settings

FILE_NAME = "gridwatch.yaml"
ENV_PREFIX = "GRIDWATCH_"
# Read by commands and tests; no settings of an instance.
NOT_SETTINGS = ("DATA_DIR", "CONFIG", "RUNTIME", "RECORDINGS", "TEST_DATABASE_URL")
# A variable this like a setting's name is a slip of the finger; one less like it belongs to somebody else.
SLIP = 0.88
MOST_VALUES = 200_000  # of a settings file, anchors unfolded; every place of every issuer is far fewer


def read_settings(
    path: Path | None, *, must_exist: bool = False, overrides: Mapping[str, object] | None = None
) -> Settings:
    """Read the settings file at `path`, with GRIDWATCH_* above it and `overrides` ("room.key": value) above both.

    No file means the defaults, unless it must exist.

    Raises:
        SettingsError: an unknown key, with the nearest known one; an impossible value; an unreadable file.
    """
    _refuse_slips(os.environ)
    tree = _tree(path, must_exist=must_exist)

    class Reading(Settings, BaseSettings):
        model_config = SettingsConfigDict(
            extra="forbid", env_prefix=ENV_PREFIX, env_nested_delimiter="_", env_nested_max_split=1
        )

        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            del dotenv_settings, file_secret_settings
            return init_settings, env_settings, InitSettingsSource(settings_cls, init_kwargs=tree)

    try:
        # What was read is passed on as the plain model: a BaseSettings would read the environment again when copied.
        return Settings.model_validate(Reading(**_nested(overrides or {})).model_dump())
    except ValidationError as error:
        source = path if path is not None and path.exists() else "environment or command line"
        faults = " ".join(
            _reason(fault["loc"], fault["type"], fault["msg"], fault["input"]) for fault in error.errors()
        )
        raise SettingsError(f"Wrong setting ({source}): {faults}") from None
    except UnreadableVariableError as error:
        raise SettingsError(f"Wrong setting (environment): {error}: {error.__cause__}.") from None


def fields(model: type[BaseModel] = Settings, prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Name every setting as "room.key" (or "key" for the front door's own), in the order they are declared."""
    for name, field in model.model_fields.items():
        room = _room(field)
        if room is None:
            yield prefix + name, field
        else:
            yield from fields(room, f"{prefix}{name}.")


def variable(key: str) -> str:
    """Name the environment variable of a setting."""
    return ENV_PREFIX + key.replace(".", "_").upper()


def masked(settings: Settings) -> dict[str, str]:
    """Show every setting under its name, with the passwords in addresses hidden."""
    shown = {}
    for key, _ in fields():
        value: object = settings
        for part in key.split("."):
            value = getattr(value, part)
        shown[key] = hide_password(plain(value))
    return shown


def hide_password(text: str) -> str:
    """Replace the password of every URL in `text` by three asterisks."""
    return re.sub(r"(\w+://[^:/@\s]*):[^@\s]*@", r"\1:***@", text)


def plain(value: object) -> str:
    """Write a setting's value for people; nothing for None."""
    if isinstance(value, tuple):
        return ", ".join(
            " → ".join(map(str, item.model_dump().values())) if isinstance(item, BaseModel) else str(item)
            for item in value
        )
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _room(field: FieldInfo) -> type[BaseModel] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _tree(path: Path | None, *, must_exist: bool) -> dict[str, Any]:
    if path is None or not (must_exist or path.exists()):
        return {}
    try:
        tree = _read_yaml(path.read_text(encoding="utf-8")) or {}
    except OSError as error:
        raise SettingsError(f"The settings file {path} cannot be read: {error.strerror}.") from None
    except RecursionError:
        raise SettingsError(f"The settings file {path} is nested too deeply.") from None
    except (yaml.YAMLError, ValueError) as error:  # an impossible date or an endless number is a plain ValueError
        raise SettingsError(f"The settings file {path} is no YAML: {' '.join(str(error).split())}.") from None
    if not isinstance(tree, dict):
        raise SettingsError(f"The settings file {path} must hold names and values, like `dashboard: {{port: 8000}}`.")
    return {str(key): value for key, value in tree.items()}


def _read_yaml(text: str) -> Any:
    """Read YAML whose keys stand once each, of no more values than settings need; both would go unseen."""
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _refuse_odd(node)
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _refuse_odd(root: yaml.Node) -> None:
    """Refuse a key that stands twice, of which YAML would keep the last, and anchors that multiply values."""
    waiting, looked_at = [root], 0
    while waiting:
        node = waiting.pop()
        looked_at += 1
        if looked_at > MOST_VALUES:
            raise yaml.YAMLError(f"more than {MOST_VALUES} values: anchors may have multiplied them")
        if isinstance(node, yaml.MappingNode):
            first: dict[str, int] = {}
            for key, value in node.value:
                line = key.start_mark.line + 1
                if isinstance(key, yaml.ScalarNode) and key.value in first:
                    raise yaml.YAMLError(f"{key.value!r} stands twice, on line {first[key.value]} and on line {line}")
                first[str(key.value)] = line
                waiting += (key, value)
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value


def _nested(overrides: Mapping[str, object]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for key, value in overrides.items():
        *rooms, name = key.split(".")
        inner = tree
        for room in rooms:
            inner = inner.setdefault(room, {})
        inner[name] = value
    return tree


def _refuse_slips(environment: Mapping[str, str]) -> None:
    known = [variable(key) for key, _ in fields()]
    rooms = tuple(f"{ENV_PREFIX}{name.upper()}_" for name, field in Settings.model_fields.items() if _room(field))
    for name in environment:
        if not name.startswith(ENV_PREFIX) or name in known or name.removeprefix(ENV_PREFIX) in NOT_SETTINGS:
            continue
        nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.0 if name.startswith(rooms) else SLIP)
        if nearest:
            raise SettingsError(f"The environment variable {name} is no setting; did you mean {nearest[0]}?")


def _reason(place: tuple[int | str, ...], kind: str, message: str, given: object) -> str:
    name = ".".join(str(part) for part in place)
    if kind == "extra_forbidden":
        nearest = difflib.get_close_matches(name, _known_beside(place), n=1, cutoff=0.0)
        return f"{name} is unknown; did you mean {nearest[0]}?"
    if kind == "value_error":
        return f"{name}: {hide_password(repr(given))} {message.removeprefix('Value error, ')}."
    return f"{name}: {message[:1].lower()}{message[1:]}, not {hide_password(repr(given))}."


def _known_beside(place: tuple[int | str, ...]) -> list[str]:
    """Name the keys known where `place` stands; in a room every full name too, for a key that is in the wrong room."""
    if not any(isinstance(part, int) for part in place):
        rooms = [name for name, field in Settings.model_fields.items() if _room(field)]
        return [*(key for key, _ in fields()), *rooms]
    model: type[BaseModel] = Settings
    for part in place[:-1]:
        if isinstance(part, str):
            kind: Any = model.model_fields[part].annotation
            model = kind if isinstance(kind, type) else get_args(kind)[0]
    return [".".join([*map(str, place[:-1]), name]) for name in model.model_fields]
