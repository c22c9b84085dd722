"""The object lock of an S3 server, proven instead of believed.

Servers exist that accept the lock and then delete. So a small object is written and locked for a minute, and then we
try what must fail: to delete it and to shorten its lock. Only what is still there afterwards is locked.
"""

from __future__ import annotations

import io
import secrets
import stat
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Literal

from minio.commonconfig import COMPLIANCE
from minio.error import S3Error
from minio.retention import Retention

from archive_service.errors import Damaged, Unavailable
from archive_service.storage.files import FileStore, unavailable
from archive_service.storage.s3 import S3Store
from archive_service.storage.s3_pool import FAULTS

_PREFIX = "lock-test/"
#: How long the test object stays locked; the next test removes it.
_LOCKED = timedelta(seconds=60)


@dataclass(frozen=True)
class LockProof:
    """What the self-test found."""

    #: enforced: held against all we tried · broken: accepted but not kept · absent: the bucket has no object lock ·
    #: checked: files that nobody may write to, and that are looked at on each read; there is no lock.
    state: Literal["enforced", "broken", "absent", "checked"]
    #: What was let happen: accepted, deleted, shortened ; of files writable or unnoticed; empty when it held.
    let: str = ""


def prove(store: S3Store, *, now: datetime) -> LockProof:
    """Lock a test object and try to get rid of it.

    Raises Unavailable when the server does not answer, or not in a way that can be understood.
    """
    try:
        return _prove(store, now=now)
    except FAULTS as e:
        raise Unavailable("store.lock-test", "对象锁自检没有完成：存储服务的回答无法识别。请稍后重试。") from e


def _prove(store: S3Store, *, now: datetime) -> LockProof:
    if store.client.bucket_exists(store.bucket) is False:
        raise Unavailable("store.no-bucket", "对象存储中没有配置的存储桶。请核对 ARCHIVE_S3_BUCKET。")
    _remove_old(store)
    name = f"{_PREFIX}{now:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
    body = b"archive-service lock test\n"
    version = store.client.put_object(store.bucket, name, io.BytesIO(body), len(body)).version_id
    until = now + _LOCKED
    # The lock is set after the put: over plain HTTP the SDK sends no checksum with lock headers, and strict servers
    # refuse that.
    locked = _worked(
        lambda: store.client.set_object_retention(store.bucket, name, Retention(COMPLIANCE, until), version_id=version)
    )
    if not locked:
        _worked(lambda: store.client.remove_object(store.bucket, name, version_id=version))
        return LockProof("absent")
    sooner = Retention(COMPLIANCE, now + _LOCKED / 4)
    if _worked(lambda: store.client.set_object_retention(store.bucket, name, sooner, version_id=version)):
        return LockProof("broken", "shortened")
    refused = not _worked(lambda: store.client.remove_object(store.bucket, name, version_id=version))
    if not _worked(lambda: store.client.stat_object(store.bucket, name, version_id=version)):
        return LockProof("broken", "deleted")
    return LockProof("enforced") if refused else LockProof("broken", "accepted")


def prove_files(store: FileStore) -> LockProof:
    """Write a file as the store writes objects, then alter it: it must be read-only, and the change seen on reading.

    Raises Unavailable when the disk does not take it.
    """
    try:
        with tempfile.TemporaryDirectory(dir=store.root / "tmp") as folder:
            trial = FileStore(Path(folder))
            digest = trial.put_bytes(b"archive-service lock test\n").digest
            (path,) = [one for one in Path(folder).rglob(digest) if one.is_file()]
            if path.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
                return LockProof("broken", "writable")
            path.chmod(0o600)
            path.write_bytes(b"archive-service lock tesT\n")
            try:
                trial.read(digest)
            except Damaged:
                return LockProof("checked")
    except OSError as e:
        raise unavailable(e) from e
    return LockProof("broken", "unnoticed")


def _worked(call: Callable[[], object]) -> bool:
    """Say whether the server did it."""
    try:
        call()
    except S3Error:
        return False
    return True


def _remove_old(store: S3Store) -> None:
    """Remove the objects of earlier tests whose locks have ended; the server keeps the others."""
    try:
        for old in store.client.list_objects(store.bucket, prefix=_PREFIX, include_version=True):
            _worked(partial(store.client.remove_object, store.bucket, str(old.object_name), old.version_id))
    except S3Error:
        # A server without versions cannot list them, and keeps no lock either.
        return
