"""Archive codes: by pattern, one after the other however many file at once, without gaps, and kept for ever."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select

from archive_service import ids
from archive_service.audit.tables import AuditEntry
from archive_service.db.session import Database
from archive_service.errors import Invalid, NotPermitted, Refused
from archive_service.households import queries as households
from archive_service.households.queries.cases import CaseFilters
from archive_service.households.tables import ArchiveCode, CaseFile
from archive_service.lifecycle import actions, numbering
from archive_service.lifecycle.tables import ArchiveSeries
from archive_service.people.roles import Role
from archive_service.worker.archive_codes import ArchiveCodes
from tests.support import records
from tests.support.at_once import at_once
from tests.support.records import NOW


def accepted(session: object) -> CaseFile:
    """Return a complete case that only has to be filed."""
    case = records.case(session)  # type: ignore[arg-type]
    records.everything_due(session, case)  # type: ignore[arg-type]
    for step in (actions.submit_case, actions.accept_case):
        step(session, case.application_no, by=records.system(session), now=NOW)  # type: ignore[arg-type, operator]
    return case


def file(session: object, case: CaseFile) -> str:
    """File a case and return its code."""
    actions.file_case(session, case.application_no, by=records.system(session), now=NOW)  # type: ignore[arg-type]
    return session.scalars(select(ArchiveCode.code).where(ArchiveCode.case_id == case.id)).one()  # type: ignore[attr-defined]


def series_and_serial(code: str) -> tuple[str, int]:
    """Part a code of the default pattern."""
    series, _, serial = code.rpartition("-")
    return series, int(serial)


def test_filed_cases_are_numbered_one_after_the_other_and_show_their_codes(database: Database) -> None:
    """The first is 1; the code says unit, category and year, and finds its case."""
    with database.unit_of_work() as session:
        cases = [accepted(session) for _ in range(3)]
        codes = [file(session, case) for case in cases]
        assert [series_and_serial(code)[1] for code in codes] == [1, 2, 3]
        year = (cases[0].energised_on or NOW).year
        assert codes[0] == f"ROOT-KH·{cases[0].customer_category}-{year}-00001"
        by = records.system(session)
        assert households.case(session, by, cases[1].application_no).archive_code == codes[1]
        found = households.cases(session, by, filters=CaseFilters(text=ids.scanned_code(codes[2])))
        assert [row.application_no for row in found.rows] == [cases[2].application_no]
        told = session.scalars(select(AuditEntry.facts).where(AuditEntry.did == "case.filed")).all()
        assert [one["archive_code"] for one in told] == codes


def test_a_case_filed_again_keeps_its_code(database: Database) -> None:
    """A supplement is filed under the number that stands on the box."""
    with database.unit_of_work() as session:
        case = accepted(session)
        code, by = file(session, case), records.system(session)
        actions.reopen_case(
            session, case.application_no, purpose="supplement", reason="补一份", by=by, now=NOW, filing_due_workdays=3
        )
        records.item(session, case, "OTHER")
        records.filed(session, case)
        assert session.scalars(select(ArchiveCode.code)).all() == [code]
        assert session.scalar(select(ArchiveSeries.last)) == 1


def test_a_filing_that_fails_leaves_no_gap(database: Database) -> None:
    """What was rolled back never took a number."""
    with database.unit_of_work() as session:
        first, second = accepted(session), accepted(session)
    with pytest.raises(ZeroDivisionError), database.unit_of_work() as session:
        _ = 1 // (series_and_serial(file(session, first))[1] - 1)
    with database.unit_of_work() as session:
        assert series_and_serial(file(session, second))[1] == 1


def test_a_number_is_not_given_again_when_its_case_is_gone(database: Database) -> None:
    """The counter goes on; the code of a destroyed file names nothing else."""
    with database.unit_of_work() as session:
        file(session, accepted(session))
        session.execute(delete(ArchiveCode))
        assert series_and_serial(file(session, accepted(session)))[1] == 2


def test_filings_at_once_get_consecutive_numbers(database: Database) -> None:
    """Eight people file eight cases at the same moment: 1 to 8, each once."""
    with database.unit_of_work() as session:
        cases = [accepted(session).application_no for _ in range(8)]
        by = records.system(session)

    def one(number: str) -> None:
        with database.unit_of_work() as session:
            actions.file_case(session, number, by=by, now=NOW)

    assert at_once(one, cases) == [None] * len(cases)
    with database.reading() as session:
        assert sorted(session.scalars(select(ArchiveCode.serial))) == list(range(1, 9))


def test_a_case_of_two_people_at_once_takes_one_number(database: Database) -> None:
    """The second is refused and the counter has not moved."""
    with database.unit_of_work() as session:
        case = accepted(session)
        file(session, case)
        with pytest.raises(Refused):
            file(session, case)
        assert session.scalar(select(ArchiveSeries.last)) == 1


def test_cases_filed_before_get_theirs_in_the_order_of_filing(database: Database) -> None:
    """The program's upkeep gives them, once, and says so in the trail."""
    with database.unit_of_work() as session:
        cases = [accepted(session) for _ in range(3)]
        for late, case in enumerate(reversed(cases)):
            records_by = records.system(session)
            actions.file_case(session, case.application_no, by=records_by, now=NOW + timedelta(hours=late))
        session.execute(delete(ArchiveCode))
        session.execute(delete(ArchiveSeries))
    ArchiveCodes(database, lambda: NOW).run_once()
    ArchiveCodes(database, lambda: NOW).run_once()
    with database.reading() as session:
        order = session.scalars(select(ArchiveCode.case_id).order_by(ArchiveCode.serial)).all()
        assert list(order) == [case.id for case in reversed(cases)]
        numbered = select(func.count()).where(AuditEntry.did == "case.numbered")
        assert session.scalar(numbered) == 3


