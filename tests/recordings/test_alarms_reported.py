"""Recordings without a target: the table tells what is found and missed, and a camera alarms once a happening."""

from alerts.rules import default_rules
from bench.alarms import reported
from bench.alarms.__main__ import as_table


def test_cameras_and_other_series_are_told_of(recordings):
    """Every line has its events; a camera whose boxes are drawn by people finds nearly all fires."""
    results = {result.recording: result for result in reported.run(recordings, default_rules())}
    assert all(result.events for result in results.values())
    assert results["figlib wildfire cameras"].found >= 140
    assert results["pyronear wildfire cameras"].found >= 1250
    assert as_table(list(results.values())).row_count == len(results)
