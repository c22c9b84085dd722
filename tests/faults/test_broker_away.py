"""A broker that is away, silent or breaks off takes nothing from an upload: the row is there, and it is found."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from archive_service.db.session import Database
from archive_service.jobs import nudge
from archive_service.settings import Settings
from archive_service.storage.files import FileStore
from tests.support import records
from tests.support.faulty_place import ACCOUNT, APPLICATION, FaultyPlace
from tests.support.places import free_port

Answer = Callable[[socket.socket], None]
AMQP, REDIS = "amqp://guest:guest@127.0.0.1:{}//", "redis://127.0.0.1:{}/0"


def say_nothing(caller: socket.socket) -> None:
    """Keep the connection open until the caller gives up."""
    while caller.recv(65536):
        continue


def break_off(caller: socket.socket) -> None:
    """Begin to answer, and hang up."""
    caller.recv(65536)
    caller.sendall(b"\x01\x00")


@contextmanager
def broker(answer: Answer | None) -> Iterator[int]:
    """Give the port of a server that answers every caller the same way; without an answer nobody listens there."""
    door = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                caller = door.accept()[0]
                threading.Thread(target=attend, args=(caller,), daemon=True).start()

    def attend(caller: socket.socket) -> None:
        with caller, suppress(OSError):
            assert answer is not None
            answer(caller)

    if answer is None:
        door.close()
    else:
        threading.Thread(target=serve, daemon=True).start()
    with door:
        yield door.getsockname()[1] if answer else free_port()
        with suppress(OSError):
            door.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        pytest.param(AMQP, None, id="amqp refused"),
        pytest.param(AMQP, say_nothing, id="amqp too late"),
        pytest.param(AMQP, break_off, id="amqp half done"),
        pytest.param(REDIS, None, id="redis refused"),
        pytest.param(REDIS, say_nothing, id="redis too late"),
        pytest.param(REDIS, break_off, id="redis half done"),
    ],
)
def test_a_file_is_taken_in_and_finished_although_nobody_could_be_nudged(
    kind: str,
    answer: Answer | None,
    database: Database,
    store: FileStore,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The sender is not told of it, the next one does not wait again, and the file is filed once."""
    monkeypatch.setattr(nudge, "_quiet_until", 0.0)
    with database.unit_of_work() as session:
        records.case(session, account_no=ACCOUNT, application_no=APPLICATION, account_name="汪雪梅")
    place = FaultyPlace(settings, database, store)
    with broker(answer) as port:
        assert place.take_in().state == "received"
        nudge.nudge(settings.model_copy(update={"broker_url": kind.format(port)}))
        assert nudge._quiet_until > 0
    place.finish()
    assert place.scans() == [("filed", None)]
    place.faulty_database.close()
    place.check()
    place.faulty_database.close()
