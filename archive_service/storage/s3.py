"""The object store on any S3 server, through the MinIO SDK.

Objects stand under `objects/<digest>`. The digest is taken while the bytes go to a local temporary file, then the
object is sent with its size known, in parts when it is large; a name that is there already holds the same bytes and is
left alone. Each request carries a checksum of its body, and bytes read back are checked against their digest.
"""

from __future__ import annotations

import errno
import hashlib
import io
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO, Any, BinaryIO, TypeVar, cast

import urllib3
from minio import Minio
from minio.error import S3Error

from archive_service.errors import Refused, Unavailable
from archive_service.storage.s3_pool import FAULTS, PREFIX, WriteOnce
from archive_service.storage.store import CHUNK, Readable, Stored, copy_checked, damaged, missing, read_checked

T = TypeVar("T")
#: Up to this size bytes wait in memory, not on disk, until their digest is known.
_SMALL = 4 * CHUNK
_GONE = {"NoSuchKey", "NoSuchObject", "NotFound"}
_THERE = {"PreconditionFailed", "ConditionalRequestConflict"}
#: What servers say that were made before puts could have conditions.
_NO_CONDITIONS = {"NotImplemented", "MethodNotAllowed"}
_MINE = {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}
_DENIED = {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "AccountProblem"}
_MAY_NOT_REMOVE = {"AccessDenied", "ObjectLocked", "InvalidRequest"}
_FULL = {"QuotaExceeded", "XMinioStorageFull", "StorageFull", "InsufficientStorage"}


class S3Store:
    """Objects in one bucket of an S3 server."""

    def __init__(
        self,
        *,
        endpoint: str,
        access_key: str,
        secret_key: str,
        bucket: str,
        secure: bool,
        timeout_s: float,
        region: str = "us-east-1",
    ) -> None:
        self._pool = WriteOnce(
            maxsize=40,
            timeout=urllib3.Timeout(connect=min(5, timeout_s), read=timeout_s),
            retries=urllib3.Retry(total=3, backoff_factor=0.3, status_forcelist=(500, 502, 503, 504)),
        )
        #: For the proof of the object lock, which asks for more than keeping objects.
        self.client = Minio(
            endpoint,
            access_key=access_key,
            secret_key=secret_key,
            region=region,
            secure=secure,
            http_client=self._pool,
        )
        self.bucket = bucket

    def prepare(self) -> None:
        """Make the bucket when it is not there; with an object lock where the server takes it, as later it cannot."""
        if self._call(lambda: self.client.bucket_exists(self.bucket)):
            return
        for lock in (True, False):
            try:
                self.client.make_bucket(self.bucket, object_lock=lock)
            except S3Error as e:
                if e.code in _MINE:
                    return
                if not lock:
                    raise unavailable(e) from e
            except FAULTS as e:
                if not lock:
                    raise unavailable(e) from e
            else:
                return

    def put(self, source: Readable) -> Stored:
        """Store all of `source` durably before returning."""
        seen, size = hashlib.sha256(), 0
        with tempfile.SpooledTemporaryFile(max_size=_SMALL) as spool:
            try:
                while chunk := source.read(CHUNK):
                    seen.update(chunk)
                    size += len(chunk)
                    spool.write(chunk)
            except OSError as e:
                raise unavailable(e) from e
            return self._send(cast(IO[bytes], spool), seen.hexdigest(), size)

    def put_bytes(self, data: bytes) -> Stored:
        """Store `data` durably before returning."""
        return self._send(io.BytesIO(data), hashlib.sha256(data).hexdigest(), len(data))

    def open(self, digest: str) -> BinaryIO:
        """Open the bytes for reading, as they come from the server."""
        try:
            answer: Any = self._call(lambda: self.client.get_object(self.bucket, PREFIX + digest))
        except S3Error as e:
            raise missing(digest) from e
        return io.BufferedReader(_Body(answer), CHUNK)

    def read(self, digest: str) -> bytes:
        """Return the bytes after checking them."""
        with self.open(digest) as source:
            return read_checked(source, digest)

    def fetch(self, digest: str, to: Path) -> None:
        """Copy the bytes to the file `to`, checking them on the way."""
        with self.open(digest) as source:
            copy_checked(source, digest, to)

    def exists(self, digest: str) -> bool:
        """Say whether the store holds bytes under `digest`."""
        return self._size(digest) is not None

    def digests(self) -> Iterator[str]:
        """Yield the digest of every object."""
        found = self.client.list_objects(self.bucket, prefix=PREFIX, recursive=True)
        while (one := self._call(lambda: next(found, None))) is not None:
            yield str(one.object_name).removeprefix(PREFIX)

    def remove_for_good(self, digest: str) -> None:
        """Take out every version of the object: without that a deletion only hides it in a bucket with versions."""
        name = PREFIX + digest
        versions = self._call(lambda: self._versions(name))
        for version in versions:
            try:
                self._call(partial(self.client.remove_object, self.bucket, name, version_id=version))
            except S3Error:
                # Somebody else was faster.
                continue
            except Unavailable as e:
                # A lock is answered like a right that is lacking.
                if e.facts.get("answer") not in _MAY_NOT_REMOVE or not self.exists(digest):
                    raise
                raise _still_held(digest) from e
        if self.exists(digest):
            raise _still_held(digest)

    def _versions(self, name: str) -> list[str | None]:
        """Return the versions of an object; where the server knows of none, one that has no name."""
        try:
            found = self.client.list_objects(self.bucket, prefix=name, recursive=True, include_version=True)
            return [one.version_id for one in found if one.object_name == name]
        except S3Error as e:
            if e.code != "NotImplemented":
                raise
            return [None]

    def mend(self, digest: str, source: Readable, aside: Path) -> None:
        """Put good bytes in the place of bad ones, which are copied to the folder `aside` before.

        Where the bucket has versions the bad bytes stay as an older one; stopped in between, the name is missing.
        """
        with tempfile.SpooledTemporaryFile(max_size=_SMALL) as spool:
            seen = hashlib.sha256()
            while chunk := source.read(CHUNK):
                seen.update(chunk)
                spool.write(chunk)
            if seen.hexdigest() != digest:
                raise damaged(digest)
            if self.exists(digest):
                aside.mkdir(parents=True, exist_ok=True)
                with self.open(digest) as bad, (aside / digest).open("wb") as target:
                    while chunk := bad.read(CHUNK):
                        target.write(chunk)
                self._call(lambda: self.client.remove_object(self.bucket, PREFIX + digest))
            self._send_new(cast(IO[bytes], spool), digest, spool.tell())

    def _send(self, source: IO[bytes], digest: str, size: int) -> Stored:
        """Send bytes whose name and size are known, unless the name is there.

        Raises Damaged when there are more bytes under it, or fewer: what is handed in now would be taken for kept.
        """
        there = self._size(digest)
        if there is None:
            return self._send_new(source, digest, size)
        if there != size:
            raise damaged(digest)
        return Stored(digest, size, new=False)

    def _size(self, digest: str) -> int | None:
        """Return the size of an object as the server says it, none for one that is not there."""
        try:
            return self._call(lambda: self.client.stat_object(self.bucket, PREFIX + digest)).size or 0
        except S3Error:
            return None

    def _send_new(self, source: IO[bytes], digest: str, size: int) -> Stored:
        def put() -> None:
            source.seek(0)
            self.client.put_object(self.bucket, PREFIX + digest, cast(BinaryIO, source), size)

        try:
            put()
        except S3Error as e:
            if e.code in _THERE:
                # Someone stored the same bytes between our look and our put.
                return Stored(digest, size, new=False)
            if e.code not in _NO_CONDITIONS or not self._pool.conditional:
                raise unavailable(e) from e
            self._pool.conditional = False
            self._call(put)
        except FAULTS as e:
            raise unavailable(e) from e
        return Stored(digest, size, new=True)

    def _call(self, call: Callable[[], T]) -> T:
        """Call the server; an S3Error that comes out says that the object is not there, all else is Unavailable."""
        try:
            return call()
        except S3Error as e:
            if e.code in _GONE:
                raise
            raise unavailable(e) from e
        except FAULTS as e:
            raise unavailable(e) from e


