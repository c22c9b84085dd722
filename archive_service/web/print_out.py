"""Papers that are printed, through whichever door: made, and put on record before they leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from archive_service.audit.record import record
from archive_service.errors import Refused
from archive_service.households import queries as households
from archive_service.people.roles import Right
from archive_service.web import case_filters, paper_lists, papers
from archive_service.web.asking import Asking
from archive_service.web.pages import cases


@dataclass(frozen=True)
class Printed:
    """A paper as PDF, and what to call the file."""

    pdf: bytes
    name: str


def of_case(asking: Asking, application_no: str, paper: str, *, round_: int | None = None) -> Printed:
    """Return a paper of a case and write down who printed it. Raises NotFound and Refused."""
    with asking.services.database.reading() as session:
        of = papers.of_case(session, asking, application_no, round_=round_)
    made = papers.made(of, paper, printed=papers.printed_by(asking), made_at=asking.now)
    with asking.services.database.unit_of_work() as session:
        facts = {"paper": paper, "account_no": of.file.account_no, "application_no": application_no}
        noted(session, asking, "case", of.case.id, unit_id=of.file.unit_id, facts=facts)
    return Printed(made, f"{of.say(papers.TITLES[paper])} {of.case.archive_code or application_no}.pdf")


def of_cases(asking: Asking, listing: str, values: Mapping[str, str]) -> Printed:
    """Return a list of the cases that filters let through and write down who printed it. Raises NotFound and Refused.

    `values` are filters as `case_filters.known` returns them.
    """
    asking.viewer.require(Right.RECORD_READ)
    paper_lists.check(listing)
    wanted = case_filters.filters(values, asking.today)
    with asking.services.database.reading() as session:
        found = households.cases(session, asking.viewer, filters=wanted, limit=1, counted=paper_lists.MOST)
    if found.more or found.total > paper_lists.MOST:
        raise Refused(
            "paper.too-many",
            f"符合条件的案件超过 {paper_lists.MOST} 个，没有打印。请先按供电所或月份缩小范围。",
            most=paper_lists.MOST,
        )
    rows = cases.all_rows(asking, wanted)
    told = cases.told(asking, values)
    unit = next((row.unit_name for row in rows), "") if len({row.unit_code for row in rows}) == 1 else ""
    made = paper_lists.made(asking, listing, rows, narrowed=told, unit=unit)
    with asking.services.database.unit_of_work() as session:
        facts = {
            "paper": listing, "rows": len(rows),
            "filters": {name: value for name, value in values.items() if name != "q"},
        }  # fmt: skip
        noted(session, asking, "list", listing, unit_id=asking.viewer.unit_id, facts=facts)
    return Printed(made, f"{asking.say(paper_lists.TITLES[listing])} {asking.today}.pdf")


def noted(
    session: Any,
    asking: Asking,
    kind: str,
    object_id: str | int,
    *,
    unit_id: int,
    facts: Mapping[str, Any],
    did: str = "paper.printed",
) -> None:
    """Write down that a paper with personal data left the archive, or was written for it."""
    record(
        session,
        by=asking.viewer.actor,
        did=did,
        object_kind=kind,
        object_id=object_id,
        unit_id=unit_id,
        facts=facts,
        now=asking.now,
    )
