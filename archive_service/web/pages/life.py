"""The life of a case: handing it over, taking it in, sending it back with pages marked, filing and opening it again."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service.errors import Invalid, Refused
from archive_service.households import queries as households
from archive_service.households.views import CaseView
from archive_service.lifecycle import actions, queries, rules
from archive_service.lifecycle.actions import Mark
from archive_service.lifecycle.views import CaseLife
from archive_service.people.roles import Right
from archive_service.properties import work
from archive_service.web import labels, property_desk
from archive_service.web.forms import Form, SentForm
from archive_service.web.visit import SignedIn, Visit, whole_number
from retention import reckoning

router = APIRouter()

_SHOWN = 50
_MARK = re.compile(r"(\d{1,10})-(\d{1,5}|all)", re.ASCII)


@router.get("/cases/{application_no}/life")
def show_life(visit: SignedIn, application_no: str) -> Response:
    """Show how a case came to where it is, and what the person may do with it."""
    return _page(visit, application_no)


@router.post("/cases/{application_no}/life")
def take_step(visit: SignedIn, form: SentForm, application_no: str) -> Response:
    """Take a step with a case; a refusal stands on the page, with the case as it is now."""
    verb = form.text("verb", limit=12)
    try:
        if verb == rules.FILE:
            work.file_case(property_desk.desk(visit.services), visit.viewer, application_no, seen=_seen(form))
        else:
            with visit.services.database.unit_of_work() as session:
                take(session, visit, application_no, verb, form)
    except (Refused, Invalid) as error:
        return _page(visit, application_no, error=visit.told(error), status=error.http_status)
    return RedirectResponse(f"/cases/{application_no}/life?done=case-{verb}", status_code=303)


def take(session: Any, visit: Visit, application_no: str, verb: str, form: Form) -> None:
    """Take the step that a form asks for, but for filing. Raises Invalid when there is no such step."""
    said: dict[str, Any] = {"by": visit.viewer, "now": visit.now, "seen": _seen(form)}
    if verb == rules.SUBMIT:
        actions.submit_case(session, application_no, note=form.text("note"), **said)
    elif verb == rules.ACCEPT:
        actions.accept_case(session, application_no, **said)
    elif verb == rules.REOPEN:
        purpose, reason = form.text("purpose", limit=20), form.text("note")
        workdays = visit.services.settings.filing_due_workdays
        actions.reopen_case(
            session, application_no, purpose=purpose, reason=reason, filing_due_workdays=workdays, **said
        )
    elif verb == rules.RETURN:
        actions.return_case(
            session,
            application_no,
            stage=form.text("stage", limit=12),
            reasons=list(form.group("reason-")),
            due_on=_day(form.text("due_on", limit=10)),
            note=form.text("note"),
            marks=marks_of(form),
            today=visit.today,
            **said,
        )
    else:
        raise Invalid("case.verb", "没有这个操作。请刷新页面后再试。", given=verb)


@router.post("/households/{account_no}/close")
def close_household(visit: SignedIn, form: SentForm, account_no: str) -> Response:
    """Close an account and its cases, once its cancellation is filed."""
    with visit.services.database.unit_of_work() as session:
        actions.close_household(session, account_no, by=visit.viewer, now=visit.now)
        reckoning.reckon_account(session, account_no, today=visit.today)
    return RedirectResponse(f"/households/{account_no}", status_code=303)


@router.get("/hand-overs")
def list_hand_overs(visit: SignedIn) -> Response:
    """List what waits to be received, or what was sent back and waits to be mended."""
    visit.viewer.require(Right.RECORD_READ)
    asked = visit.request.query_params
    receives = visit.viewer.may(Right.CASE_RECEIVE)
    which = asked.get("list", "") if asked.get("list") in ("receive", "owed") else "receive" if receives else "owed"
    ask = queries.to_receive if which == "receive" else queries.owed
    after = asked.get("after")
    with visit.services.database.reading() as session:
        found = ask(session, visit.viewer, after=after, limit=_SHOWN)
    return visit.page("lifecycle/waiting.html", found=found, which=which, receives=receives, after=after)


def marks_of(form: Form) -> list[Mark]:
    """Return the pages that were ticked. Raises Invalid for what is no page."""
    found = []
    for name in form.group("mark-"):
        match = _MARK.fullmatch(name)
        item = whole_number(match[1]) if match else None
        if match is None or item is None:
            raise Invalid("return.marks", "标记的页不属于这个案件。请刷新页面后重新标记。", given=name[:20])
        found.append(Mark(item, None if match[2] == "all" else int(match[2])))
    return found


def _seen(form: Form) -> int | None:
    seen = form.text("seen", limit=10)
    return int(seen) if seen.isdigit() and seen.isascii() else None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid("return.due", "请填写补正期限，写成 2026-11-09 的样子。") from None


def _page(visit: Visit, application_no: str, *, error: str = "", status: int = 200) -> Response:
    with visit.services.database.reading() as session:
        case = households.case(session, visit.viewer, application_no)
        life = queries.case_life(session, visit.viewer, application_no)
        times = households.stage_times(session, visit.viewer, application_no)
        clocks = queries.case_clocks(
            session,
            visit.viewer,
            application_no,
            today=visit.today,
            filing_due_workdays=visit.services.settings.filing_due_workdays,
        )
        late = queries.reasons_of(session, visit.viewer, application_no)
        paused = any(one.last is None for one in queries.pauses_of(session, case.id))
        unit = households.household(session, visit.viewer, case.account_no, fields=False).unit_id
    return visit.page(
        "lifecycle/life.html",
        status=status,
        case=case,
        life=life,
        error=error,
        asked=visit.request.query_params.get("do", "") if not error else "",
        stages=labels.Labels("zh").stages(),
        reasons=rules.REASONS,
        advice=rules.NEXT.get(case.state, ""),
        ready=_ready(case, life),
        times=times,
        clocks=clocks,
        late=late,
        paused=paused,
        lateness=rules.LATENESS,
        may_say=visit.viewer.may(Right.CASE_HAND_OVER, unit),
        may_ask=visit.viewer.may(Right.CASE_HAND_OVER, unit) and any(one.holds for one in times),
    )


def _ready(case: CaseView, life: CaseLife) -> bool:
    """Say whether filing would go through now."""
    return rules.FILE in life.may and case.complete
