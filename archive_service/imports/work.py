"""The job that previews or registers the parts of a file, one part a transaction.

What is stopped half way has whole parts behind it and goes on with the next one. It acts in the name of whoever handed
the file in, with the rights that they hold at that moment.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.db.session import Database
from archive_service.errors import NotPermitted
from archive_service.households.actions import import_cases, preview_cases
from archive_service.households.actions.previews import Fate
from archive_service.households.csv_rows import CsvRow
from archive_service.imports import parts
from archive_service.imports.tables import CaseImport, CaseImportPart
from archive_service.jobs import queue
from archive_service.jobs.queue import Claimed
from archive_service.people.queries import viewer_for
from archive_service.people.viewer import Viewer
from archive_service.settings import Settings
from archive_service.zone import local

#: State of the file, the pass that its parts go through in it, and the state behind.
_PASSES = {"previewing": ("previewed", "previewed"), "importing": ("imported", "done")}


@dataclass(frozen=True)
class ImportHandler:
    """The job handler for a file of cases."""

    settings: Settings
    database: Database
    now: Callable[[], datetime]

    def run(self, claimed: Claimed) -> None:
        """Take the file through its present pass; a file that is past it, or was given up, is left alone."""
        import_id = int(claimed.subject)
        while True:
            claimed.check()
            with self.database.unit_of_work() as session:
                made = session.get_one(CaseImport, import_id, with_for_update=True)
                if made.state not in _PASSES:
                    queue.finish(session, claimed, now=self.now())
                    return
                passed, behind = _PASSES[made.state]
                part = self._next(session, import_id, passed)
                if part is None:
                    made.state = behind
                    made.finished_at = self.now() if behind == "done" else None
                    queue.finish(session, claimed, now=self.now())
                    return
                rows = parts.unpacked(part.rows)
                if passed == "previewed":
                    _keep(part, self._previewed(session, made, rows), fates_of_all=True)
                else:
                    _keep(part, self._imported(session, made, part, rows), fates_of_all=False)
                part.passed = passed
                made.done += len(rows)
                queue.renew(
                    session, claimed, now=self.now(), lease_s=self.settings.lease_s, done=made.done, total=made.rows
                )

    def give_up(self, session: Session, claimed: Claimed, *, code: str, now: datetime) -> None:
        """Leave the file where it is: the failed job says why, and tried again it goes on behind the parts done."""

    def _next(self, session: Session, import_id: int, passed: str) -> CaseImportPart | None:
        wanted = select(CaseImportPart).where(CaseImportPart.import_id == import_id, CaseImportPart.passed != passed)
        return session.scalars(wanted.order_by(CaseImportPart.number).limit(1)).first()

    def _previewed(self, session: Session, made: CaseImport, rows: Sequence[CsvRow]) -> list[Fate]:
        settings, now = self.settings, self.now()
        return preview_cases(
            session,
            rows,
            by=self._person(session, made),
            now=now,
            today=local(now).date(),
            account_no_pattern=settings.account_no_pattern,
            application_no_pattern=settings.application_no_pattern,
            filing_due_workdays=settings.filing_due_workdays,
        )

    def _imported(self, session: Session, made: CaseImport, part: CaseImportPart, rows: Sequence[CsvRow]) -> list[Fate]:
        """Register the rows; return the refused ones, and note in the part how many there were of the others."""
        settings, now = self.settings, self.now()
        report = import_cases(
            session,
            rows,
            by=self._person(session, made),
            now=now,
            today=local(now).date(),
            account_no_pattern=settings.account_no_pattern,
            application_no_pattern=settings.application_no_pattern,
            filing_due_workdays=settings.filing_due_workdays,
        )
        part.created, part.updated, part.unchanged = report.created, report.updated, report.unchanged
        numbers = {one.line: one for one in parts.fates_unpacked(part.fates)}
        part.rows = "[]"
        return [
            Fate(
                error.line,
                "refused",
                numbers[error.line].account_no if error.line in numbers else "",
                numbers[error.line].application_no if error.line in numbers else "",
                error=error,
            )
            for error in report.errors
        ]

    def _person(self, session: Session, made: CaseImport) -> Viewer:
        found = viewer_for(session, made.made_by, now=self.now())
        if found is None:
            raise NotPermitted("import.person-gone", "提交这次导入的人员已停用，没有继续。请由其他人员重新提交文件。")
        return found


def _keep(part: CaseImportPart, fates: Sequence[Fate], *, fates_of_all: bool) -> None:
    part.fates = parts.fates_packed(fates)
    counted = parts.tally(fates)
    part.refused = counted["refused"]
    if fates_of_all:
        part.created, part.updated, part.unchanged = (counted[one] for one in ("created", "updated", "unchanged"))
