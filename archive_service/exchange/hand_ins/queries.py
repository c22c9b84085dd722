"""The packages that were handed in to a viewer's units, and how far they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import String, cast, func, select
from sqlalchemy.orm import Session, aliased

from archive_service.errors import Invalid, NotFound
from archive_service.exchange.tables import HandIn
from archive_service.jobs.tables import Job
from archive_service.people.roles import Right
from archive_service.people.tables import Person, Unit
from archive_service.people.viewer import Viewer

_TAKE_JOB = "package.take"
#: States in which a job, or a command, is at work.
MOVING = ("received", "taking")
STATES = (*MOVING, "checked", "refused", "taken", "declined", "stopped")


@dataclass(frozen=True)
class HandInView:
    """A package that was handed in, as it is shown."""

    id: int
    unit_name: str
    as_named: bool
    channel: str
    name: str
    digest: str | None
    size_bytes: int
    state: str
    #: Name of who handed it in, and of who answered; none for the archive itself.
    handed_in_by: str | None
    handed_in_at: datetime
    format: str
    account_no: str
    cases: int
    items: int
    files: int
    manifest_sha256: str
    signature: str
    signer: str
    findings: Sequence[dict[str, str]]
    decided_by: str | None
    decided_at: datetime | None
    reason: str
    finished_at: datetime | None
    package_id: int | None
    batch_id: int | None
    #: Of the job that works on it: files done, all files, and its state.
    done: int
    total: int
    job_state: str | None

    @property
    def moving(self) -> bool:
        """Say whether a job works on it."""
        return self.state in MOVING and self.job_state in ("queued", "running")

    @property
    def stuck(self) -> bool:
        """Say whether its job, or its command, ended before it was through."""
        return self.state == "stopped" or (self.state in MOVING and self.job_state in ("failed", "cancelled"))


@dataclass(frozen=True)
class HandInListing:
    """A page of packages that were handed in, newest first; `next` continues it."""

    rows: Sequence[HandInView]
    next: int | None
    total: int


def hand_ins(
    session: Session, viewer: Viewer, *, state: str = "", before: int | None = None, limit: int = 50
) -> HandInListing:
    """Return what was handed in to the units for which the viewer may take packages in, newest first.

    Raises NotPermitted, and Invalid for a state that there is not.
    """
    viewer.require(Right.CASE_IMPORT)
    wanted = _rows(viewer)
    if state:
        if state not in STATES:
            raise Invalid("package.state", "没有这种状态的信息包。请从列表中选择。")
        wanted = wanted.where(HandIn.state == state)
    total = session.scalar(select(func.count()).select_from(wanted.with_only_columns(HandIn.id).subquery())) or 0
    if before is not None:
        wanted = wanted.where(HandIn.id < before)
    rows = session.execute(wanted.order_by(HandIn.id.desc()).limit(limit + 1)).all()
    shown = [_view(one) for one in rows[:limit]]
    return HandInListing(shown, shown[-1].id if len(rows) > limit else None, total)


def hand_in(session: Session, viewer: Viewer, hand_in_id: int) -> HandInView:
    """Return a package that was handed in to one of the viewer's units. Raises NotFound."""
    found = session.execute(_rows(viewer).where(HandIn.id == hand_in_id)).first()
    if found is None:
        raise _not_found()
    return _view(found)


def row(session: Session, viewer: Viewer, hand_in_id: int, *, lock: bool = False) -> HandIn:
    """Return the row of a package that was handed in to one of the viewer's units. Raises NotFound."""
    found = session.get(HandIn, hand_in_id, with_for_update=lock or None)
    if found is None or found.unit_id not in viewer.units(Right.CASE_IMPORT):
        raise _not_found()
    return found


def _rows(viewer: Viewer) -> Any:
    last = (
        select(func.max(Job.id))
        .where(Job.kind == _TAKE_JOB, Job.subject == cast(HandIn.id, String))
        .correlate(HandIn)
        .scalar_subquery()
    )
    decider = aliased(Person)
    return (
        select(
            HandIn,
            Unit.name.label("unit_name"),
            Person.name.label("bringer"),
            decider.name.label("decider"),
            Job.done_units,
            Job.total_units,
            Job.state.label("job_state"),
        )
        .join(Unit, Unit.id == HandIn.unit_id)
        .outerjoin(Person, Person.id == HandIn.handed_in_by)
        .outerjoin(decider, decider.id == HandIn.decided_by)
        .outerjoin(Job, Job.id == last)
        .where(HandIn.unit_id.in_(viewer.units(Right.CASE_IMPORT)))
    )


def _view(found: Any) -> HandInView:
    row: HandIn = found.HandIn
    plain = (
        "id", "as_named", "channel", "name", "digest", "size_bytes", "state", "handed_in_at", "format", "account_no",
        "cases", "items", "files", "manifest_sha256", "signature", "signer", "findings", "decided_at", "reason",
        "finished_at", "package_id", "batch_id",
    )  # fmt: skip
    return HandInView(
        **{name: getattr(row, name) for name in plain},
        unit_name=found.unit_name,
        handed_in_by=found.bringer,
        decided_by=found.decider,
        done=found.done_units or 0,
        total=found.total_units or 0,
        job_state=found.job_state,
    )


def _not_found() -> NotFound:
    return NotFound("package.hand-in-not-found", "没有这个交来的信息包，或者您无权查看。请返回接收信息包页面。")
