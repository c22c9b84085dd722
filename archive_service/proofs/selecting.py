"""Which entries somebody asks for, and whether they may take them away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from archive_service.audit.bundle import Selection
from archive_service.errors import Invalid
from archive_service.households.queries import trail
from archive_service.inspection import queries as inspection
from archive_service.inspection.tables import Sample
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from archive_service.zone import midnight


@dataclass(frozen=True)
class Asked:
    """What is asked for: an account, a sample, or days from one to another; nothing of it means the whole trail."""

    account_no: str | None = None
    sample_id: int | None = None
    first_day: date | None = None
    #: The last day, which belongs to it.
    last_day: date | None = None


def chosen(session: Session, viewer: Viewer, asked: Asked) -> tuple[Selection, int | None]:
    """Return what is taken away and the unit that it concerns. Raises Invalid, NotPermitted and NotFound."""
    days = asked.first_day is not None or asked.last_day is not None
    if (asked.account_no is not None) + (asked.sample_id is not None) + days > 1:
        raise Invalid("audit.one-selection", "户号、样本和期间只能选一种。请只留一种。")
    if asked.first_day and asked.last_day and asked.first_day > asked.last_day:
        raise Invalid("audit.days", "开始日期晚于结束日期。请改正日期。")
    if asked.sample_id is not None:
        return _of_sample(session, viewer, asked.sample_id)
    since = midnight(asked.first_day) if asked.first_day else None
    until = midnight(asked.last_day + timedelta(days=1)) if asked.last_day else None
    return trail.selection(session, viewer, account_no=asked.account_no, since=since, until=until)


def _of_sample(session: Session, viewer: Viewer, sample_id: int) -> tuple[Selection, int | None]:
    viewer.require(Right.AUDIT_READ)
    inspection.sample(session, viewer, sample_id)
    numbers = dict.fromkeys(one.account_no for one in inspection.sample_cases(session, viewer, sample_id))
    found = [trail.selection(session, viewer, account_no=one, since=None, until=None) for one in numbers]
    return Selection(sample_id=sample_id, accounts=[one for one, _ in found]), session.get_one(
        Sample, sample_id
    ).unit_id
