"""Asking for a package, and handing its file over."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from archive_service.audit.record import record
from archive_service.errors import Invalid, Refused
from archive_service.exchange import content as contents
from archive_service.exchange import queries
from archive_service.exchange.tables import Package
from archive_service.households.tables import HouseholdFile
from archive_service.jobs import queue
from archive_service.people.viewer import Viewer
from archive_service.restricted.queries import refusal
from archive_service.storage.tables import RemovedObject

PACK_JOB = "package.make"
FORMATS = ("bagit", "eep")


def check_format(name: str) -> str:
    """Return a format of packages. Raises Invalid."""
    if name not in FORMATS:
        raise Invalid("package.format", "信息包格式只有 bagit 和 eep 两种。请重新选择。")
    return name


def ask_package(
    session: Session,
    viewer: Viewer,
    account_no: str,
    *,
    format: str,
    items: Collection[int] | None,
    now: datetime,
) -> Package:
    """Ask for a package of a household, or of some of its items; a job makes it.

    While the same package is being made nothing is asked twice. Raises NotFound, NotPermitted, Invalid.
    """
    head = contents.household(session, viewer, account_no)
    chosen = None if items is None else sorted(set(items))
    if (same := queries.being_made(session, head.id, format, chosen)) is not None:
        return same
    made = new_package(session, viewer, account_no, format=format, items=items, now=now)
    queue.enqueue(session, kind=PACK_JOB, subject=made.id, queue="upkeep", now=now)
    return made


def new_package(
    session: Session,
    viewer: Viewer,
    account_no: str,
    *,
    format: str,
    items: Collection[int] | None,
    now: datetime,
) -> Package:
    """Enter a package that is about to be made. Raises NotFound, NotPermitted, Invalid."""
    check_format(format)
    head = contents.household(session, viewer, account_no)
    if items is not None and not items:
        raise Invalid("package.nothing", "没有选择资料。请至少选择一件，或者导出整户。")
    chosen = None if items is None else sorted(set(items))
    contents.check_items(session, head.id, chosen)
    made = Package(
        household_id=head.id,
        unit_id=head.unit_id,
        direction="out",
        format=format,
        state="making",
        items=chosen,
        asked_by=viewer.person_id,
        asked_at=now,
    )
    session.add(made)
    session.flush()
    note(session, viewer, made, head, did="package.asked", facts={}, now=now)
    return made


def hand_over(session: Session, viewer: Viewer, package_id: int, *, now: datetime) -> tuple[Package, str]:
    """Put on record that somebody takes a package along; return its row and the name of the file.

    Raises NotFound, NotPermitted where a paper in it may only be stored by now, and Refused where there is no file, or
    none any more.
    """
    row = queries.row(session, viewer, package_id)
    if row.digest is None:
        raise Refused(
            "package.not-ready", "这个信息包没有可下载的文件：还在制作，或者由命令行写到了文件夹。请稍候，或重新导出。"
        )
    if session.get(RemovedObject, row.digest) is not None:
        raise Refused(
            "package.cleared", "这个信息包里有已按计划销毁的资料，它的文件已一并清除。需要其余资料时，请重新导出。"
        )
    if queries.shut_since(session, row):
        raise refusal()
    head = session.get_one(HouseholdFile, row.household_id)
    note(session, viewer, row, head, did="package.downloaded", facts={"sha256": row.digest}, now=now)
    return row, f"{head.account_no}-{row.format}-{row.id}.zip"


def note(
    session: Session,
    viewer: Viewer,
    made: Package,
    head: HouseholdFile,
    *,
    did: str,
    facts: Mapping[str, Any],
    now: datetime,
) -> None:
    """Put on record what was done with a package."""
    told = {"account_no": head.account_no, "format": made.format, "items": made.items, **facts}
    record(
        session,
        by=viewer.actor,
        did=did,
        object_kind="package",
        object_id=made.id,
        unit_id=made.unit_id,
        facts=told,
        now=now,
    )
