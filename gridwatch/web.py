"""The process of the web server: one uvicorn, one event loop. Started by the supervisor or by `gridwatch web`."""

import uvicorn

from dashboard.app import create_app
from dashboard.settings import WebSettings
from gridwatch import logs
from gridwatch.clock import now
from gridwatch.declared_formats import DeclaredFormats
from gridwatch.runtime import Runtime, runtime_of_this_part

CLOSE_S = 1  # open live feeds are cut after so long; browsers come back by themselves


def web_settings(runtime: Runtime) -> WebSettings:
    """Tell the dashboard what it has to know."""
    chosen = runtime.settings.dashboard.model_dump(mode="json", exclude={"host", "port", "tls_certificate"})
    return WebSettings.model_validate(
        chosen
        | {"database_url": runtime.database_url, "secret": runtime.secret, "data_dir": runtime.data_dir}
        | {"secure_cookies": chosen["secure_cookies"] or runtime.http.tls}
        | {"notifies": runtime.settings.alerts.notify is not None}
    )


def main() -> None:
    """Serve until a signal comes."""
    runtime = runtime_of_this_part()
    logs.set_up("web", runtime.settings.log_level)
    # What waits for registration is read by them, too, and a device may be registered with one as its codec.
    DeclaredFormats(runtime.settings.ingest, runtime.data_dir).follow()
    certificate = runtime.settings.dashboard.tls_certificate
    chain = None if certificate is None else runtime.data_dir / certificate
    uvicorn.run(
        create_app(web_settings(runtime), clock=now),
        host=runtime.http.host,
        port=runtime.http.port,
        ssl_certfile=chain,
        ssl_keyfile=None if chain is None else chain.with_suffix(".key"),
        loop="uvloop",
        ws="websockets-sansio",
        log_config=None,  # ours takes uvicorn's records too
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=CLOSE_S,
    )


if __name__ == "__main__":
    main()
