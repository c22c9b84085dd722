"""Open the object stores that the settings name."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from pydantic import SecretStr

from archive_service.errors import Invalid, Unavailable
from archive_service.settings import Settings
from archive_service.storage.encrypted import EncryptedStore
from archive_service.storage.files import FileStore, unavailable
from archive_service.storage.key_ring import KeyRing
from archive_service.storage.places import Stores
from archive_service.storage.store import ObjectStore

#: Envelopes that are looked at when a store is opened.
_LOOKED_AT = 5
#: How a second store in a bucket is written.
_S3 = "s3://"


def open_store(settings: Settings) -> ObjectStore:
    """Return the object store; raises Invalid when S3 is chosen without an address, Unavailable without its keys."""
    return _sealed(settings, _open_bare(settings), "envelopes")


def open_second(settings: Settings) -> ObjectStore | None:
    """Return the store of second copies; none when there is none. Raises Invalid, Unavailable."""
    if not settings.second_store:
        return None
    if settings.second_store.startswith(_S3):
        return _sealed(settings, _second_bucket(settings), "envelopes-second")
    folder = Path(settings.second_store)
    if folder.resolve() == (settings.home / "objects").resolve():
        raise Invalid("settings.second-store", "第二存储不能与主存储是同一个文件夹。请修改 ARCHIVE_SECOND_STORE。")
    try:
        return _sealed(settings, FileStore(folder, reserve_bytes=settings.disk_reserve_mb * 2**20), "envelopes-second")
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
    _check_ring(sealed)
    return sealed


def _check_ring(sealed: EncryptedStore) -> None:
    """Refuse a key file that opens none of some objects: what is stored under it would be lost with the right one."""
    some = (sealed.envelope(digest, strict=False) for digest in islice(sealed.enclosed(), _LOOKED_AT))
    used = {envelope.key_id for envelope in some if envelope is not None}
    if not used:
        return
    keys = sealed.ring.keys()
    if used.isdisjoint(one.id for one in keys):
        raise Unavailable(
            "key.another",
            "加密存储的密钥文件不是这个档案库的，已加密的内容打不开，没有启动，以免新内容用错密钥。"
            "请从保管处取回原来的密钥文件后重试。",
        )


def _open_bare(settings: Settings) -> ObjectStore:
    if settings.store == "files":
        return FileStore(settings.home / "objects", reserve_bytes=settings.disk_reserve_mb * 2**20)
    if not settings.s3_endpoint:
        raise Invalid("settings.s3", "选择了 S3 存储，但没有给出地址。请设置 ARCHIVE_S3_ENDPOINT。")
    return _bucket(
        settings.s3_endpoint,
        settings.s3_bucket,
        keys=(settings.s3_access_key, settings.s3_secret_key),
        secure=settings.s3_secure,
        timeout_s=settings.s3_timeout_s,
        region=settings.s3_region,
    )


def _second_bucket(settings: Settings) -> ObjectStore:
    bucket = settings.second_store.removeprefix(_S3).strip("/")
    if not settings.second_s3_endpoint or not bucket or "/" in bucket:
        raise Invalid(
            "settings.second-address",
            "第二存储设成了 S3，但存储桶或地址不全。请把 ARCHIVE_SECOND_STORE 写成 s3://存储桶，"
            "并设置 ARCHIVE_SECOND_S3_ENDPOINT。",
        )
    if settings.store == "s3" and (settings.s3_endpoint, settings.s3_bucket) == (settings.second_s3_endpoint, bucket):
        raise Invalid("settings.second-bucket", "第二存储不能与主存储是同一个存储桶。请修改 ARCHIVE_SECOND_STORE。")
    return _bucket(
        settings.second_s3_endpoint,
        bucket,
        keys=(settings.second_s3_access_key, settings.second_s3_secret_key),
        secure=settings.second_s3_secure,
        timeout_s=settings.s3_timeout_s,
        region=settings.second_s3_region,
    )


def _bucket(
    endpoint: str, bucket: str, *, keys: tuple[SecretStr, SecretStr], secure: bool, timeout_s: float, region: str
) -> ObjectStore:
    # The SDK takes a while to load, and most archives keep files.
    from archive_service.storage.s3 import S3Store

    access, secret = (one.get_secret_value() for one in keys)
    store = S3Store(
        endpoint=endpoint, access_key=access, secret_key=secret, bucket=bucket, secure=secure, timeout_s=timeout_s,
        region=region,
    )  # fmt: skip
    store.prepare()
    return store
