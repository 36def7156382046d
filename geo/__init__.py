"""Places: governance grids and their versions, datums, and which grid holds a point.

Pure modules of other rooms import from `geo.grid`, `geo.grid_set` and `geo.datum`: this page also brings the database.
"""

from geo.datum import Datum, from_wgs84, to_wgs84
from geo.drawing import describe, describe_path, feature_collection
from geo.errors import GeoError, MalformedFileError
from geo.findings import Finding, FindingKind, ImportReport, Placing, Severity
from geo.grid import GOVERNANCE, Grid, Level, Place
from geo.grid_set import GridSet
from geo.imports import import_file
from geo.judging import Carry, GridImport, Progress, read_geojson
from geo.layer import PropertyNames
from geo.store import enact_version, load_grids, replace_devices, save_grids, version_in_force

__all__ = [
    "GOVERNANCE",
    "Carry",
    "Datum",
    "Finding",
    "FindingKind",
    "GeoError",
    "Grid",
    "GridImport",
    "GridSet",
    "ImportReport",
    "Level",
    "MalformedFileError",
    "Place",
    "Placing",
    "Progress",
    "PropertyNames",
    "Severity",
    "describe",
    "describe_path",
    "enact_version",
    "feature_collection",
    "from_wgs84",
    "import_file",
    "load_grids",
    "read_geojson",
    "replace_devices",
    "save_grids",
    "to_wgs84",
    "version_in_force",
]
