"""Handing in a long file of cases, confirming what its preview showed, giving it up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import CursorResult, or_, select, update
from sqlalchemy.orm import Session

from archive_service.audit.record import record
from archive_service.db.session import Database
from archive_service.errors import NotFound, Refused
from archive_service.households.actions import in_parts
from archive_service.households.actions.imports import check_header
from archive_service.households.csv_rows import CsvRow
from archive_service.imports import parts
from archive_service.imports.tables import CaseImport, CaseImportPart
from archive_service.jobs import queue
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer

IMPORT_JOB = "cases.import"
#: Rows of one part, which is one transaction.
PART = 1000
#: Days after which a file that nobody confirmed, and the refused rows of one that is done, are forgotten.
KEPT_DAYS = 30


def hand_in(
    session: Session, rows: Callable[[], Iterable[CsvRow]], *, name: str, by: Viewer, now: datetime
) -> CaseImport:
    """Keep a file in parts and have it previewed; `rows` is gone through three times.

    Raises NotPermitted, and Invalid for a file that breaks off or has unknown or missing columns.
    """
    by.require(Right.CASE_IMPORT)
    person_id = _person(by)
    check_header(list(islice(rows(), 1)))
    made = CaseImport(name=name[:200], made_by=person_id, made_at=now, state="previewing", rows=0, done=0)
    session.add(made)
    session.flush()
    for number, part in enumerate(in_parts(rows, PART), start=1):
        session.add(CaseImportPart(import_id=made.id, number=number, rows=parts.packed(part)))
        made.rows += len(part)
        session.flush()
    _noted(session, made, "import.handed-in", by=by, now=now)
    queue.enqueue(session, kind=IMPORT_JOB, subject=made.id, queue="upkeep", now=now)
    return made


def confirm(session: Session, import_id: int, *, by: Viewer, now: datetime) -> None:
    """Have the rows registered as the preview showed. Raises NotFound, NotPermitted and Refused."""
    made = own(session, import_id, by=by)
    by.require(Right.CASE_IMPORT)
    if not _moved(session, import_id, ("previewed",), state="importing", done=0):
        raise Refused(
            "import.not-previewed",
            "这次导入不在等待确认，没有开始。请刷新页面看它到了哪一步。",
            state=made.state,
        )
    _noted(session, made, "import.confirmed", by=by, now=now)
    queue.enqueue(session, kind=IMPORT_JOB, subject=made.id, queue="upkeep", now=now)


def drop(session: Session, import_id: int, *, by: Viewer, now: datetime) -> None:
    """Give a file up that was not confirmed, and forget its rows. Raises NotFound and Refused."""
    made = own(session, import_id, by=by)
    if not _moved(session, import_id, ("previewing", "previewed"), state="dropped", finished_at=now):
        raise Refused(
            "import.under-way",
            "这次导入已经开始登记或已经结束，不能放弃。请刷新页面看它到了哪一步。",
            state=made.state,
        )
    _forget(session, [import_id])
    _noted(session, made, "import.dropped", by=by, now=now)


def prune(database: Database, *, now: datetime) -> int:
    """Forget the rows of files that are long over or that nobody confirmed; return how many files that were."""
    before = now - timedelta(days=KEPT_DAYS)
    kept = (
        select(CaseImportPart.id)
        .where(
            CaseImportPart.import_id == CaseImport.id, or_(CaseImportPart.rows != "[]", CaseImportPart.fates != "[]")
        )
        .exists()
    )
    old = select(CaseImport.id).where(CaseImport.made_at < before, CaseImport.state != "importing", kept).limit(50)
    with database.unit_of_work() as session:
        found = list(session.scalars(old))
        if found:
            _forget(session, found)
            over = update(CaseImport).where(CaseImport.id.in_(found), CaseImport.state != "done")
            session.execute(over.values(state="dropped", finished_at=now))
    return len(found)


def own(session: Session, import_id: int, *, by: Viewer) -> CaseImport:
    """Return a file that this person handed in. Raises NotFound."""
    found = session.get(CaseImport, import_id)
    if found is None or found.made_by != _person(by):
        raise NotFound("import.not-found", "没有这次导入，或者不是您提交的。请从“导入案件”页面选择。")
    return found


def _person(by: Viewer) -> int:
    if by.person_id is None:
        raise NotFound("import.nobody", "只有登录的人员可以在页面上导入。命令行请用 archive-service cases import。")
    return by.person_id


def _moved(session: Session, import_id: int, from_: tuple[str, ...], **values: Any) -> bool:
    """Say whether the file was in one of the states and is moved on; of two at once only one does it."""
    wanted = update(CaseImport).where(CaseImport.id == import_id, CaseImport.state.in_(from_)).values(**values)
    done = session.execute(wanted, execution_options={"synchronize_session": False})
    assert isinstance(done, CursorResult)
    return done.rowcount == 1


def _forget(session: Session, import_ids: list[int]) -> None:
    """Keep how many rows there were of each outcome, and nothing of what stood in them."""
    parts_of = update(CaseImportPart).where(CaseImportPart.import_id.in_(import_ids))
    session.execute(parts_of.values(rows="[]", fates="[]"), execution_options={"synchronize_session": False})


def _noted(session: Session, made: CaseImport, did: str, *, by: Viewer, now: datetime) -> None:
    record(
        session,
        by=by.actor,
        did=did,
        object_kind="import",
        object_id=str(made.id),
        unit_id=by.unit_id or None,
        facts={"rows": made.rows},
        now=now,
    )
