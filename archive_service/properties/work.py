"""What the doors do with the check: read objects back outside any transaction, act in one, write the report after it.

Stopped before the report, the run is on record without one, and the upkeep writes it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from archive_service.db.session import Database
from archive_service.errors import Invalid, Refused
from archive_service.households import states
from archive_service.households.tables import CaseFile
from archive_service.people import queries as people
from archive_service.people.viewer import Viewer
from archive_service.properties import actions, queries, report
from archive_service.properties.facts import PageFacts
from archive_service.properties.gather import Outside, Subject, page_of, papers_of
from archive_service.properties.reading import Looked, Scanner, look, look_at
from archive_service.properties.scheme import Moment
from archive_service.storage.store import ObjectStore


@dataclass(frozen=True)
class Desk:
    """What the check works with."""

    database: Database
    store: ObjectStore
    #: Folder below which originals are put while they are looked at.
    home: Path
    outside: Outside
    scanner: Scanner | None
    now: Callable[[], datetime]
    today: Callable[[], date]

    def look(self, pages: Iterable[PageFacts]) -> Looked:
        """Read back what pages name. Raises Unavailable."""
        return look(self.store, pages, scanner=self.scanner, home=self.home)

    def look_at(self, originals: Collection[str], images: Collection[str]) -> Looked:
        """Read back received files and pictures of pages, by digest. Raises Unavailable."""
        named = {*originals, *images}
        return look_at(self.store, named, set(originals), set(images), scanner=self.scanner, home=self.home)


def pages_of(session: Session, subject: Subject) -> list[PageFacts]:
    """Return every page of a subject."""
    return [page_of(page) for one in papers_of(session, subject) for page in one.pages]


def file_case(desk: Desk, viewer: Viewer, application_no: str, *, seen: int | None = None) -> int:
    """File a case through the check and return how many papers got their place.

    Raises Refused, with everything on record, for one that was sent back or waits for a person.
    """
    with desk.database.reading() as session:
        subject = actions.subject_of(session, viewer, application_no)
        pages = pages_of(session, subject)
    looked = desk.look(pages)
    with desk.database.unit_of_work() as session:
        done = actions.file_case(
            session,
            application_no,
            by=viewer,
            now=desk.now(),
            today=desk.today(),
            looked=looked,
            outside=desk.outside,
            seen=seen,
        )
    write_report(desk, done.run_id)
    if done.refused is not None:
        raise done.refused
    assert done.placed is not None
    return done.placed


def check_case(desk: Desk, viewer: Viewer, application_no: str, *, moment: str = "", ask_people: bool = False) -> int:
    """Check a case now, for its own sake, and return the run; without a moment the one that fits its state.

    Raises NotFound, NotPermitted, Invalid for a moment that a case cannot be checked at.
    """
    with desk.database.reading() as session:
        subject = actions.subject_of(session, viewer, application_no)
        assert subject.case_id is not None
        kept = session.get_one(CaseFile, subject.case_id).state in (states.FILED, states.CLOSED)
        pages = pages_of(session, subject)
    at = _moment(moment, kept=kept)
    looked = desk.look(pages)
    with desk.database.unit_of_work() as session:
        if at is Moment.LONGTERM:
            run = actions.check_kept(
                session,
                viewer,
                subject.case_id,
                looked=looked,
                outside=desk.outside,
                now=desk.now(),
                today=desk.today(),
                ask_people=ask_people,
            )
        else:
            found = actions.examine(
                session, subject, at, looked=looked, outside=desk.outside, today=desk.today(), ask_people=ask_people
            )
            run = actions.enter(session, viewer, found, now=desk.now())
        run_id = run.id
    write_report(desk, run_id)
    return run_id


def answer(desk: Desk, viewer: Viewer, run_id: int, code: str, *, result: str, evidence: str) -> None:
    """Answer a manual item; with the last answer the report is written."""
    with desk.database.unit_of_work() as session:
        actions.answer(session, viewer, run_id, code, result=result, evidence=evidence, now=desk.now())
    write_report(desk, run_id)


def write_report(desk: Desk, run_id: int) -> bool:
    """Write the report of a run that ended and has none; say whether it was written."""
    with desk.database.reading() as session:
        view = queries.run(session, people.system_viewer(session), run_id)
    if view.state == "open" or view.report_digest is not None:
        return False
    paper, data = desk.store.put_bytes(report.pdf(view)), desk.store.put_bytes(report.data(view))
    with desk.database.unit_of_work() as session:
        by = people.system_viewer(session)
        return actions.keep_report(session, by, run_id, paper, data, now=desk.now())


def _moment(said: str, *, kept: bool) -> Moment:
    if not said:
        return Moment.LONGTERM if kept else Moment.FILING
    if said not in (Moment.FILING.value, Moment.LONGTERM.value):
        raise Invalid("properties.moment", "案件只能按归档或长期保存环节检测；信息包在制作时检测。", given=said[:20])
    if said == Moment.LONGTERM.value and not kept:
        raise Refused("properties.not-kept", "案件还没有归档，不能做长期保存检测。请选择归档环节。")
    return Moment(said)
