"""`household` and `completeness`: one household's whole file, and what its cases lack."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from archive_service import clock
from archive_service.cli import output
from archive_service.cli.services import Services
from archive_service.errors import Invalid
from archive_service.households import queries
from archive_service.households.views import CaseView, HouseholdView


@click.command()
@click.argument("account_no")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def household(services: Services, account_no: str, as_json: bool) -> None:
    """Show the whole file of a household: cases, items, gaps."""
    with services.reading() as (session, viewer):
        found = queries.household(session, viewer, account_no)
    if as_json:
        output.emit(_json(found))
    else:
        _print(found)


def _json(found: HouseholdView) -> dict[str, Any]:
    shown: dict[str, Any] = output.plain(found)
    gaps = [
        {"application_no": case.application_no, "document_type": verdict.document_type, "status": verdict.status}
        for case in found.cases
        for verdict in case.verdicts
        if verdict.status in ("missing", "doubtful")
    ]
    # Borrowing, holds and rooms are not kept by this version; an empty list says that there are none.
    return {**shown, "gaps": gaps, "loans": [], "holds": [], "placement": None}


def _print(found: HouseholdView) -> None:
    output.say(f"{found.account_name}  户号 {found.account_no}  {found.unit_name}")
    output.say(found.service_address)
    for case in found.cases:
        _print_case(case)
    output.say("")
    output.table(
        ("件号", "类型", "题名", "日期", "页数", "申请编号"),
        [
            (item.item_no, item.document_type, item.title, item.document_date, len(item.pages), item.application_no)
            for item in found.items
        ],
    )


def _print_case(case: CaseView) -> None:
    state = "资料齐全" if case.complete else f"缺 {case.missing_count}，存疑 {case.doubtful_count}"
    output.say(
        f"\n案件 {case.application_no} · {case.business_type} · {case.satisfied_count}/{case.due_count} · {state}"
    )
    if case.assessment_error:
        output.say(f"  无法判断：{case.assessment_error}")
    for verdict in case.verdicts:
        if verdict.status in ("missing", "doubtful", "deferred"):
            output.say(f"  {verdict.document_type} {verdict.reason}")


@click.command()
@click.argument("number", required=False)
@click.option("--all", "all_cases", is_flag=True, help="All cases, one JSON object a line with --json.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="As it stood at the end of this day.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one case a line.")
@click.pass_obj
def completeness(
    services: Services, number: str | None, all_cases: bool, as_of: datetime | None, as_json: bool
) -> None:
    """Say what is present, missing or doubtful in the cases of an account or application NUMBER, and why."""
    if not number and not all_cases:
        raise Invalid("completeness.number", "请给出户号或申请编号，或者用 --all 查看全部案件。")
    with services.reading() as (session, viewer):
        found = queries.completeness(
            session,
            viewer,
            number=number,
            all_cases=all_cases,
            as_of=as_of.date() if as_of else None,
            today=clock.today(),
        )
        for case in found:
            if as_json:
                output.emit(case.as_json())
            else:
                output.say("\n".join(case.as_text()) + "\n")
