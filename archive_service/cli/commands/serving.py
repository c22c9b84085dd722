"""`serve` and `worker`: the web server with its embedded workers, or workers alone."""

from __future__ import annotations

import gc
import signal
import sys
from contextlib import nullcontext
from multiprocessing import parent_process
from typing import TYPE_CHECKING

import click
import uvicorn

from archive_service import logs, settings
from archive_service.cli import output
from archive_service.cli.services import Services
from archive_service.web.multiprocess import shared_figures
from archive_service.worker import parent
from archive_service.worker.embedded import LOOK_S, Supervisor

if TYPE_CHECKING:
    from fastapi import FastAPI

#: Seconds without a sign of life after which one of several web server processes is ended and started afresh.
_SILENT_S = 60


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, help="Port to listen on.")
@click.option("--processes", default=1, show_default=True, help="Web server processes.")
@click.pass_obj
def serve(services: Services, host: str, port: int, processes: int) -> None:
    """Run the web server and, without a broker, its supervised workers."""
    run_server(services, host=host, port=port, processes=processes)


def run_server(services: Services, *, host: str, port: int, processes: int = 1) -> None:
    """Serve until interrupted; the workers stop with the server."""
    _ = services.database, services.store, services.index
    supervisor = Supervisor(services.settings, services.settings.worker_count())
    if not services.settings.broker_url and not supervisor.start():
        output.stderr.print("另一个进程已在为这个档案库运行后台任务，本进程只提供网页。")
    # The web server sends itself the signal again once it has closed its doors; by default that would end this process
    # before its workers.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    output.stderr.print(f"一户一档已就绪：http://{host}:{port} （Ctrl+C 停止）", highlight=False)
    try:
        _serve(services, host=host, port=port, processes=processes)
    finally:
        supervisor.stop()


def _serve(services: Services, *, host: str, port: int, processes: int) -> None:
    # Several processes are started afresh and make the app from the settings; one serves the app that it made itself.
    app = web_app(services) if processes == 1 else f"{__name__}:app_of_this_process"
    with shared_figures(services.settings.home) if processes > 1 else nullcontext():
        uvicorn.run(
            app,
            host=host,
            port=port,
            workers=processes,
            factory=processes > 1,
            # It is ended with all that it has in hand, and a machine may stand still for a while.
            timeout_worker_healthcheck=_SILENT_S,
            # Its lines go the way of all others; its line for each request would name addresses.
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            # `web/proxy.py` does it, and remembers who passed the headers on.
            proxy_headers=False,
            date_header=True,
        )


def app_of_this_process() -> FastAPI:
    """Return the app for the settings of the environment."""
    main = parent_process()
    if main is not None and main.pid is not None:
        # Were it to outlive a killed server, it would keep the port, and no new server could start.
        parent.end_with(main.pid)
    loaded = settings.load()
    logs.configure(loaded)
    return web_app(Services(loaded))


def web_app(services: Services) -> FastAPI:
    """Return the web server's app."""
    # Loading the pages takes a while; commands that show none should not wait for it.
    from archive_service.web.app import create_app
    from archive_service.web.services import Services as WebServices

    app = create_app(WebServices(services.settings, services.database, services.store, services.index))
    # What is loaded by now stays until the end. Looking through it for garbage again and again would hold up a page
    # now and then for a tenth of a second.
    gc.collect()
    gc.freeze()
    return app


@click.command()
@click.option("--queues", default="", help="Only these job queues, separated by commas.")
@click.pass_obj
def worker(services: Services, queues: str) -> None:
    """Run workers on this machine until interrupted."""
    chosen = tuple(name.strip() for name in queues.split(",") if name.strip())
    if services.settings.broker_url:
        from archive_service.worker import app

        # The children are forked: they must not inherit the connection that looked whether the archive is there.
        services.database.close()
        app.run_worker(services.settings, chosen)
        return
    supervisor = Supervisor(services.settings, services.settings.worker_count())
    _ = services.database
    if not supervisor.start():
        raise click.ClickException("另一个进程已在为这个档案库运行后台任务。请先停止它。")
    told = parent.Told()
    output.stderr.print("后台任务已启动（Ctrl+C 停止）。")
    while not told.to_end:
        told.rest(LOOK_S)
    supervisor.stop()
