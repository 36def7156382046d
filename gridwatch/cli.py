"""The command line, `gridwatch`. Imports nothing heavy: `gridwatch --help` answers at once."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 -- an older Python deserves a sentence, too
    sys.exit(f"gridwatch: Python 3.11 or newer is needed, and this is {sys.version.split()[0]}.")

import typer

from gridwatch import outermost
from gridwatch.commands import bridge, certs, files, gateway, notify, play, rules, run, upkeep, user

app = typer.Typer(
    name="gridwatch",
    help="守望 Gridwatch: a county's joint command centre. Settings: docs/reference/settings.md.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("run")(run.run)
app.command("simulate")(play.simulate)
app.command("replay")(play.replay)
app.add_typer(files.imports, name="import")
app.command("decode")(files.decode)
app.command("bridge")(bridge.bridge)
app.add_typer(rules.app, name="rules")
app.add_typer(notify.notify, name="notify")
app.add_typer(user.app, name="user")
app.add_typer(gateway.app, name="gateway")
app.command("broker-config")(gateway.broker_config)
app.add_typer(certs.app, name="certs")
app.command("backup")(upkeep.backup)
app.command("restore")(upkeep.restore)
app.command("migrate")(upkeep.migrate)
app.command("doctor")(upkeep.doctor)
app.command("worker", hidden=True)(run.worker)
app.command("web", hidden=True)(run.web)


def main() -> None:
    """Run a command; end with one sentence where it fails."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(outermost.INTERRUPTED)
    except BrokenPipeError:  # whoever read us, as in `gridwatch … | head`, has enough
        sys.stderr.close()
        sys.exit(outermost.FAILED)
    except Exception as error:  # noqa: BLE001 -- the outermost handler of the front door
        outermost.report(error)
        sys.exit(outermost.FAILED)


if __name__ == "__main__":
    main()
