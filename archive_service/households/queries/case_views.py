"""Cases as they are shown, with their stages and the verdicts of their last assessment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service import masking
from archive_service.catalogue.load import edition_by_code
from archive_service.catalogue.schema import Edition
from archive_service.households.queries import concealed
from archive_service.households.tables import ArchiveCode, CaseFile, CaseStage, HouseholdFile, StageCorrection, Verdict
from archive_service.households.views import CaseView, StageView, VerdictView

_VERDICTS = select(*Verdict.__table__.columns)


def case_views(
    session: Session,
    head: HouseholdFile,
    rows: Sequence[CaseFile],
    *,
    personal: bool,
    opened: Collection[int] = (),
) -> list[CaseView]:
    """Return cases of a household with stages and verdicts, in the order given.

    What verdicts say of papers that are stored only and not `opened` is left out.
    """
    shut = concealed.closed_in(session, head.id, opened)
    keys = [row.id for row in rows]
    stages = _stages(session, keys)
    verdicts: dict[int, list[Any]] = defaultdict(list)
    for verdict in session.execute(_VERDICTS.where(Verdict.case_id.in_(keys)).order_by(Verdict.id)):
        verdicts[verdict.case_id].append(verdict)
    given = select(ArchiveCode.case_id, ArchiveCode.code).where(ArchiveCode.case_id.in_(keys))
    codes = {row.case_id: row.code for row in session.execute(given)}
    return [
        CaseView(
            id=row.id,
            household_id=head.id,
            account_no=head.account_no,
            account_name=head.account_name,
            application_no=row.application_no,
            customer_category=row.customer_category,
            business_type=row.business_type,
            capacity_kva=row.capacity_kva,
            voltage=row.voltage,
            conditions=None if row.conditions is None else tuple(row.conditions),
            accepted_on=row.accepted_on,
            energised_on=row.energised_on,
            filing_due_on=row.filing_due_on,
            state=row.state,
            filed_at=row.filed_at,
            edition=row.edition,
            complete=row.complete,
            due_count=row.due_count,
            satisfied_count=row.satisfied_count,
            missing_count=row.missing_count,
            doubtful_count=row.doubtful_count,
            deferred_count=row.deferred_count,
            assessment_error=row.assessment_error,
            stages=tuple(stages[row.id]),
            verdicts=tuple(_verdict_views(row, verdicts[row.id], personal=personal, shut=shut)),
            archive_code=codes.get(row.id),
        )
        for row in rows
    ]


def _stages(session: Session, case_ids: Sequence[int]) -> defaultdict[int, list[StageView]]:
    """Return the stages of each case in the order of their days, none for a case without; a corrected day counts."""
    corrected = select(StageCorrection.case_id, StageCorrection.stage, StageCorrection.wanted)
    corrected = corrected.where(StageCorrection.case_id.in_(case_ids), StageCorrection.approved.is_(True))
    held = {(row[0], row[1]): row[2] for row in session.execute(corrected.order_by(StageCorrection.id))}
    done = select(CaseStage).where(CaseStage.case_id.in_(case_ids)).order_by(CaseStage.done_on, CaseStage.id)
    stages: defaultdict[int, list[StageView]] = defaultdict(list)
    for stage in session.scalars(done):
        now = held.get((stage.case_id, stage.stage))
        stages[stage.case_id].append(StageView(stage.stage, now or stage.done_on, stage.done_on if now else None))
    return stages


def _verdict_views(
    row: CaseFile, verdicts: Iterable[Any], *, personal: bool, shut: Collection[int]
) -> list[VerdictView]:
    edition = edition_by_code(row.edition) if row.edition else None
    place = {code: at for at, code in enumerate(edition.document_types)} if edition else {}
    bases = _bases(edition, row)
    in_order = sorted(verdicts, key=lambda v: (place.get(v.document_type, len(place)), v.document_type))
    told = [(one, bases.get(one.document_type, "")) for one in in_order]
    return [concealed.verdict_view(_verdict_view(one, basis, personal=personal), shut, basis) for one, basis in told]


def _bases(edition: Edition | None, row: CaseFile) -> dict[str, str]:
    """Return by document type which edition and source ask for it in such cases, as the end of a sentence."""
    if edition is None or (row.customer_category, row.business_type) not in edition.combinations:
        return {}
    return {each.document_type: each.because for each in edition.requirements(row.customer_category, row.business_type)}


def _verdict_view(one: Any, basis: str, *, personal: bool) -> VerdictView:
    # Verdicts written by earlier versions of the program end with it already.
    reason = one.reason if one.reason.endswith(basis) else one.reason + basis
    until = one.details.get("until")
    return VerdictView(
        document_type=one.document_type,
        requirement=one.requirement,
        condition=one.condition,
        status=one.status,
        evidence=tuple(one.evidence),
        reason=reason if personal else masking.text(reason),
        due=bool(one.details.get("due")),
        until=date.fromisoformat(until) if until else None,
        places={int(item): page for item, page in one.details.get("places", {}).items()},
    )
