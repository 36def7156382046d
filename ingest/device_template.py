"""The file of devices to fill in: headings, and examples in lines that are left out when it is read. Pure."""

import io
from typing import Literal

from ingest.device_words import CHINESE, COLUMNS

_EXAMPLES = (
    ("smoke-0001", "smoke", "东河小区 3 栋 2 层烟感", "119.91230", "28.45670", "gcj02", "smoke", "%/m", "3600", "", "", "", "5",
     "gw-01", "东河小区 3 栋", "", "", "2.6", "", ""),
    ("gauge-0001", "gauge", "石桥水位站", "119.92340", "28.46780", "cgcs2000", "stage", "m", "300", "98.5", "99.0", "99.5", "100",
     "", "", "", "96.2", "", "gauge-0002", ""),
    ("gauge-0001", "gauge", "石桥水位站", "119.92340", "28.46780", "cgcs2000", "voltage", "V", "300", "", "", "", "",
     "", "", "", "", "", "gauge-0002", ""),
    ("gw-01", "gateway", "东河小区网关", "119.91200", "28.45600", "gcj02", "", "", "", "", "", "", "",
     "", "", "", "", "", "", ""),
)  # fmt: skip
_KINDS = {"smoke": "烟感", "gauge": "水位站", "gateway": "网关"}
_METRICS = {"smoke": "烟雾浓度", "stage": "水位", "voltage": "电压"}
_WIDE = {"id", "name", "gateway", "building", "downstream", "codec"}


def template(language: Literal["zh", "en"]) -> list[list[str]]:
    """Give the rows: the heading, then examples that begin with #."""
    kind, metric = COLUMNS.index("kind"), COLUMNS.index("metric")
    rows = [[CHINESE[name] for name in COLUMNS] if language == "zh" else list(COLUMNS)]
    for example in _EXAMPLES:
        row = [f"#{example[0]}", *example[1:]]
        if language == "zh":
            row[kind] = _KINDS[row[kind]]
            row[metric] = _METRICS.get(row[metric], "")
        rows.append(row)
    return rows


def workbook(language: Literal["zh", "en"]) -> bytes:
    """Give the template as XLSX; what are ids and names is formatted as text, so that no digit is lost."""
    import openpyxl
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "设备" if language == "zh" else "devices"
    for row in template(language):
        sheet.append(row)
    sheet.freeze_panes = "C2"
    for n, name in enumerate(COLUMNS, start=1):
        column = sheet.column_dimensions[get_column_letter(n)]
        column.width = 24 if name in _WIDE else 12
        if name in _WIDE:
            column.number_format = "@"
        sheet.cell(1, n).font = Font(bold=True)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()
