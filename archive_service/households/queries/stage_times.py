"""The days of the stages of a case: as first recorded, every correction, and what the papers print."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from archive_service import masking
from archive_service.errors import NotFound
from archive_service.households import stage_rules
from archive_service.households.tables import CaseFile, CaseStage, HouseholdFile, Item, StageCorrection
from archive_service.people.roles import Right
from archive_service.people.tables import Person
from archive_service.people.viewer import Viewer


@dataclass(frozen=True)
class CorrectionView:
    """A correction: asked for, and decided when `approved` is not none."""

    id: int
    was: date
    wanted: date
    reason: str
    asked_by: str | None
    asked_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    approved: bool | None
    #: The viewer may decide on it now.
    may_decide: bool


@dataclass(frozen=True)
class PrintedDate:
    """The date on a paper of a stage."""

    item_id: int
    document_type: str
    on: date


@dataclass(frozen=True)
class StageTime:
    """The day of a stage."""

    stage: str
    #: As first recorded, and the day that holds now; none when only papers tell of the stage.
    first_on: date | None
    recorded_at: datetime | None
    holds: date | None
    corrections: tuple[CorrectionView, ...]
    printed: tuple[PrintedDate, ...]
    #: The papers print the day that holds; none when there is nothing to compare.
    agrees: bool | None


def stage_times(session: Session, viewer: Viewer, application_no: str) -> list[StageTime]:
    """Return the days of the stages that are recorded or printed, in the order of the stages. Raises NotFound."""
    found = session.execute(
        select(CaseFile.id, CaseFile.household_id, HouseholdFile.unit_id)
        .join(HouseholdFile, HouseholdFile.id == CaseFile.household_id)
        .where(CaseFile.application_no == application_no, HouseholdFile.unit_id.in_(viewer.units(Right.RECORD_READ)))
    ).first()
    if found is None:
        raise NotFound("case.not-found", "没有这个业务，或者您无权查看。请核对申请编号后再试。")
    personal = viewer.reads_personal(found.unit_id, found.household_id)
    days = {one.stage: one for one in session.scalars(select(CaseStage).where(CaseStage.case_id == found.id))}
    corrections = _corrections(session, viewer, found.id, found.unit_id, personal=personal)
    printed = _printed(session, found.id)
    made = []
    for stage in [*stage_rules.PRINTED, *(code for code in days if code not in stage_rules.PRINTED)]:
        day, papers = days.get(stage), printed[stage]
        if day is None and not papers:
            continue
        approved = [one for one in corrections[stage] if one.approved]
        holds = approved[-1].wanted if approved else day.done_on if day else None
        made.append(
            StageTime(
                stage=stage,
                first_on=day.done_on if day else None,
                recorded_at=day.recorded_at if day else None,
                holds=holds,
                corrections=tuple(corrections[stage]),
                printed=tuple(papers),
                agrees=stage_rules.agrees([one.on for one in papers], holds),
            )
        )
    return made


def _corrections(
    session: Session, viewer: Viewer, case_id: int, unit_id: int, *, personal: bool
) -> dict[str, list[CorrectionView]]:
    asker, decider = aliased(Person), aliased(Person)
    wanted = (
        select(StageCorrection, asker.name, decider.name)
        .outerjoin(asker, asker.id == StageCorrection.asked_by)
        .outerjoin(decider, decider.id == StageCorrection.decided_by)
        .where(StageCorrection.case_id == case_id)
        .order_by(StageCorrection.id)
    )
    found: dict[str, list[CorrectionView]] = defaultdict(list)
    for row, asked_by, decided_by in session.execute(wanted):
        own = row.asked_by is not None and row.asked_by == viewer.person_id
        found[row.stage].append(
            CorrectionView(
                id=row.id,
                was=row.was,
                wanted=row.wanted,
                reason=row.reason if personal else masking.text(row.reason),
                asked_by=asked_by,
                asked_at=row.asked_at,
                decided_by=decided_by,
                decided_at=row.decided_at,
                approved=row.approved,
                may_decide=row.decided_at is None and not own and viewer.may(Right.STAGE_APPROVE, unit_id),
            )
        )
    return found


def _printed(session: Session, case_id: int) -> dict[str, list[PrintedDate]]:
    wanted = select(Item.id, Item.document_type, Item.document_date).where(
        Item.case_id == case_id, Item.state == "filed", Item.document_date.is_not(None)
    )
    found: dict[str, list[PrintedDate]] = defaultdict(list)
    for key, document_type, day in session.execute(wanted.order_by(Item.item_no)):
        stage = stage_rules.stage_of(document_type)
        if stage is not None and day is not None:
            found[stage].append(PrintedDate(key, document_type, day))
    return found
