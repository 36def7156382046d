"""The folder of declared formats of an instance: read and installed at the start, again when it changes, whole or not at all."""

import threading
import time
from pathlib import Path

import structlog

from gridwatch.settings import DEFAULT_SOURCES, IngestSettings
from ingest import codecs
from ingest.declared import FormatError, install, installed, read_folder
from ingest.decoders import built_in
from ingest.sources import Source

log = structlog.get_logger(__name__)

USUAL_FOLDER = "formats"
LOOK_S = 5.0

Seen = tuple[tuple[str, int, int], ...]


class DeclaredFormats:
    """Keeps this process's declared formats as the folder has them."""

    def __init__(self, settings: IngestSettings, data_dir: Path) -> None:
        """Read the folder, which need not be there, and install what it declares.

        Raises:
            FormatError: a file is wrong; every fault is told.
        """
        self._settings = settings
        self._folder = data_dir / (settings.formats or USUAL_FOLDER)
        self._seen = self._look_at_files()
        install(read_folder(self._folder, taken_names()))

    def look(self) -> bool:
        """Read the folder again if a file of it has changed; a bad one keeps all as it was, and is logged."""
        seen = self._look_at_files()
        if seen == self._seen:
            return False
        self._seen = seen
        try:
            install(read_folder(self._folder, taken_names()))
        except FormatError as error:
            log.error("declared formats refused; the old ones stay in force", reason=str(error))  # noqa: TRY400 -- the reason is all
            return False
        log.info("declared formats read", formats=[one.name for one in installed()])
        return True

    def follow(self) -> None:
        """Look every five seconds from now on, in a thread that ends with the process: for parts without a beat of their own."""

        def watch() -> None:
            while True:
                time.sleep(LOOK_S)
                self.look()

        threading.Thread(target=watch, name="formats", daemon=True).start()

    def sources(self) -> tuple[Source, ...]:
        """Give the bindings in force: the settings' own, those of declared formats, and, unless replaced, the usual ones.

        A declared format's topics come before the built-in decoders' usual ones: whoever declares a format knows the site.
        """
        chosen = self._settings.sources
        given = tuple(Source(topic_filter=source.topic, decoder=source.decoder) for source in chosen)
        declared = tuple(Source(topic_filter=topic, decoder=one.name) for one in installed() for topic in one.topics)
        return (*declared, *given) if chosen == DEFAULT_SOURCES else (*given, *declared)

    def _look_at_files(self) -> Seen:
        found = []
        for path in sorted(self._folder.glob("*.y*ml")):
            try:
                stat = path.stat()
            except OSError:  # gone between the listing and the look
                continue
            found.append((path.name, stat.st_mtime_ns, stat.st_size))
        return tuple(found)


def taken_names() -> frozenset[str]:
    """Name what a declared format must not be called: built-in decoders and codecs."""
    return built_in() | codecs.built_in()
