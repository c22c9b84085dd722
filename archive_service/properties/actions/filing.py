"""Filing a case through the check: what passes is filed, what fails goes back to who handed it over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from archive_service.calendars.queries import calendar_of
from archive_service.calendars.rules import CalendarEnds
from archive_service.catalogue.load import edition_for
from archive_service.errors import Refused
from archive_service.lifecycle import actions as lifecycle
from archive_service.lifecycle import rules
from archive_service.lifecycle.actions.steps import Held, hold
from archive_service.people.viewer import Viewer
from archive_service.properties.actions.runs import Examined, enter, examine, refusal
from archive_service.properties.gather import Outside, Subject
from archive_service.properties.reading import Looked
from archive_service.properties.scheme import Moment

#: Working days within which what was sent back is to be mended, and days where the holiday table ends before.
MENDING_WORKDAYS, MENDING_DAYS = 5, 7


@dataclass(frozen=True)
class Filing:
    """What came of it: the run, and how many papers got their place; none when the case was not filed."""

    run_id: int
    placed: int | None
    refused: Refused | None = None


def file_case(
    session: Session,
    application_no: str,
    *,
    by: Viewer,
    now: datetime,
    today: date,
    looked: Looked,
    outside: Outside,
    seen: int | None = None,
) -> Filing:
    """File a case that passes the check at filing; one that fails is sent back with the reason `four-property`.

    The caller commits in each case, and only then raises `refused`: the run is evidence, also of what went wrong.
    Raises like `lifecycle.actions.file_case` for a case that cannot be filed anyway; then nothing was checked.
    """
    held = hold(session, application_no, rules.FILE, by=by, now=now, seen=seen)
    case = held.case
    rules.check_complete(
        case.complete, case.missing_count, case.doubtful_count, case.assessment_error, deferred=case.deferred_count
    )
    subject = Subject(held.household.id, case.id)
    found = examine(session, subject, Moment.FILING, looked=looked, outside=outside, today=today)
    run = enter(session, by, found, now=now)
    if found.state == "passed":
        return Filing(run.id, lifecycle.file_case(session, application_no, by=by, now=now, seen=held.seq - 1))
    if found.state == "open":
        told = refusal("open", (), consequence=f"请在检测 {run.id} 中填写后再归档。")
        return Filing(run.id, None, told)
    _send_back(session, held, found, run.id, by=by, now=now, today=today)
    consequence = f"没有归档，案件已退回补正，依据见检测 {run.id}。"
    return Filing(run.id, None, refusal("failed", found.failed, consequence=consequence))


def _send_back(
    session: Session, held: Held, found: Examined, run_id: int, *, by: Viewer, now: datetime, today: date
) -> None:
    codes = "、".join(found.failed)
    lifecycle.return_case(
        session,
        held.case.application_no,
        stage=next(iter(edition_for(held.case.accepted_on).stages)),
        reasons=[rules.FOUR_PROPERTY],
        due_on=_due(session, held.household.unit_id, today),
        note=f"四性检测 {run_id} 不合格：{codes}"[: rules.LONGEST_NOTE],
        by=by,
        now=now,
        today=today,
        seen=held.seq - 1,
    )


def _due(session: Session, unit_id: int, today: date) -> date:
    try:
        due = calendar_of(session, unit_id).add(today, MENDING_WORKDAYS)
    except CalendarEnds:
        due = None
    return due or today + timedelta(days=MENDING_DAYS)
