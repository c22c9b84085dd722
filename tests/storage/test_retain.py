"""A lock is set, extended, held and read back; what a server only says is no lock."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from archive_service import clock
from archive_service.errors import NotFound, Refused, Unavailable
from archive_service.storage.files import FileStore
from archive_service.storage.lock import prove, prove_files
from archive_service.storage.retain import Kept, keep, look
from archive_service.storage.s3 import S3Store
from tests.support import lock_server
from tests.support.lock_server import Mood


def in_days(days: float) -> datetime:
    return (clock.now() + timedelta(days=days)).replace(microsecond=0)


def locked(store: S3Store, digest: str, until: datetime, *, held: bool = False) -> Kept:
    return keep(store, digest, None, least=until, until=until, held=held)


@pytest.mark.parametrize(
    ("mood", "state", "let"),
    [
        ("good", "enforced", ""),
        ("deletes", "broken", "deleted"),
        ("shortens", "broken", "shortened"),
        ("forgets", "broken", "shortened"),
        ("refuses", "absent", ""),
        ("denies", "absent", ""),
    ],
)
def test_only_a_server_that_was_seen_to_hold_is_proven(mood: Mood, state: str, let: str) -> None:
    """A server that accepts the lock and deletes all the same is found out."""
    with lock_server.running(mood) as server:
        proof = prove(server.store(), now=clock.now())
    assert (proof.state, proof.let) == (state, let)


def test_a_lock_is_extended_and_never_shortened() -> None:
    """A nearer day changes nothing, a later one moves the end; the server is not even asked to shorten."""
    with lock_server.running() as server:
        store = server.store()
        digest = store.put_bytes(b"contract").digest
        first = in_days(100)
        assert locked(store, digest, first).until == first
        assert locked(store, digest, in_days(10)).until == first
        assert server.asked == ["retention"]
        later = in_days(200)
        assert locked(store, digest, later).until == later
        with pytest.raises(Refused):
            store.remove_for_good(digest)


def test_a_hold_goes_on_and_off_without_touching_the_day() -> None:
    """The hold alone keeps an object whose day has come."""
    with lock_server.running() as server:
        store = server.store()
        digest = store.put_bytes(b"contract").digest
        kept = keep(store, digest, None, least=None, until=None, held=True)
        assert (kept.until, kept.held) == (None, True)
        with pytest.raises(Refused):
            store.remove_for_good(digest)
        assert not keep(store, digest, kept.version, least=None, until=None, held=False).held
        store.remove_for_good(digest)
        assert not store.exists(digest)


@pytest.mark.parametrize(("mood", "code"), [("denies", "store.lock-refused"), ("forgets", "store.lock-short")])
def test_what_the_server_does_not_keep_is_refused(mood: Mood, code: str) -> None:
    """Whether it says no, or yes and forgets."""
    with lock_server.running(mood) as server:
        store = server.store()
        digest = store.put_bytes(b"contract").digest
        with pytest.raises(Refused) as caught:
            locked(store, digest, in_days(100))
    assert caught.value.code == code


def test_what_is_missing_and_who_is_away_is_told_apart() -> None:
    """A missing object is damage, a server that is away is asked again."""
    with lock_server.running() as server:
        store = server.store()
        with pytest.raises(NotFound):
            look(store, "0" * 64)
    with pytest.raises(Unavailable):
        look(store, "0" * 64)


def test_files_are_read_only_and_looked_at_on_each_read(store: FileStore) -> None:
    """The self-test leaves nothing behind, and its own file is no object."""
    assert prove_files(store).state == "checked"
    assert list(store.digests()) == []
    assert list((store.root / "tmp").iterdir()) == []
