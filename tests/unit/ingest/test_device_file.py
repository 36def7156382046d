"""The CSV of devices: taken whole, or refused whole with every faulty line."""

import pytest

from ingest.device_file import DeviceFileError, read_devices

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
        ("s,smoke,,,,,smoke,Cel,,,,,", "smoke cannot be in 'Cel': give a unit that converts to %/m"),
        ("g,gauge,,,,,stage,furlong,,,,,", "stage cannot be in 'furlong': give a unit that converts to m"),
        ("g,gauge,,120,,,stage,m,,,,,", "lon and lat go together"),
        ("g,gauge,,30,120,,stage,m,,,,,", "longitude comes first"),
        ("g,gauge,,120,30,utm,stage,m,,,,,", "datum 'utm' is none of"),
        ("g,gauge,,120,30,,Stage,m,,,,,", "not a short lower-case name"),
        ("g,gauge,,120,30,,stage,m,0,,,,", "interval_s must be more than 0"),
        ("g,gauge,,120,30,,stage,m,,3,2,4,5", "limits must rise"),
        ("g,gauge,,120,30,,stage,m,,nan,,,", "limit_4 'nan' is not a number"),
        ("a/b,gauge,,120,30,,stage,m,,,,,", "a character that a topic cannot"),
        (",gauge,,120,30,,stage,m,,,,,", "must not be blank"),
        ("ok,gauge,,,,,stage,m,,,,,", "ok has stage twice"),
        ("ok,rain,,,,,rain,mm,,,,,", "differs from an earlier row"),
    ],
)
def test_a_faulty_line_refuses_the_file(file, row, reason):
    """Every fault is named with its line, and nothing is read."""
    with pytest.raises(DeviceFileError, match="nothing was imported") as refused:
        read_devices(file("ok,gauge,,,,,stage,m,,,,,", row))
    assert "line 3: " in str(refused.value)
    assert reason in str(refused.value)


def test_a_missing_column_is_named(file):
    """A header without what is needed is refused with the names that are missing."""
    with pytest.raises(DeviceFileError, match="lacks the columns metric, unit"):
        read_devices(file(header="id,kind,name,lon,lat,datum,interval_s"))
