"""Open the object stores that the settings name."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from archive_service.errors import Invalid, Unavailable
from archive_service.settings import Settings
from archive_service.storage.encrypted import EncryptedStore
from archive_service.storage.files import FileStore, unavailable
from archive_service.storage.key_ring import KeyRing
from archive_service.storage.places import Stores
from archive_service.storage.store import ObjectStore


def open_store(settings: Settings) -> ObjectStore:
    """Return the object store; raises Invalid when S3 is chosen without an address, Unavailable without its keys."""
    return _sealed(settings, _open_bare(settings), "envelopes")


def open_second(settings: Settings) -> ObjectStore | None:
    """Return the store of second copies; none when there is none. Raises Invalid, Unavailable."""
    if not settings.second_store:
        return None
    folder = Path(settings.second_store)
    if folder.resolve() == (settings.home / "objects").resolve():
        raise Invalid("settings.second-store", "第二存储不能与主存储是同一个文件夹。请修改 ARCHIVE_SECOND_STORE。")
    try:
        return _sealed(settings, FileStore(folder), "envelopes-second")
    except OSError as e:
        raise unavailable(e) from e


def open_stores(settings: Settings, first: ObjectStore | None = None) -> Stores:
    """Return all places in which objects are kept; `first` when it is open already. Raises Invalid, Unavailable."""
    return Stores(open_store(settings) if first is None else first, open_second(settings), settings.home / "quarantine")


def bare(store: ObjectStore) -> ObjectStore:
    """Return the store that holds the bytes, sealed or not."""
    return store.inner if isinstance(store, EncryptedStore) else store


def _sealed(settings: Settings, store: ObjectStore, name: str) -> ObjectStore:
    if not settings.encryption_key_file:
        return store
    ring, envelopes = KeyRing(Path(settings.encryption_key_file)), settings.home / name
    sealed = EncryptedStore(store, ring, envelopes)
    if not ring.path.exists():
        if next(sealed.enclosed(), None) is not None:
            raise Unavailable(
                "key.missing", "加密存储的密钥文件不见了，已加密的内容无法读取。请从保管处取回密钥文件后重试。"
            )
        ring.add(now=datetime.now(UTC))
    return sealed


def _open_bare(settings: Settings) -> ObjectStore:
    if settings.store == "files":
        return FileStore(settings.home / "objects")
    if not settings.s3_endpoint:
        raise Invalid("settings.s3", "选择了 S3 存储，但没有给出地址。请设置 ARCHIVE_S3_ENDPOINT。")
    # The SDK takes a while to load, and most archives keep files.
    from archive_service.storage.s3 import S3Store

    store = S3Store(
        endpoint=settings.s3_endpoint,
        access_key=settings.s3_access_key.get_secret_value(),
        secret_key=settings.s3_secret_key.get_secret_value(),
        bucket=settings.s3_bucket,
        secure=settings.s3_secure,
        timeout_s=settings.s3_timeout_s,
        region=settings.s3_region,
    )
    store.prepare()
    return store
