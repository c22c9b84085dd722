"""A virus scanner for received files: ClamAV's daemon, spoken to over its socket (INSTREAM).

It is asked before anything else is done with a file. What it could not look at whole is never taken for clean: when it
is away the file waits, and when the file is more than it looks at, a person has to see to it.
Source: clamd(8), section COMMANDS.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from archive_service import logs
from archive_service.errors import Unavailable
from archive_service.settings import Settings
from ingest.errors import refuse

log = logs.get("scanner")
_CHUNK = 256 * 1024
#: Bytes of an answer: one line with the name of a signature.
_MOST_ANSWER = 4096
_PING_S = 3.0
#: What clamd calls a file of which it has looked at a part only; it is a find only by name.
_LIMITS = "Heuristics.Limits.Exceeded"


@dataclass(frozen=True)
class Scanner:
    """Where the scanner listens, and how long one file may take."""

    #: A path, or host:port.
    address: str
    timeout_s: float

    @classmethod
    def of(cls, settings: Settings) -> Scanner | None:
        """Return the scanner that is configured, or none."""
        address = settings.clamd_address.strip()
        return cls(address, settings.clamd_timeout_s) if address else None

    def ping(self) -> None:
        """See that the scanner answers. Raises Unavailable."""
        if self._ask("PING", _PING_S) != "PONG":
            raise away()

    def version(self) -> str:
        """Return what the scanner calls itself, with the state of its signatures. Raises Unavailable."""
        return self._ask("VERSION", _PING_S)[:80]

    def check(self, path: Path) -> None:
        """See that nothing harmful is found in a file.

        Raises FileRefused with the find; Unavailable when the scanner is away or did not look at the whole file.
        """
        with self._connection(self.timeout_s) as line:
            line.sendall(b"zINSTREAM\0")
            try:
                with path.open("rb") as source:
                    while part := source.read(_CHUNK):
                        line.sendall(struct.pack("!L", len(part)) + part)
                line.sendall(struct.pack("!L", 0))
            except (BrokenPipeError, ConnectionResetError):
                # It hangs up when a file is longer than it takes, and has said so before.
                pass
            answer = _answer(line)
        _judge(answer)

    def _ask(self, command: str, timeout_s: float) -> str:
        with self._connection(timeout_s) as line:
            line.sendall(f"z{command}\0".encode())
            return _answer(line)

    @contextmanager
    def _connection(self, timeout_s: float) -> Iterator[socket.socket]:
        try:
            with self._open(timeout_s) as line:
                yield line
        except (OSError, ValueError) as error:
            log.warning("the virus scanner does not answer", fault=type(error).__name__)
            raise away() from error

    def _open(self, timeout_s: float) -> socket.socket:
        if self.address.startswith("/"):
            line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            line.settimeout(timeout_s)
            try:
                line.connect(self.address)
            except OSError:
                line.close()
                raise
            return line
        host, _, port = self.address.rpartition(":")
        line = socket.create_connection((host.strip("[]"), int(port)), timeout=_PING_S)
        line.settimeout(timeout_s)
        return line


def check(path: Path, settings: Settings) -> None:
    """See that the scanner, if one is configured, finds nothing in a file. Raises FileRefused, Unavailable."""
    scanner = Scanner.of(settings)
    if scanner is not None:
        scanner.check(path)


def away() -> Unavailable:
    """Return the fault for a scanner that does not answer; nothing is known of the file."""
    return Unavailable(
        "scanner.unavailable",
        "病毒扫描程序没有回答，文件照常接收，等它恢复后再检查和处理。请管理员检查 clamd 服务和 ARCHIVE_CLAMD_ADDRESS。",
    )


def _partly() -> Unavailable:
    return Unavailable(
        "scanner.limit",
        "文件超过病毒扫描程序的上限，没有查完，不能当作安全。"
        "请管理员调大 clamd 的 StreamMaxLength、MaxFileSize 和 MaxScanSize 后重试。",
    )


def _judge(answer: str) -> None:
    said = answer.removeprefix("stream: ")
    if said == "OK":
        return
    if said.endswith(" FOUND"):
        find = said.removesuffix(" FOUND")
        if find.startswith(_LIMITS):
            raise _partly()
        raise refuse("file.virus", find=find)
    if "size limit exceeded" in said:
        raise _partly()
    log.warning("the virus scanner could not look at a file", answer=said[:200])
    raise away()


def _answer(line: socket.socket) -> str:
    """Return what the scanner says, up to the NUL that ends it. Raises OSError when it says nothing whole."""
    told = b""
    while b"\0" not in told and len(told) < _MOST_ANSWER:
        part = line.recv(_MOST_ANSWER)
        if not part:
            break
        told += part
    text, ended, _ = told.partition(b"\0")
    if not ended:
        raise ConnectionError("the scanner hung up")
    return text.decode("utf-8", "replace").strip()
