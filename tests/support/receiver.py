"""A small program on this machine that is told of events: it keeps what came, and answers as it is told to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from archive_service import keyring
from archive_service.db.session import Database
from archive_service.people.roles import Role
from archive_service.settings import Settings
from archive_service.webhooks import actions
from tests.support import records


class _Handler(BaseHTTPRequestHandler):
    """Answers with the next status of its server and keeps what came."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        server: Any = self.server
        server.came.append((self.path, dict(self.headers.items()), body))
        status = server.answers.pop(0) if server.answers else 204
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def listening() -> Iterator[Any]:
    """Give a server with `came` (path, headers, body) and `answers` (status codes to give, then 204)."""
    server: Any = HTTPServer(("127.0.0.1", 0), _Handler)
    server.came, server.answers = [], []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def subscribed(
    database: Database, settings: Settings, port: int, events: list[str], *, now: datetime, unit: str = "ROOT"
) -> str:
    """Subscribe the program at a port to events of a unit; return the secret."""
    with database.unit_of_work() as session:
        root = records.unit(session)
        at = records.unit(session, unit, below=None if unit == "ROOT" else root)
        _, secret = actions.subscribe(
            session,
            records.viewer(session, Role.SYSTEM_ADMIN),
            unit_id=at.id,
            address=f"http://127.0.0.1:{port}/hook?from=archive",
            events=events,
            label="营销系统",
            allowed=settings.webhook_hosts,
            key=keyring.key(settings, keyring.WEBHOOK),
            now=now,
        )
    return secret
