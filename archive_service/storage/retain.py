"""The lock of one object in a bucket: set, extended, held and always read back; never shortened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from xml.etree import ElementTree

from minio.commonconfig import COMPLIANCE
from minio.error import S3Error
from minio.retention import Retention

from archive_service.errors import NotFound, Refused
from archive_service.storage.choose import bare
from archive_service.storage.encrypted import EncryptedStore
from archive_service.storage.lock_rows import Said
from archive_service.storage.places import Stores
from archive_service.storage.s3 import S3Store, key_of, unavailable
from archive_service.storage.s3_pool import FAULTS
from archive_service.storage.store import ObjectStore, missing

T = TypeVar("T")
_GONE = {"NoSuchKey", "NoSuchObject", "NoSuchVersion", "NotFound"}
#: What a server says of a request that it cannot answer now, whatever the object is.
_PASSING = {
    "InternalError", "ServiceUnavailable", "SlowDown", "RequestTimeout", "RequestTimeTooSkewed", "NoSuchBucket",
    "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken",
}  # fmt: skip
#: What servers say of an object on which nothing was ever set; the SDK knows the first.
_UNSET = {"NoSuchObjectLockConfiguration", "ObjectLockConfigurationNotFoundError"}
#: Servers keep whole seconds.
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Kept:
    """How an object is locked, as its store says: which version, until when, and whether a legal hold is on it."""

    version: str | None
    until: datetime | None
    held: bool


@dataclass(frozen=True)
class Place:
    """A store that knows locks: its name among the stores, its bucket, and what says how objects are called in it."""

    name: str
    bucket: S3Store
    store: ObjectStore

    def object_name(self, digest: str) -> str:
        """Return what the bucket calls an object: the digest of its sealed bytes where it is encrypted."""
        if not isinstance(self.store, EncryptedStore):
            return digest
        envelope = self.store.envelope(digest, strict=False)
        return envelope.cipher if envelope else digest


def look(bucket: S3Store, name: str, version: str | None = None) -> Kept:
    """Ask how an object is locked. Raises NotFound, Refused when locks are unknown there, Unavailable."""
    try:
        found = bucket.client.stat_object(bucket.bucket, key_of(name), version_id=version)
        version = version or found.version_id
        asked: dict[str, Any] = {"bucket_name": bucket.bucket, "object_name": key_of(name), "version_id": version}
        kept = unless_unset(lambda: bucket.client.get_object_retention(**asked))
        held = unless_unset(lambda: bucket.client.is_object_legal_hold_enabled(**asked))
    except (ElementTree.ParseError, AttributeError) as e:
        # A server that knows no locks hands out the object itself, or nothing; asked to set one, it would write that
        # over it.
        raise Refused(
            "store.lock-refused",
            "对象存储没有锁定这份内容。请核对存储桶的对象锁和访问密钥的权限。",
            digest=name,
            answer="no lock",
        ) from e
    except FAULTS as e:
        raise _said(e, name) from e
    # A lock that people with rights can lift is none.
    until = kept.retain_until_date if kept is not None and kept.mode == COMPLIANCE else None
    return Kept(version, until, bool(held))


def unless_unset(call: Callable[[], T]) -> T | None:
    """Return what the server says; none where nothing was ever set, which servers call by different names."""
    try:
        return call()
    except S3Error as e:
        if e.code in _UNSET:
            return None
        raise


def keep(
    bucket: S3Store, name: str, version: str | None, *, least: datetime | None, until: datetime | None, held: bool
) -> Kept:
    """Lock an object until `until` where it is not locked until `least`, put a hold on it or lift it; return how it is.

    Raises NotFound, Refused when the server does not set it or keeps less than it said, Unavailable.
    """
    before = look(bucket, name, version)
    longer = least is not None and (before.until is None or before.until < least)
    if not longer and before.held == held:
        return before
    try:
        if longer and until is not None:
            kept = Retention(COMPLIANCE, until.replace(microsecond=0))
            bucket.client.set_object_retention(bucket.bucket, key_of(name), kept, version_id=before.version)
        if before.held != held:
            change = bucket.client.enable_object_legal_hold if held else bucket.client.disable_object_legal_hold
            change(bucket.bucket, key_of(name), version_id=before.version)
    except FAULTS as e:
        raise _said(e, name) from e
    after = look(bucket, name, before.version)
    short = least is not None and (after.until is None or after.until < least - _SECOND)
    lost = before.until is not None and (after.until is None or after.until < before.until)
    if short or lost or after.held != held:
        raise Refused(
            "store.lock-short", "对象存储接受了锁定，却没有照办。请核对对象锁后重新自检。", digest=name, answer="short"
        )
    return after


def settle(
    place: Place, digest: str, *, known: str | None, least: datetime | None, until: datetime | None, held: bool
) -> Said:
    """Lock an object as `keep` does; return what the store says of it afterwards, also when it refuses.

    `known` is the version whose lock was read back before, none for the newest. Raises Unavailable.
    """
    name = place.object_name(digest)
    try:
        kept = keep(place.bucket, name, known, least=least, until=until, held=held)
    except NotFound:
        # What is missing is damage, which reading back finds and mends.
        return Said(place.name, digest, name, None, None, False, "refused", "missing")
    except Refused as e:
        state = "short" if e.code == "store.lock-short" else "refused"
        return Said(place.name, digest, name, None, None, False, state, str(e.facts.get("answer", "")))
    return Said(place.name, digest, name, kept.version, kept.until, kept.held, "kept", "")


def _said(error: Exception, name: str) -> Exception:
    """Return what an error means: no such object, a refusal of this very lock, or a server that is away."""
    if not isinstance(error, S3Error) or error.code in _PASSING:
        return unavailable(error)
    if error.code in _GONE:
        return missing(name)
    return Refused(
        "store.lock-refused",
        "对象存储没有锁定这份内容。请核对存储桶的对象锁和访问密钥的权限。",
        digest=name,
        answer=(error.code or "")[:60],
    )


def places(stores: Stores) -> list[Place]:
    """Return the stores, of those that are configured, in which objects can be locked."""
    found = [(name, bare(store), store) for name, store, _ in stores.each()]
    return [Place(name, inner, store) for name, inner, store in found if isinstance(inner, S3Store)]
