"""The file of devices: taken whole, or refused whole with every faulty line."""

import io
import zipfile
from datetime import date

import openpyxl
import pytest

from dashboard.messages import Language, load_messages
from ingest.device_file import DeviceFileError, read_content, read_devices
from ingest.device_report import Doubt, Fault, Finding, Report
from ingest.device_sheet import SheetError, rows_of
from ingest.device_words import CHINESE, COLUMNS, KINDS, METRICS

HEADER = "id,kind,name,lon,lat,datum,metric,unit,interval_s,limit_4,limit_3,limit_2,limit_1"


@pytest.fixture
def file(tmp_path):
    """Write a file of some rows under the header, and give its path."""

    def write(*rows, header=HEADER):
        path = tmp_path / "devices.csv"
        path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8-sig")
        return path

    return write


def test_rows_of_one_device_are_its_metrics(file):
    """Two rows of an id are one device with two channels; limits go from priority 1 to 4, blank is none."""
    path = file("g-1,gauge,桥,120,30,gcj02,stage,ft,300,4,5.5,,11", "g-1,gauge,桥,120,30,gcj02,voltage,V,,,,,")
    (device,) = read_devices(path)
    assert (device.id, device.kind, device.name, device.datum) == ("g-1", "gauge", "桥", "gcj02")
    stage, voltage = device.channels
    assert (stage.unit, stage.interval_s, stage.limits) == ("ft", 300.0, (11.0, None, 5.5, 4.0))
    assert (voltage.metric, voltage.interval_s, voltage.limits) == ("voltage", None, (None, None, None, None))


@pytest.mark.parametrize("unit", ["%/m", "1/m", "dB/m", "%/ft"])
def test_smoke_may_be_in_every_unit_of_smoke(file, unit):
    """Obscuration and optical density are the same thing in other numbers."""
    (device,) = read_devices(file(f"s,smoke,,,,,smoke,{unit},,,,,"))
    assert device.channels[0].unit == unit


def test_no_unit_means_the_usual_one(file):
    """A blank unit is the metric's own; a metric nobody knows counts in ones, and may be in any unit."""
    rows = ["s,smoke,,,,,smoke,,,,,,", "s,smoke,,,,,odd,,,,,,", "s,smoke,,,,,strange,widgets,,,,,"]
    (device,) = read_devices(file(*rows))
    assert [channel.unit for channel in device.channels] == ["%/m", "1", "widgets"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("s,smoke,,,,,smoke,Cel,,,,,", "line 3: smoke cannot be in 'Cel': give a unit that converts to %/m"),
        ("g,gauge,,,,,stage,furlong,,,,,", "stage cannot be in 'furlong': give a unit that converts to m"),
        ("g,gauge,,120,,,stage,m,,,,,", "lon and lat go together"),
        ("g,gauge,,30,120,,stage,m,,,,,", "longitude comes first"),
        ("g,gauge,,120,30,utm,stage,m,,,,,", "datum 'utm' is none of wgs84"),
        ("g,gauge,,120,30,,Stage,m,,,,,", "not a short lower-case name"),
        ("g,gauge,,120,30,,stage,m,0,,,,", "interval_s must be more than 0"),
        ("g,gauge,,120,30,,stage,m,1e300,,,,", "interval_s must be more than 0 and at most 366 days"),
        ("g,gauge,,120,30,,stage,m,,3,2,4,5", "limits must rise"),
        ("g,gauge,,120,30,,stage,m,,nan,,,", "limit_4 'nan' is not a number"),
        ("a/b,gauge,,120,30,,stage,m,,,,,", "a character that a topic cannot"),
        (",gauge,,120,30,,stage,m,,,,,", "id must not be blank"),
        ("ok,gauge,,,,,stage,m,,,,,", "stage is there twice, first in line 2"),
        ("ok,rain,,,,,rain,mm,,,,,", "ok differs from an earlier row (line 2) in more than its metric"),
    ],
)
def test_a_faulty_line_refuses_the_file(file, row, reason):
    """Every fault is named with its line, and nothing is read."""
    with pytest.raises(DeviceFileError, match="nothing was imported") as refused:
        read_devices(file("ok,gauge,,,,,stage,m,,,,,", row))
    assert "line 3: " in str(refused.value)
    assert "line 2: " not in str(refused.value)
    assert reason in str(refused.value)


def test_a_missing_column_is_named(file):
    """A header without what is needed is refused with the names that are missing."""
    with pytest.raises(DeviceFileError, match="lacks the columns metric, unit"):
        read_devices(file(header="id,kind,name,lon,lat,datum,interval_s"))


