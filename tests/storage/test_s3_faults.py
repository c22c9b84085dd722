"""An S3 server that is away, refuses, or breaks off is said to be so, in one of few words."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from archive_service.errors import Damaged, Refused, Unavailable
from archive_service.storage import retain
from archive_service.storage.lock import prove
from archive_service.storage.locked import put_locked
from archive_service.storage.s3 import S3Store

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
DIGEST = hashlib.sha256(b"contract").hexdigest()


def store_at(endpoint: str) -> S3Store:
    return S3Store(endpoint=endpoint, access_key="a", secret_key="b" * 8, bucket="archive", secure=False, timeout_s=2)


@contextmanager
def server(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """Give the address of a server that answers every request the same way."""

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer(self)
            self.close_connection = True

        do_GET = do_HEAD = do_PUT = do_DELETE = handle_any  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"127.0.0.1:{running.server_port}"
    finally:
        running.shutdown()
        running.server_close()
        thread.join()


def say(status: int, body: bytes = b"", kind: str = "application/xml") -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(body)

    return answer


def error(code: str) -> bytes:
    return f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>m</Message></Error>".encode()


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(Unavailable) as caught:
        call()
    return caught.value.code


def test_a_server_that_is_away_is_unavailable() -> None:
    """Nobody listens there: putting, reading and asking all say so, and are worth trying again."""
    with server(say(200)) as endpoint:
        pass
    assert code_of(lambda: store_at(endpoint).put_bytes(b"x")) == "store.unavailable"
    assert code_of(lambda: store_at(endpoint).read(DIGEST)) == "store.unavailable"


@pytest.mark.parametrize(
    ("status", "said", "code"),
    [
        (403, error("AccessDenied"), "store.denied"),
        (403, error("InvalidAccessKeyId"), "store.denied"),
        (403, error("RequestTimeTooSkewed"), "store.clock"),
        (404, error("NoSuchBucket"), "store.no-bucket"),
        (507, error("XMinioStorageFull"), "store.full"),
        (400, b"<html>proxy</html>", "store.unavailable"),
    ],
)
def test_a_refusal_is_told_apart_from_an_absence(status: int, said: bytes, code: str) -> None:
    """Keys, clock, bucket and space are each somebody else's to put right."""
    kind = "text/html" if said.startswith(b"<html") else "application/xml"
    with server(say(status, said, kind)) as endpoint:
        assert code_of(lambda: store_at(endpoint).read(DIGEST)) == code


def test_an_answer_that_breaks_off_is_never_taken_for_the_object(tmp_path: Path) -> None:
    """The connection ends in the middle of the body: reading fails, and copying leaves no file that looks whole."""

    def torn(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "8")
        request.end_headers()
        request.wfile.write(b"cont")

    with server(torn) as endpoint:
        assert code_of(lambda: store_at(endpoint).read(DIGEST)) == "store.unavailable"
        assert code_of(lambda: store_at(endpoint).fetch(DIGEST, tmp_path / "copy")) == "store.unavailable"
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("said", [b"", b"<ok/>", b"yes", b"<html>proxy</html>"])
def test_a_server_that_says_yes_to_everything_keeps_nothing_and_is_believed_nothing(said: bytes) -> None:
    """Putting is not acknowledged, reading is damage, no lock counts, nothing counts as removed: each in its words."""
    until = NOW + timedelta(days=100)
    with server(say(200, said)) as endpoint:
        store = store_at(endpoint)
        store.prepare()
        with pytest.raises(Damaged):
            store.put_bytes(b"a contract of some length, which is not what the server has")
        with pytest.raises(Damaged):
            store.read(DIGEST)
        assert code_of(lambda: list(store.digests())) == "store.unavailable"
        assert code_of(lambda: store.remove_for_good(DIGEST)) == "store.unavailable"
        assert code_of(lambda: prove(store, now=NOW)) == "store.lock-test"
        with pytest.raises((Refused, Unavailable)):
            retain.keep(store, DIGEST, None, least=until, until=until, held=True)
        with pytest.raises(Unavailable):
            put_locked(store, "checkpoints/1", b"checkpoint", until=until)
