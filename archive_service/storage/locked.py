"""Small files in the bucket that nobody can change or remove before a date: put, locked, and the lock read back."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from xml.etree import ElementTree

from minio.commonconfig import COMPLIANCE
from minio.retention import Retention

from archive_service.errors import Damaged, Unavailable
from archive_service.storage.retain import unless_unset
from archive_service.storage.s3 import S3Store
from archive_service.storage.s3_pool import FAULTS


def put_locked(store: S3Store, name: str, body: bytes, *, until: datetime) -> None:
    """Put `body` under `name` and lock it; the same bytes that are there already are locked again.

    Raises Damaged when other bytes are there, Unavailable when the server keeps no lock.
    """
    try:
        if not _is_there(store, name, body):
            store.client.put_object(store.bucket, name, io.BytesIO(body), len(body))
        # Asked before anything is set: a server that knows no locks would write the lock over the checkpoint.
        unless_unset(lambda: store.client.get_object_retention(store.bucket, name))
        store.client.set_object_retention(store.bucket, name, Retention(COMPLIANCE, until))
        kept = store.client.get_object_retention(store.bucket, name)
    except ElementTree.ParseError:
        # It hands out the checkpoint itself.
        kept = None
    except FAULTS as e:
        raise Unavailable("audit.place-s3", "检查点没有写入并锁定到对象存储。请检查存储服务和对象锁后等待重试。") from e
    if kept is None or kept.mode != COMPLIANCE or kept.retain_until_date < until - timedelta(days=1):
        raise Unavailable("audit.place-unlocked", "对象存储没有锁定检查点。请为存储桶启用对象锁。")


def _is_there(store: S3Store, name: str, body: bytes) -> bool:
    if not any(one.object_name == name for one in store.client.list_objects(store.bucket, prefix=name)):
        return False
    answer = store.client.get_object(store.bucket, name)
    try:
        there = answer.read()
    finally:
        answer.close()
        answer.release_conn()
    if there != body:
        raise Damaged("audit.place-differs", "外部位置上已有同名而内容不同的检查点。请保留现场并通知审计管理员。")
    return True
