"""What would make a case complete, and what people ask for and decide about it: deferred, waived, false alarm."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service.catalogue.load import edition_by_code
from archive_service.completeness.todo import Owed, to_complete
from archive_service.errors import ArchiveError, Invalid, NotFound
from archive_service.households import actions, queries
from archive_service.households.views import CaseView, CheckView
from archive_service.people.roles import Right
from archive_service.web import reading, words
from archive_service.web.forms import SentForm
from archive_service.web.visit import Id, SignedIn, Visit

router = APIRouter()


@router.get("/households/{account_no}/cases/{application_no}/gaps")
def show_gaps(visit: SignedIn, account_no: str, application_no: str) -> Response:
    """Show what would make the case complete, by stage and owner, with what was asked and decided."""
    return _gaps(visit, account_no, application_no)


@router.post("/households/{account_no}/cases/{application_no}/gaps")
def ask_ruling(visit: SignedIn, form: SentForm, account_no: str, application_no: str) -> Response:
    """Ask that a paper be deferred, waived or not applicable."""
    given = {name: form.text(name, limit=400) for name in ("document_type", "kind", "reason", "until")}
    try:
        with visit.services.database.unit_of_work() as session:
            actions.ask_ruling(
                session,
                application_no=application_no,
                document_type=given["document_type"],
                kind=given["kind"],
                reason=given["reason"],
                until=_day(given["until"]),
                by=visit.viewer,
                now=visit.now,
                today=visit.today,
            )
    except Invalid as error:
        return _gaps(visit, account_no, application_no, given=given, error=error)
    return _back(account_no, application_no)


@router.post("/rulings/{ruling_id}/decide")
def decide_ruling(visit: SignedIn, form: SentForm, ruling_id: Id) -> Response:
    """Approve or refuse what another person asked for."""
    with visit.services.database.unit_of_work() as session:
        row = actions.decide_ruling(
            session,
            ruling_id=ruling_id,
            approve=form.text("answer", limit=10) == "approve",
            note=form.text("note", limit=300),
            by=visit.viewer,
            now=visit.now,
            today=visit.today,
        )
        case = queries.case_numbers(session, row.case_id)
    return _back(*case)


@router.post("/rulings/{ruling_id}/withdraw")
def withdraw_ruling(visit: SignedIn, form: SentForm, ruling_id: Id) -> Response:
    """Take a request back, or end a decision."""
    with visit.services.database.unit_of_work() as session:
        row = actions.withdraw_ruling(
            session,
            ruling_id=ruling_id,
            reason=form.text("reason", limit=300),
            by=visit.viewer,
            now=visit.now,
            today=visit.today,
        )
        case = queries.case_numbers(session, row.case_id)
    return _back(*case)


@router.get("/rulings")
def show_rulings(visit: SignedIn) -> Response:
    """Show what waits for a decision and what is deferred, overdue ones marked."""
    visit.viewer.require(Right.RECORD_READ)
    with visit.services.database.reading() as session:
        found = queries.rulings(session, visit.viewer)
    return visit.page(
        "cases/rulings.html",
        waiting=[row for row in found if row.state == "asked"],
        deferred=[row for row in found if row.state == "approved"],
        overdue=sum(row.state == "approved" and row.until is not None and row.until < visit.today for row in found),
        kinds=words.RULING_KIND,
    )


@router.post("/households/{account_no}/cases/{application_no}/alarms/{rule}")
def say_false_alarm(visit: SignedIn, form: SentForm, account_no: str, application_no: str, rule: str) -> Response:
    """Keep that what a rule found is no fault, or take that back."""
    with visit.services.database.unit_of_work() as session:
        if form.text("back", limit=5):
            actions.take_back_false_alarm(
                session, application_no=application_no, rule=rule, by=visit.viewer, now=visit.now
            )
        else:
            keep_false_alarm(session, visit, application_no, rule, reason=form.text("reason", limit=300))
    return RedirectResponse(f"/households/{account_no}/cases/{application_no}#checks", status_code=303)


def keep_false_alarm(session: Any, visit: Visit, application_no: str, rule: str, *, reason: str) -> None:
    """Keep that what a rule finds in a case now is no fault. Raises NotFound where it finds nothing."""
    seen = queries.observations(session, visit.viewer, application_no, today=visit.today)
    actions.say_false_alarm(
        session,
        application_no=application_no,
        rule=rule,
        fingerprint=_found(seen, rule).fingerprint,
        reason=reason,
        by=visit.viewer,
        now=visit.now,
    )


def _found(seen: Sequence[CheckView], rule: str) -> CheckView:
    for one in seen:
        if one.rule == rule and one.status == "differs":
            return one
    raise NotFound("alarm.not-found", "这条规则没有报告不一致，或资料已经变化。请刷新页面后再试。")


def _gaps(
    visit: Visit,
    account_no: str,
    application_no: str,
    *,
    given: dict[str, str] | None = None,
    error: ArchiveError | None = None,
) -> Response:
    with visit.services.database.reading() as session:
        case = queries.case(session, visit.viewer, application_no)
        if case.account_no != account_no:
            raise NotFound("case.not-found", "该户下没有这个申请编号，或您无权查看。请从户档案里选择案件。")
        rulings = queries.rulings_of_case(session, case.id)
        file = queries.household(session, visit.viewer, account_no, fields=False)
    unit_id = file.unit_id
    reading.note(visit, file)
    owed = owed_by(case, visit.today)
    standing = {row.document_type: row for row in rulings if row.state in ("asked", "approved")}
    return visit.page(
        "households/gaps.html",
        refusal=error,
        case=case,
        owed=owed,
        count=sum(len(one.tasks) for one in owed),
        rulings=rulings,
        standing=standing,
        may_ask=visit.viewer.may(Right.ITEM_CHANGE, unit_id),
        may_decide=visit.viewer.may(Right.RULING_DECIDE, unit_id),
        me=visit.viewer.person_id,
        kinds=words.RULING_KIND,
        acts=words.GAP_ACT,
        origins=words.ORIGIN,
        states=words.RULING,
        given=given or {},
    )


def owed_by(case: CaseView, today: date) -> tuple[Owed, ...]:
    """Return what would make a case complete; nothing where no edition of the catalogue holds for it."""
    edition = edition_by_code(case.edition) if case.edition else None
    return to_complete(edition, case.verdicts, today=today) if edition else ()


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid("ruling.until", "容缺要写明补交日期，并且在今天之后。请填写日期。") from None


def _back(account_no: str, application_no: str) -> Response:
    return RedirectResponse(f"/households/{account_no}/cases/{application_no}/gaps", status_code=303)
