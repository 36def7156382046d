"""What `gridwatch run` says on the terminal: Chinese first, English second, short."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table

from gridwatch.instance import Instance
from gridwatch.settings import Settings
from gridwatch.settings_reading import masked

ADDRESSES = ("dashboard.host", "dashboard.port", "ingest.mqtt_host", "ingest.mqtt_port")


class Announcer:
    """Speaks to the terminal; in a file or a pipe it writes plain lines."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, soft_wrap=True)

    @contextmanager
    def starting(self) -> Iterator[Callable[[str, str], None]]:
        """Show what is being done while it is done."""
        if not self._console.is_terminal:
            yield lambda zh, en: self._console.print(f"{zh} · {en}")
            return
        with self._console.status("…") as status:
            yield lambda zh, en: status.update(f"{zh} [dim]{en}[/dim]")

    def ready(self, instance: Instance, settings: Settings) -> None:
        """Say where everything is."""
        runtime = instance.runtime
        assert runtime is not None
        self._console.print("[bold green]守望已就绪[/] · Gridwatch is ready\n")
        table = Table.grid(padding=(0, 2))
        table.add_row("大屏 Wall", f"[bold]{runtime.http.url}/wall[/]")
        table.add_row("值班台 Console", f"[bold]{runtime.http.url}/console[/]")
        if instance.directory.credentials.exists():
            table.add_row("账号 Accounts", str(instance.directory.credentials))
        table.add_row("设备接入 MQTT", f"{runtime.broker.url}  ({instance.directory.run})")
        for name, value in _changed(settings).items():
            table.add_row(f"[dim]{name}[/]", f"[dim]{value}[/]")
        self._console.print(table)
        self._console.print("\n停止请按 Ctrl-C · Ctrl-C stops it")

    def stopping(self) -> None:
        """Say that the end has begun."""
        self._console.print("正在停止 · stopping")

    def stopped(self) -> None:
        """Say that nothing runs any more."""
        self._console.print("已停止 · stopped")


def _changed(settings: Settings) -> dict[str, str]:
    """Name the settings that differ from their defaults, secrets masked; addresses are shown as they came out."""
    usual = masked(Settings())
    return {name: value for name, value in masked(settings).items() if value != usual[name] and name not in ADDRESSES}
