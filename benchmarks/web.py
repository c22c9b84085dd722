"""Pages beside a bare FastAPI route: processor time a request, requests a second, and how long each page takes.

    python -m benchmarks.web [--items 100000] [--seconds 5] [--rounds 60] [--clients 1 16 64] [--home FOLDER]

The archive is filled as for `benchmarks.scale` (with `--home` its homes are used again), searched by an index made of
it, and served by one process of uvicorn; the bare route by another one with the same settings. Clients are plain
sockets that are kept open, each asking again when it has its answer. Processor time is that of the server alone. The
ratio says how many bare requests one request costs. Then every page is asked for by one client, for its p95; the
auditor's by an auditor, as soon as all cases are counted.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import uvicorn
from fastapi import FastAPI
from sqlalchemy import select, update

from archive_service import clock, logs, migrations
from archive_service.cli.commands.serving import web_app
from archive_service.cli.services import Services
from archive_service.db.session import Database
from archive_service.households.tables import HouseholdFile, Item, Page
from archive_service.people.roles import Role
from archive_service.settings import Settings
from benchmarks.fill import THICK_ACCOUNT, count_all, fill
from benchmarks.fill_people import LOGINS, PASSWORD, person_at_top
from benchmarks.scale import percentile
from benchmarks.support import machine, page_picture, table
from indexing.index import index_of
from indexing.rebuild import rebuild

_TICKS = os.sysconf("SC_CLK_TCK")
_WARM = 5
#: What is asked for under load, by the words of the table.
_LOADED = ("list", "household", "search", "page image")
_AUDITOR = "bench.auditor"
#: What only an auditor opens.
_AUDITED = {
    "home of the auditor": "/", "completeness": "/completeness", "auditor's desk": "/inspection",
    "anomalies": "/inspection/anomalies", "samples": "/inspection/samples", "findings": "/inspection/findings",
}  # fmt: skip


@dataclass(frozen=True)
class Load:
    """What a server did for so many clients."""

    requests: int
    took_s: float
    cpu_s: float
    #: Milliseconds that each request took, as its client saw it.
    times: Sequence[float]

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.took_s

    @property
    def cpu_ms(self) -> float:
        """Processor time a request, milliseconds."""
        return self.cpu_s * 1000 / self.requests


def main() -> int:
    """Run the benchmark; return 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each line of the first table runs")
    parser.add_argument("--rounds", type=int, default=60, help="requests for each page of the second table")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 16, 64])
    parser.add_argument("--home", type=Path, help="keep the home here, and use the one that is there")
    parser.add_argument("--serve", choices=("archive", "bare"), help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.serve:
        _serve(told)
        return 0
    print(machine(), flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        home = (told.home or Path(temporary)) / str(told.items)
        addresses = _prepare(_settings(home), told.items)
        with _serving(home, "bare") as bare, _serving(home, "archive") as archive:
            signed_in, auditor = (asyncio.run(_sign_in(archive[1], login)) for login in (LOGINS["company"], _AUDITOR))
            loaded = {"bare route": (bare, "/", ""), **{n: (archive, addresses[n], signed_in) for n in _LOADED}}
            print(f"\n{told.items:,} items\n\n{_loads(loaded, told.clients, told.seconds)}\n", flush=True)
            shown = [(name, address, signed_in) for name, address in addresses.items()]
            shown += [(name, address, auditor) for name, address in _AUDITED.items()]
            print(_pages(archive, shown, told.rounds))
    return 0


def _settings(home: Path) -> Settings:
    # Everybody here is one person at one address: what protects a real server from that would be measured instead.
    return Settings(_env_file=None, home=home, log_level="WARNING", requests_a_minute=0)  # type: ignore[call-arg]


def _serve(told: argparse.Namespace) -> None:
    settings = _settings(told.home)
    logs.configure(settings)
    app = _bare() if told.serve == "bare" else web_app(Services(settings))
    uvicorn.run(app, port=told.port, log_level="warning", access_log=False, server_header=False)


def _bare() -> FastAPI:
    app = FastAPI(openapi_url=None)

    @app.get("/")
    def answer() -> dict[str, str]:
        return {"state": "ok"}

    return app


def _prepare(settings: Settings, items: int) -> dict[str, str]:
    """Fill the archive, make its index, lay down one page image; return the addresses of pages."""
    settings.home.mkdir(parents=True, exist_ok=True)
    migrations.upgrade(settings.url())
    database, done = Database(settings.url()), settings.home / "filled"
    if not done.exists():
        fill(database, items)
        done.touch()
    count_all(database)
    indexed = settings.home / "indexed"
    if not indexed.exists():
        rebuild(database, index_of(settings), now=clock.now())
        indexed.touch()
    services = Services(settings)
    digest = services.store.put_bytes(page_picture()).digest
    with database.unit_of_work() as session:
        account = session.scalars(select(HouseholdFile.account_no).order_by(HouseholdFile.id).offset(1)).first()
        wanted = select(Item).join(HouseholdFile, HouseholdFile.id == Item.household_id)
        item = session.scalars(
            wanted.where(HouseholdFile.account_no == account, Item.sensitivity != "personal").order_by(Item.id)
        ).first()
        assert item is not None
        person_at_top(session, _AUDITOR, Role.AUDITOR)
        session.execute(
            update(Page).where(Page.item_id == item.id).values(image_digest=digest, thumbnail_digest=digest)
        )
        number = item.id
    database.close()
    return _addresses(str(account), number)


def _addresses(account: str, item: int) -> dict[str, str]:
    of = f"/households/{account}"
    return {
        "home": "/", "list": "/cases", "list by name": f"/cases?q={quote('张伟')}", "scans": "/scans",
        "review queue": "/review/queue", "jobs": "/jobs", "intake": "/intake", "household": of,
        "household of 300 items": f"/households/{THICK_ACCOUNT}", "items of a household": f"{of}/items",
        "history of a household": f"{of}/history", "search": f"/search?q={quote('供用电合同')}",
        "search by number": f"/search?q={account}", "suggestions": f"/search/suggest?q={account[:6]}",
        "viewer": f"/items/{item}", "page image": f"/items/{item}/pages/1/image",
        "my settings": "/me", "list by the API": "/api/v1/cases",
        "household by the API": f"/api/v1{of}",
    }  # fmt: skip


@contextmanager
def _serving(home: Path, what: str) -> Iterator[tuple[int, int]]:
    """Run a server while the block runs; yield its process and port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "benchmarks.web", "--serve", what, "--port", str(port), "--home", str(home)]
    server = subprocess.Popen(command)
    try:
        for _ in range(600):
            with socket.socket() as knocking:
                if knocking.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert server.poll() is None, f"the {what} server ended"
            time.sleep(0.1)
        yield server.pid, port
    finally:
        server.terminate()
        server.wait(30)


def _cpu_s(pid: int) -> float:
    """Return the processor time that a process has used so far."""
    told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / _TICKS


async def _ask(wire: tuple[Any, Any], asked: bytes) -> tuple[int, dict[str, str], bytes]:
    """Send a request on an open connection; return status, headers and body of the answer."""
    reader, writer = wire
    writer.write(asked)
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    return int(head[0].split(" ")[1]), headers, await reader.readexactly(int(headers.get("content-length", "0")))


def _request(address: str, cookie: str) -> bytes:
    signed_in = f"Cookie: {cookie}\r\n" if cookie else ""
    return f"GET {address} HTTP/1.1\r\nHost: 127.0.0.1\r\n{signed_in}\r\n".encode()


async def _sign_in(port: int, login: str) -> str:
    """Sign in; return the cookie."""
    body = urlencode({"login": login, "password": PASSWORD}).encode()
    head = f"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n"
    form = f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\n".encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(form + body)
    answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    writer.close()
    lines = [line.partition(":")[2] for line in answer.split("\r\n") if line.lower().startswith("set-cookie:")]
    found = [line.strip().partition(";")[0] for line in lines]
    cookie = next((one for one in found if one.startswith("archive_session=")), "")
    assert cookie, answer
    return cookie


async def _load(server: tuple[int, int], address: str, cookie: str, clients: int, seconds: float) -> Load:
    """Let so many clients ask for an address for so long."""
    asked, times = _request(address, cookie), []

    async def client(until: float) -> None:
        wire = await asyncio.open_connection("127.0.0.1", server[1])
        while time.perf_counter() < until:
            began = time.perf_counter()
            status, _, _ = await _ask(wire, asked)
            assert status == 200, (address, status)
            times.append((time.perf_counter() - began) * 1000)
        wire[1].close()

    await asyncio.gather(*(client(time.perf_counter() + seconds / 5) for _ in range(clients)))
    times.clear()
    began, cpu = time.perf_counter(), _cpu_s(server[0])
    await asyncio.gather(*(client(began + seconds) for _ in range(clients)))
    return Load(len(times), time.perf_counter() - began, _cpu_s(server[0]) - cpu, times)


def _loads(asked: dict[str, Any], clients: Sequence[int], seconds: float) -> str:
    rows = []
    for count in clients:
        bare: Load | None = None
        for name, (server, address, cookie) in asked.items():
            found = asyncio.run(_load(server, address, cookie, count, seconds))
            bare = bare or found
            rows.append([
                name, count, f"{found.rate:,.0f}", f"{found.cpu_ms:.2f}", f"{found.cpu_ms / bare.cpu_ms:.1f} x",
                f"{bare.rate / found.rate:.1f} x",
                f"{percentile(found.times, 0.5):.1f} / {percentile(found.times, 0.95):.1f}",
            ])  # fmt: skip
    heads = [
        "what",
        "clients",
        "requests a second",
        "CPU ms a request",
        "CPU beside bare",
        "bare is faster",
        "p50 / p95 ms",
    ]
    return table(heads, rows)


def _pages(server: tuple[int, int], shown: Sequence[tuple[str, str, str]], rounds: int) -> str:
    """Ask for each page as often as told, with the cookie beside its name and address."""

    async def timed(address: str, cookie: str) -> list[float]:
        wire, asked, times = await asyncio.open_connection("127.0.0.1", server[1]), _request(address, cookie), []
        for _ in range(_WARM + rounds):
            began = time.perf_counter()
            status, _, _ = await _ask(wire, asked)
            # A number that is a household's leads straight to its file.
            assert status in (200, 303), (address, status)
            times.append((time.perf_counter() - began) * 1000)
        wire[1].close()
        return times[_WARM:]

    rows = []
    for name, address, cookie in shown:
        cpu = _cpu_s(server[0])
        times = asyncio.run(timed(address, cookie))
        spent = (_cpu_s(server[0]) - cpu) * 1000 / (_WARM + rounds)
        rows.append([name, f"{percentile(times, 0.5):.1f} / {percentile(times, 0.95):.1f}", f"{spent:.1f}"])
    return table(["page, one client", "p50 / p95 ms", "CPU ms a request"], rows)


if __name__ == "__main__":
    raise SystemExit(main())
