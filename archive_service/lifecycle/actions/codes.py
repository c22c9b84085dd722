"""Giving archive codes (档号): one at a time in each series, in the transaction that files the case."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from archive_service.audit.record import SYSTEM, Deed, record, record_all
from archive_service.errors import NotFound
from archive_service.households.queries.locked import households_for_update
from archive_service.households.tables import ArchiveCode, CaseFile, HouseholdFile
from archive_service.lifecycle import numbering
from archive_service.lifecycle.actions.steps import Held
from archive_service.lifecycle.numbering import Numbered
from archive_service.lifecycle.tables import ArchiveSeries, CodePattern
from archive_service.people.roles import Right
from archive_service.people.tables import Unit
from archive_service.people.viewer import Viewer
from archive_service.zone import local


def give_code(held: Held) -> str:
    """Return the archive code of a case that is being filed, given now unless it has one."""
    session, case = held.session, held.case
    known = session.scalar(select(ArchiveCode.code).where(ArchiveCode.case_id == case.id))
    return known or _give(session, [(case, held.household.unit_id)], now=held.now)[case.id]


def number_filed(session: Session, case_ids: Sequence[int], *, now: datetime) -> int:
    """Give codes to cases that were filed before there were any, in the order given; return how many got one."""
    places = session.execute(select(CaseFile.id, CaseFile.household_id).where(CaseFile.id.in_(case_ids))).all()
    heads = households_for_update(session, {one.household_id for one in places})
    known = set(session.scalars(select(ArchiveCode.case_id).where(ArchiveCode.case_id.in_(case_ids))))
    wanted = select(CaseFile).where(CaseFile.id.in_(set(case_ids) - known), CaseFile.filed_at.is_not(None))
    locked = wanted.order_by(CaseFile.id).with_for_update().execution_options(populate_existing=True)
    rows = {row.id: row for row in session.scalars(locked)}
    cases = [(rows[key], heads[rows[key].household_id].unit_id) for key in case_ids if key in rows]
    given = _give(session, cases, now=now)
    deeds = []
    for case, unit_id in cases:
        head: HouseholdFile = heads[case.household_id]
        head.revision += 1
        facts = {"account_no": head.account_no, "application_no": case.application_no, "archive_code": given[case.id]}
        deeds.append(Deed("case.numbered", "case", case.id, unit_id, facts))
    session.flush()
    record_all(session, deeds, by=SYSTEM, now=now)
    return len(given)


def set_pattern(session: Session, unit_code: str, pattern: str, *, by: Viewer, now: datetime) -> str:
    """Let a unit and those below it write codes by a pattern from now on; codes given before stay.

    Raises NotFound, NotPermitted, Invalid.
    """
    unit = session.scalar(select(Unit).where(Unit.code == unit_code).with_for_update())
    if unit is None or not by.may(Right.RECORD_READ, unit.id):
        raise NotFound("people.unit-not-found", "没有这个单位，或者您无权查看。请核对单位代码。")
    by.require(Right.CATALOGUE_RELEASE, unit.id)
    said = numbering.check_pattern(pattern)
    kept = session.scalar(select(CodePattern).where(CodePattern.unit_id == unit.id))
    was = kept.pattern if kept else None
    kept = kept or CodePattern(unit_id=unit.id)
    kept.pattern, kept.set_by, kept.set_at = said, by.person_id, now
    session.add(kept)
    session.flush()
    record(
        session,
        by=by.actor,
        did="archive-code.pattern-set",
        object_kind="unit",
        object_id=unit.id,
        unit_id=unit.id,
        facts={"pattern": said, "was": was},
        now=now,
    )
    return said


def _give(session: Session, cases: Sequence[tuple[CaseFile, int]], *, now: datetime) -> dict[int, str]:
    """Give codes to cases with their units; return them by case. The rows of the cases are locked."""
    wanted: dict[str, list[tuple[CaseFile, str]]] = defaultdict(list)
    for case, unit_id in cases:
        unit = session.get_one(Unit, unit_id)
        pattern = _pattern_of(session, unit)
        # The year of energisation; of the filing where nothing was energised.
        year = case.energised_on.year if case.energised_on else local(case.filed_at or now).year
        of = Numbered(unit.code, case.customer_category, case.business_type, year)
        wanted[numbering.series_of(pattern, of)].append((case, pattern))
    given: dict[int, str] = {}
    # Counters in the order of their names: nobody waits in a circle.
    for series in sorted(wanted):
        first = _taken(session, series, len(wanted[series])) - len(wanted[series]) + 1
        for serial, (case, pattern) in enumerate(wanted[series], start=first):
            given[case.id] = numbering.code_of(pattern, series, serial)
            session.add(ArchiveCode(case_id=case.id, code=given[case.id], series=series, serial=serial, given_at=now))
    session.flush()
    return given


def _taken(session: Session, series: str, count: int) -> int:
    """Take so many numbers of a series and return the last; the counter stays locked until the transaction ends."""
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    insert = (sqlite_insert if on_sqlite else postgresql_insert)(ArchiveSeries)
    upsert = insert.values(series=series, last=count).on_conflict_do_update(
        index_elements=["series"], set_={"last": ArchiveSeries.last + count}
    )
    return session.scalars(upsert.returning(ArchiveSeries.last)).one()


def _pattern_of(session: Session, unit: Unit) -> str:
    """Return the pattern of the nearest unit that has one, upwards from this one."""
    above = [int(key) for key in unit.path.split("/") if key]
    found = dict(
        session.execute(select(CodePattern.unit_id, CodePattern.pattern).where(CodePattern.unit_id.in_(above))).all()
    )
    return next((found[key] for key in reversed(above) if key in found), numbering.DEFAULT)
