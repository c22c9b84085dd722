"""Telling people of findings: who has to mend one, and who has to look again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service.households.tables import CaseFile
from archive_service.inspection.rules import Step
from archive_service.inspection.tables import Finding, FindingStep
from archive_service.notices.actions import tell_all
from archive_service.people.queries import colleagues
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer


def notify_raised(session: Session, viewer: Viewer, finding: Finding, *, now: datetime) -> None:
    """Tell those who answer for the unit that something was found there."""
    people = [one.id for one in colleagues(session, Right.FINDING_ANSWER, finding.unit_id)]
    _tell(session, viewer, finding, people, "finding-raised", due=True, now=now)


def notify_step(
    session: Session, viewer: Viewer, finding: Finding, step: Step, *, answered_by: int | None, now: datetime
) -> None:
    """Tell the auditor of an answer, and who answered that it did not do."""
    if step is Step.ANSWERED:
        _tell(session, viewer, finding, [finding.raised_by], "finding-answered", due=False, now=now)
    elif step is Step.REFUSED:
        _tell(session, viewer, finding, [answered_by], "finding-refused", due=True, now=now)


def _tell(
    session: Session,
    viewer: Viewer,
    finding: Finding,
    people: Sequence[int | None],
    kind: str,
    *,
    due: bool,
    now: datetime,
) -> None:
    values: dict[str, object] = {
        "number": finding.id,
        "application_no": session.scalar(select(CaseFile.application_no).where(CaseFile.id == finding.case_id)) or "",
        "by": viewer.name,
    }
    if due:
        values["due_on"] = finding.due_on
    # Each step of a finding is told once.
    step = session.scalar(select(func.max(FindingStep.id)).where(FindingStep.finding_id == finding.id))
    tell_all(
        session,
        people,
        but=viewer.person_id,
        kind=kind,
        address=f"/inspection/findings/{finding.id}",
        values=values,
        once_key=f"finding-step:{step}",
        now=now,
    )
