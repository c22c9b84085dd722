"""Whether this archive can be worked with: each component, its state, a stable code, and what to do.

What nothing goes without (database, its schema, store) makes it not ready; what only some work needs (search, workers,
broker, room to grow, models for reading) makes it degraded: filing goes on. `readyz` and `archive-service doctor` say
it in the same words.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from archive_service import clock, logs, migrations
from archive_service.db import partitions, version
from archive_service.db.session import Database
from archive_service.errors import ArchiveError, NotFound, Unavailable
from archive_service.fixity import write_once
from archive_service.jobs import figures, nudge
from archive_service.people.oidc.provider import Provider
from archive_service.people.oidc.rules import unavailable
from archive_service.people.queries import unit_by_code
from archive_service.settings import Settings
from archive_service.storage import probe
from archive_service.storage.room import rooms
from archive_service.web.looking import Look
from archive_service.web.services import Services
from archive_service.zone import local
from indexing.engine import unusable
from ingest.ocr import models
from ingest.scanner import Scanner, away

log = logs.get("ready")
State = Literal["ok", "off", "degraded", "down", "unknown"]
#: A job that could be done waits this long only when nobody takes jobs of its queue.
PATIENT_S = 60.0
#: Share of one partition that has to be free beyond the newest row.
LEAST_ROOM = 0.1
#: Seconds for which a look counts, and that an answer may take; balancers ask every few seconds and wait a few.
EVERY_S, ANSWER_S = 2.0, 3.0
#: What is not ours is asked less often.
SELDOM_S = {"sign-on": 30.0}
#: Without these nothing can be done at all.
NEEDED = ("database", "schema", "store")
#: What cannot be known while the database is away.
_IN_DATABASE = ("schema", "locks", "workers", "partitions")
#: Says that all is well; a component that is not used says that.
OK, OFF = "ok", "off"


@dataclass(frozen=True)
class Component:
    """A component as found; `code` and `message` are empty when nothing is wrong with it."""

    component: str
    state: State
    code: str = ""
    message: str = ""


@dataclass
class Readiness:
    """Looks at the components, each by itself: one that hangs or fails does not keep the others from being seen."""

    looks: Mapping[str, Look[str]]
    _before: dict[str, State] = field(default_factory=dict)

    @classmethod
    def of(cls, services: Services) -> Readiness:
        """Return the readiness of the archive behind `services`."""
        asked: dict[str, Callable[[], str]] = {
            "database": lambda: _database(services),
            "schema": lambda: _schema(services),
            "store": lambda: _store(services),
            "locks": lambda: _locks(services),
            "index": lambda: _index(services),
            "broker": lambda: _broker(services),
            "workers": lambda: _workers(services),
            "disk": lambda: disk(services.settings),
            "partitions": lambda: _partitions(services),
            "reader": lambda: _reader(services),
            "scanner": lambda: _scanner(services),
            "sign-on": lambda: _sign_on(services),
        }
        return cls(
            {
                name: Look(ask, every_s=SELDOM_S.get(name, EVERY_S), patience_s=ANSWER_S, share=1)
                for name, ask in asked.items()
            }
        )

    def components(self) -> list[Component]:
        """Return every component as it is now, within a few seconds."""
        until = time.monotonic() + ANSWER_S
        begun = {name: look.begin() for name, look in self.looks.items()}
        found = [_found(name, look, begun[name], until) for name, look in self.looks.items()]
        if found[0].state == "down":
            found = [Component(one.component, "unknown") if one.component in _IN_DATABASE else one for one in found]
        for one in found:
            if self._before.get(one.component, one.state) != one.state:
                log.warning("component changed", component=one.component, state=one.state, code=one.code)
            self._before[one.component] = one.state
        return found


def overall(components: list[Component]) -> Literal["ready", "degraded", "not-ready"]:
    """Return what the components together mean."""
    states = {one.state for one in components}
    if "down" in states:
        return "not-ready"
    return "degraded" if "degraded" in states else "ready"


def _found(name: str, look: Look[str], begun: threading.Event, until: float) -> Component:
    state: State = "down" if name in NEEDED else "degraded"
    try:
        return Component(name, "off" if look.after(begun, until=until) == OFF else "ok")
    except ArchiveError as e:
        return Component(name, state, e.code, e.message)
    except Exception:  # noqa: BLE001 - whatever keeps it from answering, the answer is that it does not
        error = _SILENT[name]()
        return Component(name, state, error.code, error.message)


def _database(services: Services) -> str:
    with services.database.reading() as session:
        version.stored(session.connection())
    return OK


def _schema(services: Services) -> str:
    with services.database.reading() as session:
        migrations.require_newest(version.stored(session.connection()))
    return OK


def _store(services: Services) -> str:
    probe.answers(services.store)
    return OK


def _index(services: Services) -> str:
    services.index.current()[1].count()
    return OK


def _broker(services: Services) -> str:
    if not services.settings.broker_url:
        return OFF
    nudge.probe(services.settings)
    return OK


def _workers(services: Services) -> str:
    with services.database.reading() as session:
        return workers(session)


def _partitions(services: Services) -> str:
    with services.database.reading() as session:
        return room(session)


def _reader(services: Services) -> str:
    models.check_reading(services.settings.ocr_engine, services.settings.ocr_runtime)
    return OK


def _scanner(services: Services) -> str:
    return scanner(services.settings)


def _sign_on(services: Services) -> str:
    return sign_on(services.settings, services.database)


def _locks(services: Services) -> str:
    with services.database.reading() as session:
        return locks(session)


def locks(session: Any) -> str:
    """Raise Unavailable when a store is no longer proven to keep what it has, or did not lock what it was asked to."""
    found = write_once.states(session, now=clock.now())
    for one in found:
        if one.proven_at is not None and not one.proven:
            raise Unavailable(
                "store.unproven",
                f"存储自检自 {local(one.proven_at):%Y-%m-%d} 后没有再通过，已存内容不能当作不可删改。"
                "请运行 archive-service storage check 查明原因。",
            )
        if one.refused or one.short:
            raise Unavailable(
                "store.unlocked",
                f"存储没有锁定 {one.refused + one.short} 个对象。请运行 archive-service storage status 查看，"
                "并核对对象锁和密钥权限。",
            )
    return OK if any(one.state == "enforced" for one in found) else OFF


def scanner(settings: Settings) -> str:
    """Raise Unavailable when the virus scanner that is configured does not answer."""
    found = Scanner.of(settings)
    if found is None:
        return OFF
    found.ping()
    return OK


def sign_on(settings: Settings, database: Database) -> str:
    """Raise Unavailable when the OpenID provider that is configured does not answer, or not as one should.

    Raises NotFound when the unit for new people does not exist.
    """
    provider = Provider.of(settings)
    if provider is None:
        return OFF
    provider.describe()
    unit = settings.oidc_new_people_unit.strip()
    if unit and not _is_unit(database, unit):
        raise NotFound(
            "sign-on.unit", "ARCHIVE_OIDC_NEW_PEOPLE_UNIT 写的单位不存在，不会新建账号。请改成已有的单位代码。"
        )
    return OK


def _is_unit(database: Database, code: str) -> bool:
    with database.reading() as session:
        return unit_by_code(session, code) is not None


def workers(session: Any) -> str:
    """Raise Unavailable when jobs wait that nobody takes: one that could be done, and none of its queue is at work."""
    found = figures.by_queue(session, now=clock.now())
    idle = [name for name, one in found.items() if one.oldest_s > PATIENT_S and not one.running]
    if idle:
        raise Unavailable(
            "worker.none",
            f"队列 {'、'.join(idle)} 的任务等待已超过 {PATIENT_S:.0f} 秒，没有后台进程在处理。"
            "文件照常接收；请启动 archive-service worker。",
        )
    return OK


def disk(settings: Settings) -> str:
    """Raise Unavailable when a disk that the archive writes to is nearly full, in good time and when it is shut."""
    for one in rooms(settings):
        where = "第二存储所在的磁盘" if one.place == "second" else "磁盘"
        left = f"{one.free_bytes / 2**30:.1f} GiB"
        if one.is_shut:
            raise Unavailable(
                "disk.shut",
                f"{where}只剩 {left}，已停止接收新文件，余下的空间留给审计记录，查阅照常。请立即腾出空间或扩容。",
            )
        if one.is_low:
            raise Unavailable("disk.low", f"{where}剩余不多（{left}）。请在停止接收文件之前扩容或腾出空间。")
    return OK


def room(session: Any) -> str:
    """Raise Unavailable when a table has hardly any room beyond its newest row; upkeep makes more in good time."""
    left = partitions.room(session)
    sizes = {rule.table: rule.size for rule in partitions.RULES}
    short = [table for table, rows in left.items() if rows < sizes[table] * LEAST_ROOM]
    if short:
        raise Unavailable(
            "partition.short",
            f"表 {'、'.join(sorted(short))} 预留的分区快用完。请确认 upkeep 后台任务在运行，它会补建分区。",
        )
    return OK if left else OFF


def out_of_reach() -> Unavailable:
    """Return the error for a database that does not answer."""
    return Unavailable("database.unavailable", "数据库无法访问。请检查数据库服务、磁盘空间和地址后重试。")


def _store_silent() -> Unavailable:
    return Unavailable("store.unavailable", "对象存储没有及时回答。请检查存储服务、网络或磁盘。")


def _broker_silent() -> Unavailable:
    return Unavailable("broker.unavailable", "消息服务没有及时回答。文件照常接收，它恢复后继续处理。请检查消息服务。")


#: What is said of a component that gave no answer, or one that nobody foresaw.
_SILENT: Mapping[str, Callable[[], ArchiveError]] = {
    "database": out_of_reach,
    "schema": out_of_reach,
    "locks": out_of_reach,
    "store": _store_silent,
    "index": unusable,
    "broker": _broker_silent,
    "workers": out_of_reach,
    "disk": _store_silent,
    "partitions": out_of_reach,
    "scanner": away,
    "sign-on": unavailable,
    "reader": lambda: Unavailable("ocr.unavailable", "识读引擎无法使用，文件照常接收。请运行 doctor 检查。"),
}
