"""The object lock is believed only where it was seen to hold."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest

from archive_service import clock
from archive_service.errors import Damaged, Refused, Unavailable
from archive_service.storage.lock import prove
from archive_service.storage.locked import put_locked
from archive_service.storage.retain import keep, look
from archive_service.storage.s3 import S3Store
from tests.support import s3_servers

#: What is known of each server; one that is not named here must hold.
KNOWN = {"rclone": "broken"}


@pytest.fixture(params=s3_servers.PARAMS)
def server(request: pytest.FixtureRequest) -> str:
    """The name of each server whose address is given."""
    name: str = request.param
    s3_servers.open_store(name)
    return name


def test_the_lock_of_a_server_is_proven_or_disproven(server: str) -> None:
    """Twice, because the second test clears up after the first."""
    store = s3_servers.open_store(server)
    for _ in range(2):
        proof = prove(store, now=clock.now())
        assert proof.state == KNOWN.get(server, "enforced")
        assert (proof.let == "") == (proof.state == "enforced")


def test_a_bucket_without_a_lock_is_not_taken_for_a_locked_one(server: str) -> None:
    """Whatever the server could do, this bucket keeps nothing from being deleted."""
    store = s3_servers.open_store(server)
    store.bucket += "-plain"
    store.client.make_bucket(store.bucket)
    assert prove(store, now=clock.now()).state == KNOWN.get(server, "absent")


def test_the_test_of_the_lock_leaves_the_archive_as_it_was(server: str) -> None:
    """Its object is none of the archive's."""
    store = s3_servers.open_store(server)
    digest = store.put_bytes(b"x").digest
    prove(store, now=clock.now())
    assert list(store.digests()) == [digest]


def test_the_lock_of_an_object_is_set_extended_and_held(server: str) -> None:
    """As the archive asks for it: never shortened, held on and off, and the bytes stay; or it is said not to be so."""
    store = s3_servers.open_store(server)
    digest = store.put_bytes(b"contract").digest
    until = (clock.now() + timedelta(seconds=40)).replace(microsecond=0)
    if server in KNOWN:
        # It says yes and keeps nothing.
        with pytest.raises(Refused):
            keep(store, digest, None, least=until, until=until, held=False)
        return
    assert look(store, digest).until is None
    kept = keep(store, digest, None, least=until, until=until, held=True)
    assert (kept.until, kept.held) == (until, True)
    sooner = until - timedelta(seconds=20)
    assert keep(store, digest, kept.version, least=sooner, until=sooner, held=True) == kept
    with pytest.raises(Refused) as caught:
        store.remove_for_good(digest)
    assert caught.value.code == "store.locked"
    longer = until + timedelta(seconds=1)
    freed = keep(store, digest, kept.version, least=longer, until=longer, held=False)
    assert (freed.until, freed.held) == (longer, False)
    with pytest.raises(Refused):
        store.remove_for_good(digest)
    assert store.read(digest) == b"contract"


def test_a_checkpoint_is_put_and_locked_or_said_not_to_be(server: str) -> None:
    """The same bytes again are well, other bytes under the name are damage."""
    store, until = s3_servers.open_store(server), clock.now() + timedelta(seconds=20)
    if server in KNOWN:
        with pytest.raises(Unavailable):
            put_locked(store, "checkpoints/1.txt", b"one", until=until)
        return
    for _ in range(2):
        put_locked(store, "checkpoints/1.txt", b"one", until=until)
    with pytest.raises(Damaged):
        put_locked(store, "checkpoints/1.txt", b"two", until=until)


def test_a_name_that_is_there_is_never_written_again(server: str) -> None:
    """On a server that knows conditions the second of two writers who both saw nothing there is told so.

    In a bucket without versions: where there are versions, some servers add one, and the first stays too.
    """
    store = s3_servers.open_store(server)
    store.bucket += "-plain"
    store.client.make_bucket(store.bucket)
    digest = store.put_bytes(b"contract").digest
    again = store._send_new(io.BytesIO(b"contract"), digest, 8)
    assert again.new is (server == "rclone")
    assert store.read(digest) == b"contract"


def test_altered_bytes_on_the_server_are_damage(server: str) -> None:
    """Whoever reaches the bucket past the archive is found out on reading."""
    store = s3_servers.open_store(server)
    digest = store.put_bytes(b"contract").digest
    other: S3Store = s3_servers.open_store(server, bucket=store.bucket)
    other._pool.conditional = False
    other.client.put_object(other.bucket, f"objects/{digest}", io.BytesIO(b"contracT"), 8)
    with pytest.raises(Damaged):
        store.read(digest)


def test_a_wrong_key_is_said_to_be_one(server: str) -> None:
    """The operator is told to look at the keys, not at the network."""
    store = s3_servers.open_store(server, secret_key="not-the-secret")
    for call in (store.prepare, lambda: store.put_bytes(b"x")):
        with pytest.raises(Unavailable) as caught:
            call()
        assert caught.value.code == "store.denied"
