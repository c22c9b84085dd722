"""Signed checkpoints of the audit trail at their times, and their way to places that the program cannot rewrite."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

from archive_service import logs
from archive_service.audit import checkpoints, deposits
from archive_service.audit.deposits import Due
from archive_service.db.session import Database
from archive_service.errors import ArchiveError, Damaged, Unavailable
from archive_service.notices import smtp
from archive_service.settings import Settings

log = logs.get("checkpoints")
#: Seconds between looks.
LOOK_S = 30.0
_DIFFERS = "外部位置上已有同名而内容不同的检查点。请保留现场并通知审计管理员。"


@dataclass
class Checkpoints:
    """Makes what is due and takes it outside; called more often than it looks, it does nothing."""

    settings: Settings
    database: Database
    now: Callable[[], datetime]
    #: Seconds that only go forward.
    ticks: Callable[[], float] = time.monotonic
    _next: float = 0.0

    def run_once(self) -> None:
        """Make a checkpoint if one is due, and try the places that are; what fails is noted and tried again."""
        if self.ticks() < self._next:
            return
        self._next = self.ticks() + LOOK_S
        try:
            if self._is_due():
                checkpoints.make(self.database, self.settings, now=self.now())
        except Damaged as e:
            # The chain is broken: that is for people, and keeps no earlier checkpoint from its places.
            log.error("no checkpoint is signed", code=e.code, **e.facts)
        take_out(self.database, self.settings, now=self.now())

    def _is_due(self) -> bool:
        minutes = self.settings.audit_checkpoint_minutes
        with self.database.reading() as session:
            last = checkpoints.newest(session)
        # A clock that was set back is no reason to wait for years.
        return minutes > 0 and (last is None or abs(self.now() - last.made_at) >= timedelta(minutes=minutes))


def take_out(database: Database, settings: Settings, *, now: datetime) -> None:
    """Take to their places what is due; a place that fails is tried again later."""
    with database.reading() as session:
        waiting = deposits.due(session, now=now)
    for one in waiting:
        try:
            _put(settings, one)
        except ArchiveError as e:
            log.warning("checkpoint not taken out", place=one.place, code=e.code)
            with database.unit_of_work() as session:
                deposits.failed(session, one.deposit_id, e.code, now=now)
        else:
            with database.unit_of_work() as session:
                deposits.arrived(session, one.deposit_id, now=now)


def _put(settings: Settings, one: Due) -> None:
    if one.place == "folder" and settings.audit_folder:
        to_folder(Path(settings.audit_folder), one.size, one.file)
    elif one.place == "s3" and settings.store == "s3":
        _to_bucket(settings, one)
    elif one.place == "mail" and settings.audit_mail:
        _to_mail(settings, one)
    else:
        raise Unavailable("audit.place-gone", "设置中已没有这个存放位置。请恢复设置。")


def to_folder(folder: Path, size: int, content: bytes) -> None:
    """Put a checkpoint into a folder as a file that is never written again. Raises Damaged when another is there."""
    path = folder / f"checkpoint-{size:012d}.txt"
    part = folder / f".{path.name}.{secrets.token_hex(6)}.part"
    try:
        # What a process that was killed left; one that still writes is told so and tries again later.
        for old in folder.glob(f".{path.name}.*.part"):
            old.unlink(missing_ok=True)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
        try:
            with os.fdopen(handle, "wb") as opened:
                opened.write(content)
                opened.flush()
                os.fsync(opened.fileno())
            with suppress(FileExistsError):
                os.link(part, path)
        finally:
            part.unlink(missing_ok=True)
        if path.read_bytes() != content:
            raise Damaged("audit.place-differs", _DIFFERS)
    except OSError as e:
        raise Unavailable("audit.place-folder", "检查点无法写入所设的文件夹。请检查该文件夹是否可访问、可写。") from e


def _to_bucket(settings: Settings, one: Due) -> None:
    from archive_service.storage.choose import open_store
    from archive_service.storage.locked import put_locked
    from archive_service.storage.s3 import S3Store

    store = open_store(settings)
    assert isinstance(store, S3Store)
    until = one.made_at + timedelta(days=settings.audit_lock_days)
    put_locked(store, f"checkpoints/{one.size:012d}.txt", one.file, until=until)


def _to_mail(settings: Settings, one: Due) -> None:
    if not smtp.is_configured(settings):
        raise Unavailable(
            "audit.place-mail", "没有设置邮件服务器，检查点无法寄出。请设置 ARCHIVE_SMTP_URL 和发件地址。"
        )
    message = EmailMessage()
    message["Subject"] = f"审计检查点 {one.size}"
    message["From"], message["To"] = settings.mail_from, settings.audit_mail
    message["Date"] = one.made_at
    message["Message-ID"] = f"<checkpoint-{one.size}@{settings.mail_from.rpartition('@')[2]}>"
    message.set_content("请原样保存附件。日后用它核验档案库的审计包：audit verify 审计包 --checkpoint 附件。\n")
    message.add_attachment(
        one.file, maintype="text", subtype="plain", filename=f"checkpoint-{one.size:012d}.txt", cte="base64"
    )
    line = smtp.Line(settings)
    try:
        outcome = line.send(settings.audit_mail, message.as_bytes())
    finally:
        line.close()
    # A mail that may have arrived is sent again under the same id: twice kept does no harm.
    if outcome.error_code is not None:
        raise Unavailable(outcome.error_code, "检查点的邮件没有寄出。请检查邮件服务器和收件地址，稍后会重试。")
