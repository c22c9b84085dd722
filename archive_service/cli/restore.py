"""Restore a backup into an empty place: everything is checked while it is copied, the database comes last.

A backup of SQLite can also be restored into PostgreSQL, and any backup into files or S3: so an archive grows.

Until the database is in place the home holds the file `restoring`, and the same restore can be run again and goes on.
Afterwards the archive is whole, and what is left to do (schema, index, check) are commands of their own.
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path

from alembic.script import ScriptDirectory
from alembic.util import CommandError

from archive_service import migrations
from archive_service.cli import carry, dumps, manifest, objects
from archive_service.cli.backup import CHUNK, COPIERS
from archive_service.cli.findings import Finding
from archive_service.cli.manifest import Manifest
from archive_service.cli.services import Services
from archive_service.cli.verify import findings
from archive_service.errors import Damaged, NotFound, Refused, Unavailable
from archive_service.settings import Settings
from archive_service.storage.choose import open_store
from archive_service.storage.store import ObjectStore
from indexing.rebuild import rebuild

#: Told (what is being done, how much of it is done, how much there is).
Progress = Callable[[str, int, int], None]
#: Stands in a home that is being restored, and names the manifest.
MARKER = "restoring"
#: What may lie in a home that counts as empty.
_HARMLESS = {".env", "faults", "logs", "catalogue", MARKER}
_BAD = "备份中的这份内容缺失或已损坏，没有恢复。请换用另一份备份补回。"
_NEVER = "建立备份时这份内容已缺失或损坏，备份中没有。请从更早的备份补回。"


@dataclass(frozen=True)
class Restored:
    """A restored archive and how it compares with the backup."""

    manifest: Manifest
    #: Schema revision now.
    schema: str
    indexed: int
    #: True when rows and the end of the audit chain are those of the manifest.
    same: bool
    findings: tuple[Finding, ...]


def restore(
    settings: Settings, folder: Path, *, now: datetime, progress: Progress = lambda step, done, total: None
) -> Restored:
    """Restore the backup in `folder` into the empty home and database of the settings.

    Raises Refused when the place is not empty or the backup is not finished, Damaged when its manifest, database or
    list is not as written; then nothing was changed. Damaged objects are among the findings, all others are restored.
    """
    wanted = manifest.read(folder)
    _check_place(settings, wanted)
    _check_schema(settings, wanted)
    manifest.check_files(folder, wanted)
    with _disk():
        _begin(settings, wanted)
        bad = _objects(folder, wanted, open_store(settings), progress)
        _catalogue(settings, folder, wanted)
        _database(settings, folder, wanted, progress)
        same = _is_same(settings.url(), wanted)
        (settings.home / MARKER).unlink()
    migrations.upgrade(settings.url())
    return _finish(settings, wanted, bad, same=same, now=now, progress=progress)


@contextmanager
def _disk() -> Iterator[None]:
    try:
        yield
    except OSError as e:
        if e.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Unavailable("restore.full", "磁盘空间不足。请腾出空间后再次运行，会从中断处继续。") from e
        raise Unavailable("restore.unwritable", "档案库文件夹无法写入，或备份无法读取。请检查权限和磁盘后重试。") from e


def _check_place(settings: Settings, wanted: Manifest) -> None:
    if (wanted.kind, dumps.kind_of(settings.url())) == ("postgresql", "sqlite"):
        raise Refused(
            "restore.database-kind",
            "备份来自 PostgreSQL，不能恢复到单机的 SQLite。请把 ARCHIVE_DATABASE_URL 指向空的 PostgreSQL 数据库。",
        )
    home, marker = settings.home, settings.home / MARKER
    ours = marker.exists() and marker.read_text("utf-8") == wanted.sha256
    present = {path.name for path in home.iterdir()} if home.is_dir() else set()
    allowed = _HARMLESS | ({"objects"} if ours else set())
    # Nobody may have worked here: also with the marker there is no database yet.
    left = {name for name in present - allowed if not name.endswith(".part")}
    if left or not _is_free(settings.url(), wanted, ours=ours) or (not ours and "catalogue" in present):
        raise Refused(
            "restore.not-empty",
            "目标位置不是空的，没有恢复任何内容。请用空的 ARCHIVE_HOME 和空数据库；"
            "如果上次恢复已放入数据库，请依次运行 db upgrade、reindex 和 verify。",
        )


def _is_free(url: str, wanted: Manifest, *, ours: bool) -> bool:
    """Say whether the database may be filled: tables without rows are what a carrying-over leaves that was stopped."""
    return dumps.is_empty(url) or (ours and _is_carried(url, wanted) and carry.has_no_rows(url))


def _is_carried(url: str, wanted: Manifest) -> bool:
    return dumps.kind_of(url) != wanted.kind


def _check_schema(settings: Settings, wanted: Manifest) -> None:
    try:
        ScriptDirectory.from_config(migrations.config(settings.url())).get_revision(wanted.schema)
    except CommandError as e:
        raise Refused("backup.newer", "这份备份由更新版本的程序建立。请先升级程序再恢复。") from e


def _begin(settings: Settings, wanted: Manifest) -> None:
    settings.home.mkdir(parents=True, exist_ok=True)
    # Also what is carried to a server passes through the home.
    needed = wanted.database.size_bytes
    if settings.store == "files":
        there = sum(path.stat().st_size for path in (settings.home / "objects").rglob("?" * 64))
        needed += wanted.objects_bytes - there
    if needed > shutil.disk_usage(settings.home).free:
        raise OSError(errno.ENOSPC, "not enough space")
    (settings.home / MARKER).write_text(wanted.sha256, encoding="utf-8")


def _objects(folder: Path, wanted: Manifest, store: ObjectStore, progress: Progress) -> dict[str, str]:
    """Put every object of the list into the store; return {digest: kind of finding} of those that are no good."""
    bad: dict[str, str] = {}
    done, digests = 0, manifest.listed(folder, wanted)
    with ThreadPoolExecutor(COPIERS) as pool:
        while chunk := list(islice(digests, CHUNK)):
            for digest, fault in zip(chunk, pool.map(partial(_put, folder, store), chunk), strict=True):
                if fault:
                    bad[digest] = fault
            done += len(chunk)
            progress("恢复内容", done, wanted.objects)
    return bad


class _Checked:
    """The bytes of an object in the backup; the end is only reached when they match their digest."""

    def __init__(self, folder: Path, digest: str) -> None:
        self._blocks = objects.blocks(lambda one: (folder / manifest.place(one)).open("rb"), digest)

    def read(self, _size: int = -1, /) -> bytes:
        """Return the next block."""
        return next(self._blocks, b"")


def _put(folder: Path, store: ObjectStore, digest: str) -> str:
    try:
        if not (folder / manifest.place(digest)).exists():
            return "object.missing"
        # Bytes that turn out to be others are refused before the store gives them a name.
        store.put(_Checked(folder, digest))
    except (NotFound, Damaged) as e:
        return objects.fault(e)
    return ""


def _catalogue(settings: Settings, folder: Path, wanted: Manifest) -> None:
    for file in wanted.catalogue:
        target = settings.home / "catalogue" / Path(file.name).name
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(folder / file.name, target)


def _database(settings: Settings, folder: Path, wanted: Manifest, progress: Progress) -> None:
    copy, url = folder / wanted.database.name, settings.url()
    if _is_carried(url, wanted):
        carry.carry_over(copy, url, home=settings.home, progress=partial(progress, "写入数据库"))
    else:
        dumps.put_back(copy, url)


def _is_same(url: str, wanted: Manifest) -> bool:
    """Compare rows and audit head with the manifest, before a migration touches them.

    Rows that were carried over have been through the migrations, and were compared one by one with what they became.
    """
    with dumps.looking_into(url) as connection:
        if dumps.audit_head(connection) != (wanted.audit_seq, wanted.audit_hash):
            return False
        return _is_carried(url, wanted) or dumps.counts_of(connection) == wanted.counts


def _finish(
    settings: Settings, wanted: Manifest, bad: dict[str, str], *, same: bool, now: datetime, progress: Progress
) -> Restored:
    services = Services(settings)
    try:
        count = rebuild(
            services.database, services.index, now=now, progress=lambda done, total: progress("重建索引", done, total)
        )
        checked = findings(
            services, sample=None, now=now, progress=lambda done, total: progress("核验", done, total)
        ).findings
        with dumps.looking_into(settings.url()) as connection:
            schema = dumps.schema_of(connection)
    finally:
        services.index.close()
        services.database.close()
    # An object that could not be restored is the finding, not its absence.
    known = [Finding(kind, one, _BAD) for one, kind in bad.items()]
    known += [Finding(kind, one, _NEVER) for one, kind in wanted.missing.items()]
    found = [one for one in checked if one.kind != "object.missing" or one.subject not in {*bad, *wanted.missing}]
    differs = [] if same else [Finding("restore.differs", "manifest", "恢复后的行数或审计链末端与备份清单不符。")]
    return Restored(wanted, schema, count, same, tuple(known + differs + found))
