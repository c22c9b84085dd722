"""Open the object store that the settings name."""

from __future__ import annotations

from archive_service.errors import Invalid
from archive_service.settings import Settings
from archive_service.storage.files import FileStore
from archive_service.storage.store import ObjectStore


def open_store(settings: Settings) -> ObjectStore:
    """Return the object store; raises Invalid when S3 is chosen without an address."""
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
