"""What recognition may ask: which registered households and cases fit a number or a name.

No viewer here: the caller names the units within which a scan may be matched.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from archive_service import ids
from archive_service.catalogue.load import edition_for
from archive_service.errors import ArchiveError, NotFound
from archive_service.households.tables import CaseFile, HouseholdFile, Verdict
from archive_service.households.values import KnownCase, KnownHousehold

#: More households than this of one name say nothing.
_MOST_BY_NAME = 50
_FULL, _HALF = "\uff08\uff09", "()"


def known_by_account(session: Session, units: Collection[int], account_no: str) -> list[KnownHousehold]:
    """Return the household with the account number, if it belongs to one of `units`."""
    return _known(session, units, HouseholdFile.account_no == ids.compact(account_no))


def known_by_application(session: Session, units: Collection[int], application_no: str) -> list[KnownCase]:
    """Return the case with the application number, if its household belongs to one of `units`."""
    number = ids.compact(application_no).upper()
    wanted = (
        select(CaseFile)
        .join(HouseholdFile, HouseholdFile.id == CaseFile.household_id)
        .where(CaseFile.application_no == number, HouseholdFile.unit_id.in_(units))
    )
    return _known_cases(session, session.scalars(wanted))


def known_by_name(session: Session, units: Collection[int], account_name: str) -> list[KnownHousehold]:
    """Return the households of `units` with this name, whatever the brackets and spaces in it; at most fifty."""
    name = ids.compact(account_name)
    if not name:
        return []
    plain = func.replace(HouseholdFile.account_name, " ", "")
    for full, half in zip(_FULL, _HALF, strict=True):
        plain = func.replace(plain, full, half)
    exact = HouseholdFile.account_name.in_({account_name.strip(), name, name.translate(str.maketrans(_HALF, _FULL))})
    # The indexed comparison answers nearly always; the other reads every name of the units.
    return _known(session, units, exact) or _known(session, units, plain == name)


def household_known(session: Session, household_id: int) -> KnownHousehold | None:
    """Return a household by its id, or none."""
    head = session.get(HouseholdFile, household_id)
    return None if head is None else _known(session, [head.unit_id], HouseholdFile.id == household_id)[0]


def unit_of(session: Session, household_id: int) -> int:
    """Return the id of the unit to which a household belongs. Raises NotFound."""
    unit_id = session.scalar(select(HouseholdFile.unit_id).where(HouseholdFile.id == household_id))
    if unit_id is None:
        raise NotFound("household.not-found", "没有这个户档案，或者您无权查看。请核对户号后再试。")
    return unit_id


def _known(session: Session, units: Collection[int], condition: ColumnElement[bool]) -> list[KnownHousehold]:
    wanted = select(HouseholdFile).where(HouseholdFile.unit_id.in_(units), condition).order_by(HouseholdFile.id)
    heads = list(session.scalars(wanted.limit(_MOST_BY_NAME)))
    keys = [head.id for head in heads]
    rows = session.scalars(select(CaseFile).where(CaseFile.household_id.in_(keys)).order_by(CaseFile.id))
    cases: Mapping[int, list[KnownCase]] = defaultdict(list)
    for case in _known_cases(session, rows):
        cases[case.household_id].append(case)
    return [
        KnownHousehold(
            id=head.id,
            account_no=head.account_no,
            account_name=head.account_name,
            service_address=head.service_address,
            customer_category=head.customer_category,
            cases=tuple(cases[head.id]),
        )
        for head in heads
    ]


def _known_cases(session: Session, rows: Iterable[CaseFile]) -> list[KnownCase]:
    cases = list(rows)
    expected: dict[int, set[str]] = defaultdict(set)
    columns = select(Verdict.case_id, Verdict.document_type, Verdict.requirement, Verdict.evidence, Verdict.details)
    for verdict in session.execute(columns.where(Verdict.case_id.in_([case.id for case in cases]))):
        # A conditional paper whose condition does not hold is not expected; everything else is.
        if verdict.requirement != "conditional" or verdict.details.get("due") or verdict.evidence:
            expected[verdict.case_id].add(verdict.document_type)
    return [
        KnownCase(
            id=case.id,
            household_id=case.household_id,
            application_no=case.application_no,
            business_type=case.business_type,
            customer_category=case.customer_category,
            accepted_on=case.accepted_on,
            energised_on=case.energised_on,
            expected=frozenset(expected[case.id]) or _anything(case),
        )
        for case in cases
    ]


def _anything(case: CaseFile) -> frozenset[str]:
    """Return every type that such cases may hold, for a case that could not be assessed."""
    try:
        wanted = edition_for(case.accepted_on).requirements(case.customer_category, case.business_type)
    except ArchiveError:
        return frozenset()
    return frozenset(one.document_type for one in wanted)
