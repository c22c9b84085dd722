"""Editions of the items, runs of the check and their results, within what the viewer may see."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service.editions.drafts import text_in_force, with_names
from archive_service.errors import NotFound
from archive_service.households.tables import CaseFile, HouseholdFile
from archive_service.people.queries import top_unit
from archive_service.people.roles import Right
from archive_service.people.tables import Person, Unit
from archive_service.people.viewer import Viewer
from archive_service.properties.judge import Answered
from archive_service.properties.scheme import Mode, Moment, Scheme, read, standard
from archive_service.properties.tables import PropertyResult, PropertyRun, PropertyScheme


@dataclass(frozen=True)
class ResultView:
    """An item of a run with what came of it; who answered is none for the program."""

    place: int
    code: str
    property: str
    mode: str
    title_zh: str
    title_en: str
    result: str
    evidence: str
    answered_by: str | None
    answered_at: datetime | None


@dataclass(frozen=True)
class RunView:
    """A run as it is shown."""

    id: int
    moment: str
    #: None for a batch: its papers may belong to many households.
    account_no: str | None
    account_name: str | None
    #: None when a package of a household was checked, or a batch.
    application_no: str | None
    package_id: int | None
    batch_id: int | None
    unit_id: int
    unit_name: str
    edition: str
    state: str
    fingerprint: str
    papers: int
    pages: int
    #: Name of who had it run; none for the archive itself.
    asked_by: str | None
    begun_at: datetime
    finished_at: datetime | None
    report_digest: str | None
    data_digest: str | None
    #: How many items came out how, by result.
    counts: dict[str, int]
    results: tuple[ResultView, ...] = ()


@dataclass(frozen=True)
class RunListing:
    """A page of runs, newest first; `next` continues it."""

    rows: Sequence[RunView]
    next: int | None
    total: int


@dataclass(frozen=True)
class SchemeView:
    """An edition as the list of editions shows it."""

    id: int
    code: str
    title: str
    effective_from: date
    state: str
    text: str
    changed_by: str | None
    changed_at: datetime
    decided_by: str | None
    own: bool


def in_force(session: Session, today: date) -> Scheme:
    """Return the edition by which is checked today: the newest released one, else that of the program."""
    text = text_in_force(session, PropertyScheme, today=today)
    made = read(text)[0] if text is not None else None
    return made or standard()


def schemes(session: Session, viewer: Viewer) -> list[SchemeView]:
    """Return the editions that people wrote, newest first."""
    viewer.require(Right.RECORD_READ)
    rows = session.execute(with_names(PropertyScheme))
    return [_scheme(row[0], row.changer, row.decider, viewer) for row in rows]


def may_draft(session: Session, viewer: Viewer) -> bool:
    """Say whether the viewer may draft editions: they are for everybody, so it takes the right at the top."""
    return viewer.may(Right.CATALOGUE_CHANGE) and viewer.may(Right.CATALOGUE_CHANGE, top_unit(session))


def runs(
    session: Session,
    viewer: Viewer,
    *,
    application_no: str = "",
    state: str = "",
    moment: str = "",
    batch_id: int | None = None,
    before: int | None = None,
    limit: int = 50,
) -> RunListing:
    """Return the runs in the viewer's units, newest first, below the id `before`."""
    viewer.require(Right.RECORD_READ)
    wanted = _rows(viewer)
    for column, asked in (
        (CaseFile.application_no, application_no), (PropertyRun.state, state), (PropertyRun.moment, moment),
    ):  # fmt: skip
        if asked:
            wanted = wanted.where(column == asked)
    if batch_id is not None:
        wanted = wanted.where(PropertyRun.batch_id == batch_id)
    total = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    if before is not None:
        wanted = wanted.where(PropertyRun.id < before)
    rows = session.execute(wanted.order_by(PropertyRun.id.desc()).limit(limit + 1)).all()
    counted = _counts(session, [row[0].id for row in rows[:limit]])
    shown = [_view(row, counted.get(row[0].id, {})) for row in rows[:limit]]
    return RunListing(shown, shown[-1].id if len(rows) > limit else None, total)


def run(session: Session, viewer: Viewer, run_id: int) -> RunView:
    """Return a run with its results. Raises NotFound."""
    viewer.require(Right.RECORD_READ)
    found = session.execute(_rows(viewer).where(PropertyRun.id == run_id)).first()
    if found is None:
        raise not_found()
    results = _results(session, run_id)
    counts: dict[str, int] = {}
    for one in results:
        counts[one.result] = counts.get(one.result, 0) + 1
    return _view(found, counts, results)


def row_for_update(session: Session, viewer: Viewer, run_id: int) -> PropertyRun:
    """Return the row of a run of the viewer's units, locked. Raises NotFound."""
    chosen = select(PropertyRun).where(PropertyRun.id == run_id).with_for_update()
    row = session.scalar(chosen.execution_options(populate_existing=True))
    if row is None or not viewer.may(Right.RECORD_READ, row.unit_id):
        raise not_found()
    return row


