"""Declared formats of an instance: where they are found, whom they come before, and what a bad change does."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gridwatch.declared_formats import DeclaredFormats
from gridwatch.settings import IngestSettings
from ingest.codecs import named, read
from ingest.codecs import names as codec_names
from ingest.declared import FormatError, install, installed
from ingest.decoders import decoder, names, storable, usual_topics
from ingest.readings import DeviceId, Enclosed, Reading
from ingest.sources import DEFAULT_SOURCES, Source, source_of
from tests.fuzzing import RECEIVED

ACME = "input: json\ntopics: [acme/+/up]\ndevice: {topic: 2}\nreadings: [{metric: x, unit: m, path: x}]\n"
TLV = 'input: binary\nhints: [ACME-TLV]\nreadings: [{metric: battery, unit: "%EL", at: 0, type: u8}]\n'


@pytest.fixture(autouse=True)
def _nothing_stays() -> Iterator[None]:
    yield
    install([])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data directory whose folder of formats holds one."""
    (tmp_path / "formats").mkdir()
    (tmp_path / "formats" / "acme.yaml").write_text(ACME)
    return tmp_path


def settings(**ingest: object) -> IngestSettings:
    """Give settings that differ from the usual ones by these."""
    return IngestSettings.model_validate(ingest)


def test_file_in_the_folder_is_a_decoder(folder: Path) -> None:
    """It is named, listened to and read like any other; a directory without the folder has none."""
    formats = DeclaredFormats(settings(), folder)
    assert "acme" in names()
    assert usual_topics("acme") == ("acme/+/up",)
    assert storable("acme", b"{}") == b"{}"
    (reading,) = decoder("acme")("acme/well-3/up", b'{"x":2}', RECEIVED)
    assert isinstance(reading, Reading)
    assert (reading.device, reading.value) == ("well-3", 2.0)
    assert source_of(formats.sources(), "acme/well-3/up") == Source(topic_filter="acme/+/up", decoder="acme")
    DeclaredFormats(settings(), folder / "elsewhere")
    assert "acme" not in names()


def test_declared_topics_come_before_the_usual_ones_and_after_chosen_ones(folder: Path) -> None:
    """Whoever binds topics in the settings has the last word; the usual ones stay where nobody replaced them."""
    assert DeclaredFormats(settings(), folder).sources()[1:] == DEFAULT_SOURCES
    chosen = DeclaredFormats(settings(sources=[{"topic": "acme/#", "decoder": "senml"}]), folder).sources()
    assert [source.decoder for source in chosen] == ["senml", "acme"]


def test_changed_file_is_read_again_and_a_bad_one_changes_nothing(folder: Path) -> None:
    """A better file is taken over at once; a bad one keeps what was."""
    formats = DeclaredFormats(settings(), folder)
    assert not formats.look()
    (folder / "formats" / "acme.yaml").write_text(ACME.replace("metric: x", "metric: level"))
    assert formats.look()
    (reading,) = decoder("acme")("acme/a/up", b'{"x":2}', RECEIVED)
    assert isinstance(reading, Reading)
    assert reading.metric == "level"
    (folder / "formats" / "acme.yaml").write_text("input: jsn\n")
    (folder / "formats" / "other.yaml").write_text(ACME)
    assert not formats.look()
    assert [one.name for one in installed()] == ["acme"]
    assert not formats.look()


def test_bad_file_keeps_gridwatch_from_starting(folder: Path) -> None:
    """At the start there is nothing to keep: the faults are told. A built-in decoder's name is one."""
    (folder / "formats" / "senml.yaml").write_text(ACME)
    with pytest.raises(FormatError, match=r"senml\.yaml, line 1, name: 'senml' is the name of another decoder already"):
        DeclaredFormats(settings(), folder)


def test_folder_may_be_elsewhere(folder: Path) -> None:
    """The setting names a folder, relative to the data directory."""
    (folder / "formats").rename(folder / "makers")
    DeclaredFormats(settings(formats="makers"), folder)
    assert [one.name for one in installed()] == ["acme"]


def test_byte_layout_is_a_codec_by_its_name_and_by_its_hint(folder: Path) -> None:
    """An envelope's words for a device lead to a declared layout, as a registration's codec does."""
    (folder / "formats" / "acme-tlv.yaml").write_text(TLV)
    DeclaredFormats(settings(), folder)
    item = Enclosed(device=DeviceId("d"), payload=b"\x5c", time=RECEIVED, port=2)
    assert named("Maker ACME-TLV v2") == "acme-tlv"
    assert "acme-tlv" in codec_names()
    assert "acme" not in codec_names()
    assert DeclaredFormats(settings(), folder).sources()  # its own names are not taken when it is read again
    for name in ("acme-tlv", "Maker ACME-TLV v2"):
        assert [reading.value for reading in read(name, item) if isinstance(reading, Reading)] == [92.0]
