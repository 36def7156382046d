"""Write docs/reference/settings.md from the settings themselves: `python -m gridwatch.settings_reference`. Pure."""

import sys

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from gridwatch.settings import Settings
from gridwatch.settings_reading import fields, plain, variable

HEAD = """# Settings

Made by `python -m gridwatch.settings_reference` from `gridwatch/settings.py`; a test keeps it true.

Settings are read once at start: from `gridwatch.yaml` in the data directory (or the file named by `--config` or
`GRIDWATCH_CONFIG`), then from the environment, then from the command line; the later one wins. A key that is not in
this list is an error that names the nearest one that is. Passwords in addresses are masked wherever settings are shown.

```yaml
# DATA_DIR/gridwatch.yaml
log_level: info
dashboard:
  host: 0.0.0.0
  port: 8000
  zone: Asia/Shanghai
ingest:
  sources:
    - {topic: gridwatch/v1/+/+/senml, decoder: senml}
```

Lists are given to the environment as JSON: `GRIDWATCH_INGEST_SOURCES='[{"topic": "a/+/senml", "decoder": "senml"}]'`.
"""


class UndocumentedError(ValueError):
    """A field of the settings lacks its unit or its description."""


def reference() -> str:
    """Write the page.

    Raises:
        UndocumentedError: a setting lacks its unit or its description.
    """
    sections = {"": "The front door's own"} | {
        name: _meaning(field) for name, field in Settings.model_fields.items() if _meaning(field)
    }
    rows: dict[str, list[str]] = {name: [] for name in sections}
    for key, field in fields():
        room = key.rpartition(".")[0]
        rows[room].append(_row(key, field))
    pages = [HEAD]
    for name, meaning in sections.items():
        pages.append(f"\n## {f'`{name}`: {meaning}' if name else meaning}\n\n")
        pages.append("| setting | variable | unit | default | meaning |\n|---|---|---|---|---|\n")
        pages.extend(rows[name])
    return "".join(pages)


def _row(key: str, field: FieldInfo) -> str:
    extra = field.json_schema_extra
    unit = extra.get("unit") if isinstance(extra, dict) else None
    if not field.description or not isinstance(unit, str):
        raise UndocumentedError(f"{key} lacks its unit or its description in gridwatch/settings.py")
    value = field.get_default(call_default_factory=True)
    shown = plain(None if value == {} else value)
    default = "<br>".join(f"`{each}`" for each in shown.split(", ")) if shown else "empty"
    return f"| `{key}` | `{variable(key)}` | {unit or '–'} | {default} | {field.description} |\n"


def _meaning(field: FieldInfo) -> str:
    kind = field.annotation
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return (kind.__doc__ or "").strip().splitlines()[0].rstrip(".")
    return ""


if __name__ == "__main__":
    sys.stdout.write(reference())
