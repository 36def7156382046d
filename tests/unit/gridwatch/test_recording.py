"""Recordings: what is read, what refuses them, and how rows are gathered into packs."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridwatch.recording import RecordingError, Row, read_rows, survey
from gridwatch.replay import PACK, SPAN_S, packs, windows

HEADER = "time,device,metric,value\n"


def written(folder, text, name="recording.csv"):
    """Write a recording."""
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


def test_both_kinds_of_time_are_read(tmp_path):
    """RFC 3339 in any zone, and whole or broken seconds since 1970, are the same instants."""
    text = HEADER + "2019-05-23T20:00:00Z,a,stage,1\n2019-05-24T04:00:00+08:00,a,stage,1\n1558641600,a,stage,1\n"
    text += "1558641600.25,a,stage,1\n"
    times = [row.time_us for row in read_rows(written(tmp_path, text))]
    assert times == [1_558_641_600_000_000] * 3 + [1_558_641_600_250_000]


def test_columns_may_stand_in_any_order_and_beside_others(tmp_path):
    """The header says where the columns are; a byte order mark and gzip are no hindrance."""
    text = "\ufeffvalue,note,device,metric,time\n1.5,x,a,stage,0\n"
    assert list(read_rows(written(tmp_path, text, "r.csv.gz"))) == [Row(0, "a", "stage", 1.5)]


def test_a_recording_may_say_when_its_readings_were_received(tmp_path):
    """The column `received` is read where it stands; an empty one says nothing."""
    text = "time,device,metric,value,received\n1,a,stage,1,1970-01-01T00:00:05Z\n2,a,stage,1,\n"
    rows = list(read_rows(written(tmp_path, text)))
    assert [row.received_us for row in rows] == [5_000_000, None]


def test_a_survey_counts_what_will_not_go_smoothly(tmp_path):
    """Empty values, late rows and unknown devices are counted before anything is sent."""
    text = HEADER + "10,a,stage,1\n5,a,stage,2\n20,a,stage,\n20,b,stage,3\n7,a,flow,1\n"
    found = survey(written(tmp_path, text), {("a", "stage"): ("t", "m"), ("a", "flow"): ("t", "m3/s")})
    assert (found.rows, found.empty, found.late) == (4, 1, 1)
    assert found.unknown == {("b", "stage"): 1}
    assert (found.first_us, found.last_us) == (5_000_000, 20_000_000)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "line 1: the header lacks time, device, metric, value"),
        ("time,device,value\n", "line 1: the header lacks metric"),
        (HEADER + "1,a,stage\n", "line 2: 3 columns, the header has 4"),
        (HEADER + "1,a,stage,1\n\n2019-05-23 20:00:00,a,stage,1\n", "line 4: .* has no zone"),
        (HEADER + "yesterday,a,stage,1\n", "line 2: 'yesterday' is no time"),
        (HEADER + "1558641600000,a,stage,1\n", "line 2: .*milliseconds"),
        (HEADER + "1,a,stage,nan\n", "line 2: 'nan' is no number"),
        (HEADER + "1,a/b,stage,1\n", "line 2: 'a/b' is no device id"),
        (HEADER + "1,a,,1\n", "line 2: no metric"),
        (HEADER + '1,a,stage,"1\n', "line 2: "),
    ],
)
def test_a_line_that_cannot_be_right_is_named(tmp_path, text, says):
    """A faulty line refuses the recording, with its number and the reason."""
    with pytest.raises(RecordingError, match=says):
        survey(written(tmp_path, text), {})


def test_a_cut_off_gzip_is_an_error(tmp_path):
    """A download that ended too early is refused and not half sent."""
    path = written(tmp_path, HEADER + "1,a,stage,1\n" * 5_000, "r.csv.gz")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(RecordingError, match="cannot be read"):
        survey(path, {})


ROWS = st.lists(
    st.builds(Row, st.integers(0, 10**9), st.sampled_from(["a", "b", "c"]), st.just("stage"), st.just(1.0)),
    max_size=200,
)


def test_a_damaged_gzip_is_an_error(tmp_path):
    """What was damaged on the way is refused in one sentence."""
    whole = bytearray(gzip.compress((HEADER + "1,a,stage,1\n" * 5000).encode()))
    whole[10] = 0x07  # a block of the kind that there is not
    path = tmp_path / "damaged.csv.gz"
    path.write_bytes(whole)
    with pytest.raises(RecordingError, match=r"damaged\.csv\.gz cannot be read"):
        survey(path, {})


@given(rows=ROWS, speed=st.sampled_from([0.0, 1.0, 600.0]), is_sorted=st.booleans())
def test_packs_keep_every_row_and_each_devices_order(rows, speed, is_sorted):
    """Whatever the input, no row is lost or doubled, a device's rows keep their order, and no pack is too large."""
    if is_sorted:
        rows.sort(key=lambda row: row.time_us)
    sent = [pack for run in windows(rows, speed) for pack in packs(run)]
    assert all(len(pack) <= PACK and len({row.device for row in pack}) == 1 for pack in sent)
    flat = [row for pack in sent for row in pack]
    for device in ("a", "b", "c"):
        assert [row for row in flat if row.device == device] == [row for row in rows if row.device == device]


@given(rows=ROWS)
def test_devices_are_not_exchanged_by_more_than_the_span(rows):
    """In a recording in time order nothing goes out after something more than the span younger."""
    rows.sort(key=lambda row: row.time_us)
    newest = 0
    for run in windows(rows, 0):
        for pack in packs(run):
            for row in pack:
                assert row.time_us >= newest - SPAN_S * 1e6
                newest = max(newest, row.time_us)