CHINESE_HEADER = "编号,类型,名称,经度,纬度,坐标系,指标,单位,周期秒,蓝色限值,黄色限值,橙色限值,红色限值,网关,楼栋,编解码,基面高程,安装高度,下游站"
CHINESE_ROW = "g-2,水位站,石桥,119.9,30.1,火星坐标 GCJ-02,水位,m,300,4,5,6,7,gw-1,泵房,,48.2,3.5,g-3"


def _checked(device):
    (channel,) = device.channels
    assert (device.id, device.kind, device.datum, device.gateway, device.building) == (
        *("g-2", "gauge", "gcj02", "gw-1", "泵房"),
    )
    assert device.attributes == {"mounting_height_m": 3.5, "downstream": "g-3"}
    assert (channel.metric, channel.unit, channel.interval_s, channel.datum_m) == ("stage", "m", 300.0, 48.2)
    assert channel.limits == (7.0, 6.0, 5.0, 4.0)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_chinese_heading_is_read_in_either_encoding(tmp_path, encoding):
    """What Excel saves in a Chinese office is GB 18030; the words in the cells are Chinese, too."""
    path = tmp_path / "设备.csv"
    path.write_bytes(f"{CHINESE_HEADER}\n#说明：以井号开头的行不导入\n\n{CHINESE_ROW}\n".encode(encoding))
    (device,) = read_devices(path)
    _checked(device)


