"""How far the files are that a person handed in, and what becomes of their rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from archive_service.households.actions.previews import Fate
from archive_service.imports import parts
from archive_service.imports.actions import IMPORT_JOB, own
from archive_service.imports.tables import CaseImport, CaseImportPart
from archive_service.jobs.tables import Job
from archive_service.people.viewer import Viewer

_COUNTED = tuple(getattr(CaseImportPart, outcome) for outcome in parts.OUTCOMES)


@dataclass(frozen=True)
class ImportView:
    """A file and how far it is."""

    id: int
    name: str
    made_at: datetime
    finished_at: datetime | None
    state: str
    rows: int
    done: int
    #: Rows by what becomes of them, as far as they were looked at.
    tally: Mapping[str, int]
    #: The job that works on it, or did so last, and what kept it from its end.
    job_id: int | None
    job_state: str | None

    @property
    def moving(self) -> bool:
        """Say whether a job works on it or is about to."""
        return self.state in ("previewing", "importing") and self.job_state in ("queued", "running")

    @property
    def stuck(self) -> bool:
        """Say whether its job ended before it was through."""
        return self.state in ("previewing", "importing") and not self.moving


def one(session: Session, viewer: Viewer, import_id: int) -> ImportView:
    """Return a file that the viewer handed in. Raises NotFound."""
    made = own(session, import_id, by=viewer)
    found = session.execute(
        select(*(func.coalesce(func.sum(each), 0) for each in _COUNTED)).where(CaseImportPart.import_id == import_id)
    ).one()
    job = session.scalars(
        select(Job).where(Job.kind == IMPORT_JOB, Job.subject == str(import_id)).order_by(Job.id.desc()).limit(1)
    ).first()
    counted = dict(zip(parts.OUTCOMES, map(int, found), strict=True))
    return _view(made, counted, job.id if job else None, job.state if job else None)


def mine(session: Session, viewer: Viewer, *, before: int | None = None, limit: int = 20) -> list[ImportView]:
    """Return the files that the viewer handed in, newest first, without how many rows there are of each outcome."""
    wanted = select(CaseImport).where(CaseImport.made_by == viewer.person_id).order_by(CaseImport.id.desc())
    if before is not None:
        wanted = wanted.where(CaseImport.id < before)
    return [_view(made, {}, None, None) for made in session.scalars(wanted.limit(limit))]


def fates(
    session: Session, viewer: Viewer, import_id: int, *, outcome: str = "", first: int = 0, limit: int = 50
) -> list[Fate]:
    """Return what becomes of the rows from `first` on, of all or of one outcome; parts behind are not opened."""
    own(session, import_id, by=viewer)
    found: list[Fate] = []
    passed_by = 0
    for part_id, there in session.execute(_sizes(import_id, outcome)):
        if passed_by + there > first:
            held = _of_part(session, part_id, outcome)
            found += held[max(0, first - passed_by) :]
            if len(found) >= limit:
                break
        passed_by += there
    return found[:limit]


def refused(session: Session, viewer: Viewer, import_id: int) -> Iterator[Fate]:
    """Yield the rows that are refused, a part at a time."""
    own(session, import_id, by=viewer)
    for part_id, there in session.execute(_sizes(import_id, "refused")).all():
        if there:
            yield from _of_part(session, part_id, "refused")


def _sizes(import_id: int, outcome: str) -> Select[int, int]:
    """Each part with how many rows of the outcome it has."""
    chosen = (outcome,) if outcome in parts.OUTCOMES else parts.OUTCOMES
    size = sum((getattr(CaseImportPart, each) for each in chosen[1:]), getattr(CaseImportPart, chosen[0]))
    return select(CaseImportPart.id, size).where(CaseImportPart.import_id == import_id).order_by(CaseImportPart.number)


def _of_part(session: Session, part_id: int, outcome: str) -> list[Fate]:
    text = session.scalar(select(CaseImportPart.fates).where(CaseImportPart.id == part_id)) or "[]"
    return [each for each in parts.fates_unpacked(text) if outcome in ("", each.outcome)]


def _view(made: CaseImport, tally: Mapping[str, int], job_id: int | None, job_state: str | None) -> ImportView:
    return ImportView(
        made.id, made.name, made.made_at, made.finished_at, made.state, made.rows, made.done, tally, job_id, job_state
    )
