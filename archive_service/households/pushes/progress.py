"""How far a case is, for its customer at a terminal or on the phone: progress, and nothing of what the papers say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service import masking
from archive_service.catalogue.load import known
from archive_service.errors import NotFound
from archive_service.households.tables import CaseFile, CaseStage, HouseholdFile, Item, ItemField, Verdict
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from archive_service.restricted.queries import lasting

#: So many last digits of the account number, or of a phone number on the papers of the household.
PROOF = 4
_PHONES = ("phone", "mobile", "agent_phone")


@dataclass(frozen=True)
class Progress:
    """Where a case is; names are masked, papers are named and never shown."""

    application_no: str
    account_name: str
    business_type: str
    state: str
    #: The furthest stage that is done, by its code; none before the first.
    stage: str | None
    complete: bool
    due_on: date | None
    #: Codes of papers that the customer still owes.
    owed: tuple[str, ...]


def progress(session: Session, viewer: Viewer, application_no: str, proof: str) -> Progress:
    """Return how far a case is for who knows the last digits of its account number or phone.

    Raises NotPermitted without the right, and the same NotFound for a number that nobody has, one of another unit, and
    digits that do not fit.
    """
    viewer.require(Right.CASE_STATUS)
    found = session.execute(
        select(CaseFile, HouseholdFile)
        .join(HouseholdFile, HouseholdFile.id == CaseFile.household_id)
        .where(CaseFile.application_no == application_no, HouseholdFile.unit_id.in_(viewer.units(Right.CASE_STATUS)))
    ).first()
    household_id = found[1].id if found else 0
    proofs = {number[-PROOF:] for number in _phones(session, household_id)}
    if found is None or proof not in proofs | {found[1].account_no[-PROOF:]}:
        raise NotFound("status.not-found", "没有查到这个业务，或者核对的数字不符。请核对申请编号和尾号后再试。")
    case, household = found
    return Progress(
        application_no=case.application_no,
        account_name=masking.name_for_outsiders(household.account_name),
        business_type=case.business_type,
        state=case.state,
        stage=_furthest(session, case.id),
        complete=case.complete,
        due_on=case.filing_due_on,
        owed=tuple(_owed(session, case.id)),
    )


def _phones(session: Session, household_id: int) -> list[str]:
    rows = (
        select(ItemField.value)
        .join(Item, Item.id == ItemField.item_id)
        .where(Item.household_id == household_id, Item.state == "filed", ItemField.name.in_(_PHONES))
        .where(~lasting(Item.id))
    )
    digits = ["".join(filter(str.isdecimal, value)) for value in session.scalars(rows)]
    return [one for one in digits if len(one) > PROOF]


def _furthest(session: Session, case_id: int) -> str | None:
    done = set(session.scalars(select(CaseStage.stage).where(CaseStage.case_id == case_id)))
    order = [stage for edition in known().every for stage in edition.stages]
    return next((stage for stage in reversed(order) if stage in done), None)


def _owed(session: Session, case_id: int) -> list[str]:
    rows = select(Verdict.document_type).where(Verdict.case_id == case_id, Verdict.status == "missing")
    origins = {code: kind.origin for edition in known().every for code, kind in edition.document_types.items()}
    wanted = session.scalars(rows.where(Verdict.requirement != "optional").order_by(Verdict.document_type))
    return [code for code in wanted if origins.get(code) == "customer"]
