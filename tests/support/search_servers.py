"""A place on a running OpenSearch server that no other test sees."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from indexing.engines.opensearch import OpenSearchEngine
from indexing.engines.opensearch_lease import Leases
from indexing.engines.opensearch_place import ServerGenerations
from indexing.engines.opensearch_server import Address, Server
from tests.support.services import address

#: Whoever died holding a right keeps it for twice as long.
TIMEOUT_S = 5.0
_RUN = Path(__file__).parents[2] / ".ci" / "opensearch" / "run"


def server(prefix: str, *, url: str = "", shards: int = 2, timeout_s: float = TIMEOUT_S) -> Server:
    """Return a client of the running server, or of the one at `url`."""
    found = url or address("OpenSearch", "ARCHIVE_TEST_OPENSEARCH_URL")
    return Server(Address(found, prefix=prefix, shards=shards, timeout_s=timeout_s))


def engine(prefix: str, *, create: bool = False) -> OpenSearchEngine:
    """Return the one engine of a prefix."""
    found = server(prefix)
    return OpenSearchEngine(found, Leases(found), f"{prefix}.000001-00000000", create=create)


@contextmanager
def place(*, shards: int = 2) -> Iterator[ServerGenerations]:
    """Give generations under a prefix of their own, removed afterwards with all that is below it."""
    with prefix() as name:
        yield ServerGenerations(server(name, shards=shards))


@contextmanager
def prefix() -> Iterator[str]:
    """Give a prefix that nobody else uses, and remove what stands below it afterwards."""
    name = f"t{secrets.token_hex(6)}"
    client = server(name).client
    try:
        yield name
    finally:
        client.indices.delete(index=f"{name}.*", params={"ignore_unavailable": "true"})


class OwnNode:
    """A server of a test's own, that it may kill; what it answered for is in its folder."""

    def __init__(self, folder: Path) -> None:
        for program in ("mvn", "java"):
            if not shutil.which(program):
                (pytest.fail if os.environ.get("CI") else pytest.skip)(f"no {program}: it runs the OpenSearch node")
        self._folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self.start()

    def start(self) -> None:
        """Start the node and wait until it answers."""
        self._log = self._folder.with_suffix(".log")
        with self._log.open("w") as log:
            command = [str(_RUN), str(self._port), str(self._folder)]
            self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        end = time.monotonic() + 240
        while "ready" not in self._log.read_text():
            assert self._process.poll() is None, self._log.read_text()
            assert time.monotonic() < end, self._log.read_text()
            time.sleep(0.2)

    def kill(self) -> None:
        """End the node without a warning; a dead one stays dead."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


class TurningAway(ThreadingHTTPServer):
    """Stands before a server and turns away a part of what is written, as one that is too busy does."""

    def __init__(self, url: str) -> None:
        self.real = url
        #: For each bulk request to come: the answer to the whole of it, or how many of its documents are let through.
        self.plan: list[int] = []
        self.bulks = 0
        super().__init__(("127.0.0.1", 0), _Turning)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Turning(BaseHTTPRequestHandler):
    server: TurningAway
    protocol_version = "HTTP/1.1"

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        through, kept = -1, b""
        if "/_bulk" in self.path:
            self.server.bulks += 1
            through = self.server.plan.pop(0) if self.server.plan else -1
        if through == 429:
            return self._tell(429, {"error": {"type": "rejected_execution_exception", "reason": ""}, "status": 429})
        lines = body.splitlines(keepends=True)
        if through >= 0:
            body, kept = b"".join(lines[: 2 * through]), b"".join(lines[2 * through :])
        request = urllib.request.Request(self.server.real + self.path, data=body or None, method=self.command)
        request.add_header("Content-Type", self.headers.get("Content-Type", "application/json"))
        try:
            with urllib.request.urlopen(request) as answer:
                status, told = answer.status, json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as e:
            status, told = e.code, json.loads(e.read() or b"{}")
        for line in kept.splitlines()[::2]:
            told["errors"] = True
            error = {"type": "rejected_execution_exception", "reason": ""}
            told["items"].append({"index": {**json.loads(line)["index"], "status": 429, "error": error}})
        return self._tell(status, told)

    def _tell(self, status: int, told: dict[str, Any]) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _pass  # noqa: N815 - names that the library asks for

    def log_message(self, *_: object) -> None:
        """Say nothing."""
