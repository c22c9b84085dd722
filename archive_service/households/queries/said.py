"""What people asked for, decided and said about the gaps and alarms of cases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Select, case, select
from sqlalchemy.orm import Session, aliased

from archive_service.households.tables import CaseFile, CaseRuling, FalseAlarm, HouseholdFile
from archive_service.households.views import FalseAlarmView, RulingView
from archive_service.people.roles import Right
from archive_service.people.tables import Person
from archive_service.people.viewer import Viewer

_MOST = 200
_asker = aliased(Person)


def _chosen() -> Select[CaseRuling, CaseFile, HouseholdFile, str]:
    return (
        select(CaseRuling, CaseFile, HouseholdFile, _asker.name)
        .join(CaseFile, CaseFile.id == CaseRuling.case_id)
        .join(HouseholdFile, HouseholdFile.id == CaseFile.household_id)
        .outerjoin(_asker, _asker.id == CaseRuling.asked_by)
    )


def rulings_of_case(session: Session, case_id: int) -> list[RulingView]:
    """Return what was asked and decided about the papers of a case that the reader has been shown, newest first."""
    chosen = _chosen().where(CaseRuling.case_id == case_id).order_by(CaseRuling.id.desc())
    return [_view(*row) for row in session.execute(chosen)]


def rulings(session: Session, viewer: Viewer) -> Sequence[RulingView]:
    """Return what waits for a decision and what is deferred, the earliest day first, in the viewer's units."""
    chosen = (
        _chosen()
        .where(HouseholdFile.unit_id.in_(viewer.units(Right.RECORD_READ)))
        .where((CaseRuling.state == "asked") | ((CaseRuling.state == "approved") & (CaseRuling.kind == "deferred")))
        .order_by(
            case((CaseRuling.state == "asked", 0), else_=1),
            case((CaseRuling.until_on.is_(None), date.max), else_=CaseRuling.until_on),
            CaseRuling.id,
        )
        .limit(_MOST)
    )
    return [_view(*row) for row in session.execute(chosen)]


def false_alarms(session: Session, case_id: int) -> dict[tuple[str, str], FalseAlarmView]:
    """Return what stands of a case as false alarm, by rule and fingerprint of what it saw."""
    chosen = (
        select(FalseAlarm, Person.name)
        .outerjoin(Person, Person.id == FalseAlarm.said_by)
        .where(FalseAlarm.case_id == case_id, FalseAlarm.taken_back_at.is_(None))
    )
    return {
        (row.rule, row.fingerprint): FalseAlarmView(row.id, row.reason, name or "", row.said_at)
        for row, name in session.execute(chosen)
    }


def _view(row: CaseRuling, of: CaseFile, household: HouseholdFile, asker: str | None) -> RulingView:
    return RulingView(
        id=row.id,
        account_no=household.account_no,
        account_name=household.account_name,
        unit_id=household.unit_id,
        application_no=of.application_no,
        document_type=row.document_type,
        kind=row.kind,
        reason=row.reason,
        until=row.until_on,
        state=row.state,
        asked_by=row.asked_by,
        asker=asker or "",
        asked_at=row.asked_at,
        decider=row.decider,
        decided_at=row.decided_at,
        note=row.note or "",
    )


def case_numbers(session: Session, case_id: int) -> tuple[str, str]:
    """Return account and application number of a case that the caller has just changed."""
    chosen = (
        select(HouseholdFile.account_no, CaseFile.application_no)
        .join(CaseFile, CaseFile.household_id == HouseholdFile.id)
        .where(CaseFile.id == case_id)
    )
    row = session.execute(chosen).one()
    return row.account_no, row.application_no
