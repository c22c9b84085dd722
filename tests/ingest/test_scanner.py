"""What is made of a virus scanner's words, and of its silence."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from archive_service.errors import Unavailable
from archive_service.settings import Settings
from archive_service.worker.fit import Fit
from ingest import scanner
from ingest.errors import FileRefused
from ingest.scanner import Scanner


@contextmanager
def answering(path: Path, answer: bytes) -> Iterator[Scanner]:
    """A socket that reads what it is sent, says one thing, and hangs up."""
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(path))
        door.listen()

        def serve() -> None:
            with door.accept()[0] as line:
                line.settimeout(5)
                seen = b""
                while not seen.endswith(b"\0\0\0\0") and not seen.startswith((b"zPING", b"zVERSION")):
                    part = line.recv(65536)
                    if not part:
                        break
                    seen += part
                line.sendall(answer)

        served = threading.Thread(target=serve, daemon=True)
        served.start()
        yield Scanner(str(path), timeout_s=20)
        served.join(20)


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    path = tmp_path / "paper"
    path.write_bytes(b"%PDF-1.4 nothing else")
    return path


def test_only_ok_is_clean(tmp_path: Path, paper: Path) -> None:
    with answering(tmp_path / "s", b"stream: OK\0") as found:
        found.check(paper)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"", "scanner.unavailable"),
        (b"stream: OK", "scanner.unavailable"),
        (b"stream: \0", "scanner.unavailable"),
        (b"UNKNOWN COMMAND\0", "scanner.unavailable"),
        (b"stream: Can't allocate memory ERROR\0", "scanner.unavailable"),
        (b"INSTREAM size limit exceeded. ERROR\0", "scanner.limit"),
        (b"stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND\0", "scanner.limit"),
    ],
)
def test_nothing_else_is_taken_for_clean_or_for_a_find(tmp_path: Path, paper: Path, answer: bytes, code: str) -> None:
    with answering(tmp_path / "s", answer) as found, pytest.raises(Unavailable) as told:
        found.check(paper)
    assert told.value.code == code


def test_the_name_of_a_find_is_told_and_harmless(tmp_path: Path, paper: Path) -> None:
    named = "stream: Win.Test\n\x1b[31m\u202eEICAR FOUND\0".encode()
    with answering(tmp_path / "s", named) as found, pytest.raises(FileRefused) as told:
        found.check(paper)
    assert told.value.code == "file.virus"
    assert "Win.Test" in told.value.message
    assert not {"\n", "\x1b", "\u202e"} & set(told.value.message)


def test_who_is_not_there_is_away(tmp_path: Path, paper: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for address in (str(tmp_path / "nobody"), f"127.0.0.1:{port}", "no-port", "127.0.0.1:x"):
        away = Scanner(address, timeout_s=1)
        for ask in (lambda at=away: at.check(paper), away.ping, away.version):
            with pytest.raises(Unavailable) as told:
                ask()
            assert told.value.code == "scanner.unavailable"


def test_without_the_setting_nobody_looks(settings: Settings, paper: Path) -> None:
    scanner.check(paper, settings)
    assert Scanner.of(settings) is None
    assert list(Fit(settings)(("light",))) == ["light"]


def test_while_it_is_away_the_first_queue_waits(settings: Settings, tmp_path: Path) -> None:
    away = settings.model_copy(update={"clamd_address": str(tmp_path / "nobody")})
    assert list(Fit(away)(("light", "index", "upkeep"))) == ["index", "upkeep"]
    with answering(tmp_path / "s", b"PONG\0") as found:
        there = settings.model_copy(update={"clamd_address": found.address})
        assert list(Fit(there)(("light", "index"))) == ["light", "index"]
