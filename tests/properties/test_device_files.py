"""Whatever table of devices comes: all of it or nothing, and the report names exactly the lines that are wrong."""

import csv
import io

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.device_file import DeviceFileError, read_content, refuse
from ingest.device_report import Report

HEADER = [
    "id",
    "kind",
    "name",
    "lon",
    "lat",
    "datum",
    "metric",
    "unit",
    "interval_s",
    "limit_4",
    "limit_3",
    "limit_2",
    "limit_1",
    "gateway",
    "building",
]

good_cells = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["smoke", "gauge", "烟感", "rain"]),
        "name": st.text(alphabet="甲乙丙 a,\"'\n", max_size=12),
        "lon": st.floats(-180, 180).map(str),
        "lat": st.floats(-90, 90).map(str),
        "datum": st.sampled_from(["", "wgs84", "GCJ-02", "百度", "cgcs2000"]),
        "interval_s": st.sampled_from(["", "60", "0.5"]),
        "limit_1": st.sampled_from(["", "5", "-1.5e3"]),
        "building": st.sampled_from(["", "3栋"]),
        "gateway": st.sampled_from(["", "gw-9"]),
    }
)
wrong_cell = st.sampled_from(
    [
        ("kind", "No Kind"),
        ("kind", ""),
        ("kind", "place"),
        ("lon", "east"),
        ("lon", "181"),
        ("lat", ""),
        ("lat", "nan"),
        ("datum", "utm"),
        ("metric", "Stage"),
        ("unit", "furlong"),
        ("interval_s", "0"),
        ("interval_s", "-5"),
        ("limit_2", "high"),
        ("gateway", "a/b"),
        ("id", "a+b"),
        ("id", ""),
        ("name", "长" * 201),
    ]
)


@st.composite
def tables(draw):
    """Draw rows of a file and the set of rows that have something wrong."""
    rows, wrong = [], set()
    for n in range(draw(st.integers(0, 12))):
        row = draw(good_cells) | {"id": f"d{n}", "metric": "stage", "unit": "m"}
        if draw(st.booleans()) and draw(st.booleans()):
            column, value = draw(wrong_cell)
            row[column] = value
            wrong.add(n)
        rows.append([row.get(name, "") for name in HEADER])
    return rows, wrong


def _csv(rows):
    text = io.StringIO()
    csv.writer(text).writerows([HEADER, *rows])
    return text.getvalue().encode()


@given(tables())
@settings(max_examples=300)
def test_exactly_the_faulty_lines_are_named_and_nothing_comes_of_them(table):
    """A table with any fault is refused; without one every device is there; the lines named are those that are wrong."""
    rows, wrong = table
    report = Report()
    content = _csv(rows)
    read = read_content(content, report, name="f")
    starts, line = [], 1
    for row in csv.reader(io.StringIO(content.decode(), newline="")):
        starts.append(line)
        line += 1 + sum(cell.count("\n") for cell in row)
    assert {fault.line for fault in report.faults} == {starts[n + 1] for n in wrong}
    assert report.lines == len(rows)
    if wrong:
        try:
            refuse(report, "f")
        except DeviceFileError:
            return
        raise AssertionError("a faulty file was taken")
    refuse(report, "f")
    assert [device.id for device in read.devices] == [row[0] for row in rows]


@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
@settings(max_examples=300)
def test_any_bytes_are_a_table_or_refused_in_a_sentence(content):
    """Nothing but a refusal comes of what is no table."""
    for given_content in (content, b"PK\x03\x04" + content, ",".join(HEADER).encode() + b"\n" + content):
        try:
            read_content(given_content, Report(), name="f")
        except DeviceFileError as error:
            assert str(error)  # noqa: PT017 -- both ends are right
