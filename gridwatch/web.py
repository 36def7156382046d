"""The process of the web server: one uvicorn, one event loop. Started by the supervisor or by `gridwatch web`."""

import uvicorn
from dashboard.app import create_app

from dashboard.settings import WebSettings
from gridwatch import logs
from gridwatch.runtime import Runtime, runtime_of_this_part

CLOSE_S = 1  # open live feeds are cut after so long; browsers come back by themselves


def web_settings(runtime: Runtime) -> WebSettings:
    """Tell the dashboard what it has to know."""
    chosen = runtime.settings.dashboard
    return WebSettings.model_validate(
        {
            "database_url": runtime.database_url,
            "secret": runtime.secret,
            "data_dir": runtime.data_dir,
            "zone": chosen.zone,
            "language": chosen.language.value,
            "tile_url": chosen.tile_url,
            "secure_cookies": chosen.secure_cookies,
        }
    )


def main() -> None:
    """Serve until a signal comes."""
    runtime = runtime_of_this_part()
    logs.set_up("web", runtime.settings.log_level)
    uvicorn.run(
        create_app(web_settings(runtime)),
        host=runtime.http.host,
        port=runtime.http.port,
        loop="uvloop",
        ws="websockets-sansio",
        log_config=None,  # ours takes uvicorn's records too
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=CLOSE_S,
    )


if __name__ == "__main__":
    main()