class _Body(io.RawIOBase):
    """The body of an answer; a connection that breaks while it is read is a store that is unavailable."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer with the next bytes; return how many, none at the end."""
        try:
            data = self._answer.read(len(buffer))
        except (urllib3.exceptions.HTTPError, OSError) as e:
            raise unavailable(e) from e
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Give the connection back."""
        if not self.closed:
            self._answer.close()
            self._answer.release_conn()
        super().close()


def key_of(digest: str) -> str:
    """Return what an object is called in the bucket."""
    return PREFIX + digest


def _still_held(digest: str) -> Refused:
    return Refused(
        "store.locked",
        "对象存储没有删除这份内容，它可能还在锁定期内，或冻结没有解除。请核对对象锁的保留期限和密钥的删除权限，到期后重试这个任务。",
        digest=digest,
    )


def unavailable(error: Exception) -> Unavailable:
    """Return what is said of a failure: who has to do something, and that nothing half stored is left."""
    code = error.code if isinstance(error, S3Error) else ""
    if code in _DENIED:
        return Unavailable(
            "store.denied", "对象存储拒绝了访问，本次内容没有保存。请核对访问密钥及其对存储桶的权限。", answer=code
        )
    if code == "NoSuchBucket":
        return Unavailable("store.no-bucket", "对象存储中没有配置的存储桶。请核对 ARCHIVE_S3_BUCKET。", answer=code)
    if code == "RequestTimeTooSkewed":
        return Unavailable("store.clock", "本机与对象存储的时钟相差过大。请校准时间后重试。", answer=code)
    if code in _FULL or (isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)):
        return Unavailable("store.full", "存储空间已满，本次内容没有保存。请腾出空间后重新提交。", answer=code)
    return Unavailable(
        "store.unavailable", "对象存储暂时无法访问，本次内容没有保存。请检查存储服务后重试。", answer=code
    )
