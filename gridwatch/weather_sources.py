"""What the settings say of official warnings, and who fetches them: one reporter for the folder, one for each feed."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from alerts.weather_intake import WeatherOptions
from gridwatch.settings import Settings
from gridwatch.weather_desk import options_of


class Reporter(Protocol):
    """Brings warnings from one place, for as long as the worker runs. `name` is what the place is shown as."""

    @property
    def name(self) -> str:
        """Name the place, without secrets."""
        ...

    async def run(self) -> None:
        """Look for ever; whatever fails is counted and tried again."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WeatherSources:
    """Where official warnings come from beside MQTT. `interval_s` is between two questions to a feed."""

    options: WeatherOptions = field(default_factory=WeatherOptions)
    folder: Path | None = None
    feeds: tuple[str, ...] = ()
    interval_s: float = 60.0
    hosts: frozenset[str] = frozenset()


def sources_of(settings: Settings, data_dir: Path) -> WeatherSources:
    """Read the settings; a relative folder is in the data directory."""
    alerts = settings.alerts
    return WeatherSources(
        options=options_of(alerts, own_sender=settings.dashboard.cap_sender),
        folder=None if alerts.warning_folder is None else data_dir / alerts.warning_folder,
        feeds=alerts.warning_feeds,
        interval_s=alerts.warning_feed_s,
        hosts=frozenset(host.lower() for host in alerts.warning_feed_hosts),
    )


def reporters(database_url: str, sources: WeatherSources) -> list[Reporter]:
    """Make a reporter for each source."""
    from gridwatch.weather_feed import FeedReporter
    from gridwatch.weather_folder import FolderReporter

    made: list[Reporter] = []
    if sources.folder is not None:
        made.append(FolderReporter(database_url, sources.folder, sources.options))
    made += (
        FeedReporter(database_url, url, sources.options, interval_s=sources.interval_s, hosts=sources.hosts)
        for url in sources.feeds
    )
    return made