def _workbook(*rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def test_a_workbook_is_read_with_its_line_numbers(tmp_path):
    """Numbers and texts of cells mean the same; a fault names the row as the spreadsheet counts it."""
    path = tmp_path / "devices.xlsx"
    cells = [float(cell) if cell.replace(".", "").isdigit() else cell for cell in CHINESE_ROW.split(",")]
    path.write_bytes(_workbook(CHINESE_HEADER.split(","), cells))
    (device,) = read_devices(path)
    _checked(device)
    path.write_bytes(_workbook(CHINESE_HEADER.split(","), cells, [], [8624120300000012, *cells[1:]]))
    with pytest.raises(DeviceFileError, match="line 4: 编号 '8624120300000012…' was kept as a number"):
        read_devices(path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK\x03\x04 and no more", "damaged"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "neither CSV nor XLSX"),
        (b"", "lacks the columns id, kind"),
        (b"\xff\xfe\xfd", "neither UTF-8 nor GB 18030"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(content, reason):
    """A damaged workbook, an old .xls, nothing at all and noise are each refused by name."""
    with pytest.raises(DeviceFileError, match=reason):
        read_content(content, Report(), name="f")


def test_a_workbook_that_would_burst_is_refused_unread():
    """A few kilobytes that say they unpack to a gigabyte are not unpacked."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as parts, parts.open("xl/sharedStrings.xml", "w") as part:
        for _ in range(130):
            part.write(bytes(1 << 20))
    assert len(content.getvalue()) < 1 << 20
    with pytest.raises(DeviceFileError, match="unpacks to more than is taken"):
        read_content(content.getvalue(), Report(), name="f")


def test_too_many_rows_and_too_many_bytes_are_refused():
    """The limits hold for what is read, whatever the file says of itself."""
    rows = [HEADER.split(","), *([f"d{n}", "smoke"] for n in range(4))]
    for content in (_workbook(*rows), "\n".join(",".join(row) for row in rows).encode()):
        assert len(list(rows_of(content, max_rows=4))) == 5
        with pytest.raises(SheetError, match="more than 3 rows"):
            list(rows_of(content, max_rows=3))
    assert list(rows_of(b"x" * 11, max_bytes=11))
    with pytest.raises(SheetError, match="larger than"):
        list(rows_of(b"x" * 11, max_bytes=10))


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        ("s,smoke,,,,,,%/m,,,,,,,,,,", "unit", Fault.METRIC_NEEDED),
        ("s,smoke,,,,,smoke,,,,,,,s,,,,", "gateway", Fault.OWN_GATEWAY),
        ("s,smoke,,,,,smoke,,,,,,,a/b,,,,", "gateway", Fault.ID_CHARACTERS),
        ("s,smoke,,,,,smoke,,,,,,,,,nobody,,", "codec", Fault.CODEC),
        ("s,No Kind,,,,,smoke,,,,,,,,,,,", "kind", Fault.KIND),
        ("s,place,,,,,smoke,,,,,,,,,,,", "kind", Fault.CARRIER),
        (f"s,smoke,{'长' * 201},,,,smoke,,,,,,,,,,,", "name", Fault.TOO_LONG),
        ("s,smoke,,1e400,30,,smoke,,,,,,,,,,,", "lon", Fault.NUMBER),
        ("s,smoke,,1_0,30,,smoke,,,,,,,,,,,", "lon", Fault.NUMBER),
        ("s,smoke,,,,,smoke,,,,,,,,,,1.x,", "mounting_height_m", Fault.NUMBER),
        ("8.61235E+14,smoke,,,,,smoke,,,,,,,,,,,", "id", Fault.ID_DIGITS),
        ("s\u200b1,smoke,,,,,smoke,,,,,,,,,,,", "id", Fault.ID_CHARACTERS),
        ("s\x7f,smoke,,,,,smoke,,,,,,,,,,,", "id", Fault.ID_CHARACTERS),
        ("s,smoke,a\x01b,,,,smoke,,,,,,,,,,,", "name", Fault.CHARACTERS),
        ("#N/A,smoke,,,,,smoke,,,,,,,,,,,", "id", Fault.CELL_ERROR),
        ("s,smoke,#REF!,,,,smoke,,,,,,,,,,,", "name", Fault.CELL_ERROR),
    ],
)
def test_a_fault_names_its_cell(row, column, code):
    """Line, heading and value of the cell are in the report."""
    heading = ",".join((*HEADER.split(","), "gateway", "building", "codec", "mounting_height_m", "downstream"))
    report = Report()
    read_content(f"{heading}\n{row}\n".encode(), report, name="f")
    (fault,) = report.faults
    assert (fault.line, fault.code) == (2, code)
    assert fault.column == ("metric" if code is Fault.METRIC_NEEDED else column)


def _of_workbook(**cells):
    """Read a workbook of one device of which some cells are others."""
    book = openpyxl.Workbook()
    book.active.append(HEADER.split(","))
    row = dict(
        zip(HEADER.split(","), ["s1", "gauge", "桥", 120, 30, "", "stage", "m", 300, None, None, None, 5], strict=True)
    )
    book.active.append([*(row | cells).values()])
    content = io.BytesIO()
    book.save(content)
    report = Report()
    read_content(content.getvalue(), report, name="f")
    return [(fault.line, fault.column, fault.code) for fault in report.faults]


def test_what_a_spreadsheet_took_for_a_date_or_could_not_work_out_is_refused():
    """House 3-1 is no first of March; a formula without a value is no blank that takes a limit away."""
    assert _of_workbook() == []
    assert _of_workbook(name=date(2026, 3, 1)) == [(2, "name", Fault.CELL_DATE)]
    assert _of_workbook(id="#N/A") == [(2, "id", Fault.CELL_ERROR)]
    with pytest.raises(DeviceFileError, match="formulas have no values"):
        _of_workbook(limit_1="=1+4")


def test_a_quote_that_is_never_closed_swallows_no_device():
    """The rest of the file would be one long name."""
    rows = f'{HEADER}\ns1,gauge,"桥,120,30,,stage,m,,,,,\ns2,gauge,桥,120,30,,stage,m,,,,,\n'
    with pytest.raises(DeviceFileError, match="is no CSV"):
        read_content(rows.encode(), Report(), name="f")


def test_two_columns_of_one_meaning_are_refused_and_cells_beyond_the_heading_are_told():
    """Nobody knows which of two is meant; what stands where no column is was perhaps a comma in a name."""
    report = Report()
    read_content(f"编号,{HEADER}\n1,s1,gauge,桥,120,30,,stage,m,,,,,,x\n".encode(), report, name="f")
    assert [(fault.line, fault.column, fault.code) for fault in report.faults] == [(1, "id", Fault.COLUMN_TWICE)]
    assert [(doubt.line, doubt.value, doubt.code) for doubt in report.doubts] == [(2, "x", Doubt.EXTRA_CELLS)]


def test_a_device_without_metrics_and_columns_nobody_knows():
    """A gateway measures nothing; a column that is not ours is named and left out."""
    report = Report()
    read = read_content(f"{HEADER},owner\ngw,gateway,,,,,,,,,,,,张三\n".encode(), report, name="f")
    assert [device.channels for device in read.devices] == [()]
    assert [(doubt.code, doubt.column) for doubt in report.doubts] == [(Doubt.UNKNOWN_COLUMN, "owner")]


def test_every_finding_has_words_in_both_languages():
    """No code is without its sentence, and every place in a sentence is filled."""
    about = dict.fromkeys(("most", "known", "metric", "usual", "first", "nearest", "distance", "meant", "placed"), "x")
    for code in (*Fault, *Doubt):
        finding = Finding(line=1, column="c", value="v", code=code, about=about | {"better": "x", "zh": "x", "en": "x"})
        assert finding.zh
        assert finding.en


def test_the_chinese_words_of_the_file_are_those_of_the_screens():
    """Whoever copies a word from a screen into a cell is understood."""
    screens = load_messages(Language.ZH)
    assert {kind: screens[f"kind.{kind}"] for kind in KINDS.values()} == {kind: word for word, kind in KINDS.items()}
    assert {metric: screens[f"metric.{metric}"].replace(" ", "") for metric in METRICS.values()} == {
        metric: word for word, metric in METRICS.items()
    }
    assert set(CHINESE) == set(COLUMNS)