def answers(
    session: Session, *, household_id: int, case_id: int | None, moment: Moment, fingerprint: str
) -> dict[str, Answered]:
    """Return what people last answered of the very same content at a moment, by code."""
    case = PropertyRun.case_id.is_(None) if case_id is None else PropertyRun.case_id == case_id
    wanted = (
        select(PropertyResult)
        .join(PropertyRun, PropertyRun.id == PropertyResult.run_id)
        .where(
            PropertyRun.household_id == household_id,
            case,
            PropertyRun.moment == moment.value,
            PropertyRun.fingerprint == fingerprint,
            PropertyResult.mode == Mode.MANUAL.value,
            PropertyResult.answered_at.is_not(None),
        )
        .order_by(PropertyResult.id)
    )
    return {
        one.code: Answered(one.result, one.evidence, one.answered_by, one.answered_at)
        for one in session.scalars(wanted)
        if one.answered_at is not None
    }


def newest_of_package(session: Session, package_id: int) -> PropertyRun | None:
    """Return the newest run over a package, none before the first."""
    wanted = select(PropertyRun).where(PropertyRun.package_id == package_id)
    return session.scalar(wanted.order_by(PropertyRun.id.desc()).limit(1))


def newest_of_batches(session: Session, batch_ids: Collection[int]) -> dict[int, int]:
    """Return the newest run over each of some batches, by batch."""
    wanted = select(PropertyRun.batch_id, func.max(PropertyRun.id)).where(PropertyRun.batch_id.in_(batch_ids))
    return {batch: run for batch, run in session.execute(wanted.group_by(PropertyRun.batch_id)) if batch is not None}


def results_of(session: Session, run_id: int) -> tuple[ResultView, ...]:
    """Return every item of a run, for whoever may see what was checked: the caller has asked that."""
    return _results(session, run_id)


def unreported(session: Session, *, limit: int) -> list[int]:
    """Return runs that ended and have no report yet, oldest first."""
    wanted = select(PropertyRun.id).where(PropertyRun.report_digest.is_(None), PropertyRun.state != "open")
    return list(session.scalars(wanted.order_by(PropertyRun.id).limit(limit)))


def not_found() -> NotFound:
    """Return the refusal for a run that there is not, or that the viewer may not know of."""
    return NotFound("properties.not-found", "没有这次四性检测，或者您无权查看。请从检测记录里选择。")


def _rows(viewer: Viewer) -> Any:
    return (
        select(
            PropertyRun,
            HouseholdFile.account_no,
            HouseholdFile.account_name,
            CaseFile.application_no,
            Unit.name.label("unit_name"),
            Person.name.label("asker"),
        )
        .outerjoin(HouseholdFile, HouseholdFile.id == PropertyRun.household_id)
        .join(Unit, Unit.id == PropertyRun.unit_id)
        .outerjoin(CaseFile, CaseFile.id == PropertyRun.case_id)
        .outerjoin(Person, Person.id == PropertyRun.asked_by)
        .where(PropertyRun.unit_id.in_(viewer.units(Right.RECORD_READ)))
    )


def _counts(session: Session, run_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = {}
    asked = select(PropertyResult.run_id, PropertyResult.result, func.count()).where(PropertyResult.run_id.in_(run_ids))
    for run_id, result, count in session.execute(asked.group_by(PropertyResult.run_id, PropertyResult.result)):
        found.setdefault(run_id, {})[result] = count
    return found


def _results(session: Session, run_id: int) -> tuple[ResultView, ...]:
    rows = session.execute(
        select(PropertyResult, Person.name)
        .outerjoin(Person, Person.id == PropertyResult.answered_by)
        .where(PropertyResult.run_id == run_id)
        .order_by(PropertyResult.place)
    )
    return tuple(
        ResultView(
            one.place,
            one.code,
            one.property,
            one.mode,
            one.title_zh,
            one.title_en,
            one.result,
            one.evidence,
            name,
            one.answered_at,
        )
        for one, name in rows
    )


def _view(found: Any, counts: dict[str, int], results: tuple[ResultView, ...] = ()) -> RunView:
    row: PropertyRun = found[0]
    return RunView(
        id=row.id,
        moment=row.moment,
        account_no=found.account_no,
        account_name=found.account_name,
        application_no=found.application_no,
        package_id=row.package_id,
        batch_id=row.batch_id,
        unit_id=row.unit_id,
        unit_name=found.unit_name,
        edition=row.edition,
        state=row.state,
        fingerprint=row.fingerprint,
        papers=row.papers,
        pages=row.pages,
        asked_by=found.asker,
        begun_at=row.begun_at,
        finished_at=row.finished_at,
        report_digest=row.report_digest,
        data_digest=row.data_digest,
        counts=counts,
        results=results,
    )


def _scheme(row: PropertyScheme, writer: str | None, decider: str | None, viewer: Viewer) -> SchemeView:
    return SchemeView(
        id=row.id,
        code=row.code,
        title=row.title,
        effective_from=row.effective_from,
        state=row.state,
        text=row.text,
        changed_by=writer,
        changed_at=row.changed_at,
        decided_by=decider,
        own=viewer.person_id is not None and viewer.person_id in (row.made_by, row.changed_by),
    )
