"""Whether the object store answers and takes bytes, asked so cheaply that it may be asked every few seconds."""

from __future__ import annotations

import os
import tempfile

from archive_service.storage.encrypted import EncryptedStore
from archive_service.storage.files import FileStore, unavailable
from archive_service.storage.store import ObjectStore

#: The sha256 of nothing; no store has to hold it.
_ASKED = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def answers(store: ObjectStore) -> None:
    """Raise Unavailable when the store does not answer, or does not take bytes.

    A server is only asked: where it keeps every version, a probe that wrote would fill it. `doctor` writes once.
    """
    store.exists(_ASKED)
    if isinstance(store, EncryptedStore):
        store.ring.current()
        store = store.inner
    if not isinstance(store, FileStore):
        return
    try:
        with tempfile.TemporaryFile(dir=store.root / "tmp") as file:
            file.write(b"?")
            file.flush()
            os.fsync(file.fileno())
    except OSError as e:
        raise unavailable(e) from e
