"""What can go wrong in this room by the fault of a caller. Bad files are findings of a report, not exceptions."""


class GeoError(Exception):
    """The base of every error this room raises."""


class MalformedFileError(GeoError):
    """The file is no GeoJSON at all: the fault of whoever made it. `read_geojson` turns it into a finding."""
