"""The object store on any S3 server, through the MinIO SDK.

Objects stand under `objects/<digest>`. The digest is taken while the bytes go to a local temporary file, then the
object is sent once with its size known; a name that is there already holds the same bytes and is left alone.
"""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import urllib3
from minio import Minio
from minio.error import InvalidResponseError, MinioException, S3Error

from archive_service.errors import Unavailable
from archive_service.storage.store import CHUNK, Readable, Stored, copy_checked, damaged, missing

T = TypeVar("T")
_GONE = {"NoSuchKey", "NoSuchObject", "NotFound"}
_PREFIX = "objects/"


class S3Store:
    """Objects in one bucket of an S3 server."""

    def __init__(
        self, *, endpoint: str, access_key: str, secret_key: str, bucket: str, secure: bool, timeout_s: float
    ) -> None:
        pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=min(5, timeout_s), read=timeout_s),
            retries=urllib3.Retry(total=3, backoff_factor=0.3, status_forcelist=(500, 502, 503, 504)),
        )
        self._client = Minio(endpoint, access_key=access_key, secret_key=secret_key, secure=secure, http_client=pool)
        self._bucket = bucket

    def prepare(self) -> None:
        """Make the bucket when it is not there."""
        if not self._call(lambda: self._client.bucket_exists(self._bucket)):
            self._call(lambda: self._client.make_bucket(self._bucket))

    def put(self, source: Readable) -> Stored:
        """Store all of `source` durably before returning."""
        seen, size = hashlib.sha256(), 0
        with tempfile.TemporaryFile() as spool:
            while chunk := source.read(CHUNK):
                seen.update(chunk)
                size += len(chunk)
                spool.write(chunk)
            digest = seen.hexdigest()
            if self.exists(digest):
                return Stored(digest, size, new=False)
            spool.seek(0)
            self._call(lambda: self._client.put_object(self._bucket, _PREFIX + digest, spool, size))
        return Stored(digest, size, new=True)

    def put_bytes(self, data: bytes) -> Stored:
        """Store `data` durably before returning."""
        return self.put(io.BytesIO(data))

    def open(self, digest: str) -> BinaryIO:
        """Open the bytes for reading."""
        return io.BytesIO(self._get(digest))

    def read(self, digest: str) -> bytes:
        """Return the bytes after checking them."""
        data = self._get(digest)
        if hashlib.sha256(data).hexdigest() != digest:
            raise damaged(digest)
        return data

    def fetch(self, digest: str, to: Path) -> None:
        """Copy the bytes to the file `to`, checking them on the way."""
        copy_checked(self.open(digest), digest, to)

    def exists(self, digest: str) -> bool:
        """Say whether the store holds bytes under `digest`."""
        try:
            self._call(lambda: self._client.stat_object(self._bucket, _PREFIX + digest))
        except S3Error as e:
            if e.code in _GONE:
                return False
            raise
        return True

    def digests(self) -> Iterator[str]:
        """Yield the digest of every object."""
        for found in self._client.list_objects(self._bucket, prefix=_PREFIX, recursive=True):
            yield str(found.object_name).removeprefix(_PREFIX)

    def _get(self, digest: str) -> bytes:
        try:
            answer: Any = self._call(lambda: self._client.get_object(self._bucket, _PREFIX + digest))
        except S3Error as e:
            if e.code in _GONE:
                raise missing(digest) from e
            raise
        try:
            return bytes(answer.read())
        finally:
            answer.close()
            answer.release_conn()

    def _call(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except S3Error as e:
            if e.code in _GONE:
                raise
            raise _unreachable() from e
        except (InvalidResponseError, MinioException, urllib3.exceptions.HTTPError, OSError) as e:
            raise _unreachable() from e


def _unreachable() -> Unavailable:
    return Unavailable("store.unavailable", "对象存储暂时无法访问，本次内容没有保存。请检查存储服务后重试。")