def test_a_unit_writes_codes_by_its_own_pattern_and_so_do_those_below_it(database: Database) -> None:
    """Until one below sets another; codes that were given stay."""
    with database.unit_of_work() as session:
        below = records.unit(session, "S1", below=records.unit(session))
        lowest = records.unit(session, "S2", below=below)
        before = file(session, accepted(session))
        by = records.system(session)
        actions.set_pattern(session, "S1", "{fonds}·{year}·{business}-{serial:4}", by=by, now=NOW)
        made = records.case(session, at=lowest)
        records.everything_due(session, made)
        records.filed(session, made)
        code = households.case(session, by, made.application_no).archive_code
        year = (made.energised_on or NOW).year
        assert code == f"S2·{year}·{made.business_type}-0001"
        assert before.startswith("ROOT-KH·")


def test_a_pattern_is_set_by_who_releases_editions(database: Database) -> None:
    """Somebody who only files does not."""
    with database.unit_of_work() as session:
        clerk = records.viewer(session, Role.ARCHIVIST)
        with pytest.raises(NotPermitted):
            actions.set_pattern(session, "ROOT", numbering.DEFAULT, by=clerk, now=NOW)


@pytest.mark.parametrize(
    "pattern",
    ["", "{fonds}-{year}", "{fonds}-{year}{serial:5}", "{fonds}-{serial:5}", "{year}-{serial:5}",
     "{fonds}-{year}-{serial:5}-A", "{fonds}-{year}-{name}-{serial:5}", "{fonds}-{year}-甲-{serial:5}",
     "{fonds}-{year}-{serial:1}"],
)  # fmt: skip
def test_a_pattern_that_would_name_two_things_alike_is_refused(pattern: str) -> None:
    """Every code ends with a serial behind a sign of its own, and says unit and year."""
    with pytest.raises(Invalid):
        numbering.check_pattern(pattern)


def test_a_series_that_outgrows_its_digits_goes_on() -> None:
    """The hundred-thousandth volume of a year has six digits."""
    assert numbering.check_pattern(numbering.DEFAULT) == numbering.DEFAULT
    assert numbering.code_of(numbering.DEFAULT, "A-KH·HV-2026-", 100_000) == "A-KH·HV-2026-100000"
