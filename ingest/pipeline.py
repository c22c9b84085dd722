"""From a received file to filed items: one step a job, one transaction a step.

    received ─check─► checked ─render─► rendered ─read─► read ─sort─► sorted ─file─► filed | needs_review

A step first prepares its results outside any transaction, then writes them, the scan's next state, the end of its job
and the next job in one commit. When the process dies before the commit, the step is simply done again: objects have
content-addressed names, and long steps keep what they finished page by page. A file that is no good ends refused; a
step that fails three times sets the scan aside for a person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String, cast, exists, select
from sqlalchemy.orm import Session

from archive_service.audit.record import SYSTEM, record
from archive_service.jobs import queue
from archive_service.jobs.queue import Claimed
from archive_service.jobs.tables import Job
from ingest import check, file, read, render, sort, states
from ingest.errors import FileRefused
from ingest.receive import STEP_JOB
from ingest.tables import Scan
from ingest.workshop import Apply, Workshop

#: Does a step's work and returns what is to be written.
Prepare = Callable[[Workshop, Scan, Claimed], Apply]


@dataclass(frozen=True)
class Step:
    """One step: its name, its work, and the queue of its job."""

    name: str
    prepare: Prepare
    queue: str


STEPS: Mapping[str, Step] = {
    states.RECEIVED: Step("check", check.prepare, "light"),
    states.CHECKED: Step("render", render.prepare, "read"),
    states.RENDERED: Step("read", read.prepare, "read"),
    states.READ: Step("sort", sort.prepare, "read"),
    states.SORTED: Step("file", file.prepare, "light"),
}


@dataclass(frozen=True)
class StepHandler:
    """The job handler that takes a scan one step further."""

    workshop: Workshop

    def run(self, claimed: Claimed) -> None:
        """Take the scan one step further."""
        advance(self.workshop, int(claimed.subject), claimed)

    def give_up(self, session: Session, claimed: Claimed, *, code: str, now: datetime) -> None:
        """Set the scan aside for a person."""
        scan = session.get_one(Scan, int(claimed.subject))
        if scan.state in states.FINAL:
            return
        step = STEPS[scan.state].name
        message = f"系统在“{STEP_NAMES[step]}”一步连续失败 3 次，文件已完整保存。请通知管理员查看后重新提交。"
        _end(session, scan, states.SET_ASIDE, code=code, message=message, now=now)


#: The steps as people call them.
STEP_NAMES = {"check": "检查", "render": "成像", "read": "识读", "sort": "归类", "file": "归户"}


def advance(workshop: Workshop, scan_id: int, claimed: Claimed) -> None:
    """Do the step that the scan's state calls for, and commit its results together with the end of the job."""
    with workshop.database.reading() as session:
        scan = session.get_one(Scan, scan_id)
        session.expunge(scan)
    step = STEPS.get(scan.state)
    if step is None:
        _only_finish(workshop, claimed)
        return
    try:
        apply = step.prepare(workshop, scan, claimed)
    except FileRefused as e:
        apply = _refuse(e)
    workshop.passed(f"{step.name}.prepared")
    with workshop.database.unit_of_work() as session:
        now = workshop.now()
        queue.finish(session, claimed, now=now)
        current = session.scalars(select(Scan).where(Scan.id == scan_id).with_for_update()).one()
        if current.state == scan.state:
            _take(session, current, step, apply, now=now)
        workshop.passed(f"{step.name}.written")
    workshop.passed(f"{step.name}.committed")


def _take(session: Session, scan: Scan, step: Step, apply: Apply, *, now: datetime) -> None:
    state = apply(session, scan)
    if state in states.FINAL:
        _end(session, scan, state, code=scan.error_code, message=scan.error_message, now=now)
        return
    scan.state = state
    facts = {"step": step.name, "pages": scan.page_count}
    _audit(session, scan, "scan.advanced", facts, now=now)
    if state in STEPS:
        queue.enqueue(session, kind=STEP_JOB, subject=scan.id, queue=STEPS[state].queue, now=now)


def _refuse(error: FileRefused) -> Apply:
    def apply(_session: Session, scan: Scan) -> str:
        scan.error_code, scan.error_message = error.code, error.message
        return states.REFUSED

    return apply


def _end(session: Session, scan: Scan, state: str, *, code: str | None, message: str | None, now: datetime) -> None:
    """Bring the scan to rest, and its container too when this was the last member."""
    scan.state, scan.error_code, scan.error_message, scan.finished_at = state, code, message, now
    _audit(session, scan, f"scan.{state.replace('_', '-')}", {"file": scan.file_name, "code": code}, now=now)
    session.flush()
    if scan.parent_id is not None:
        finish_container(session, scan.parent_id, now=now)


def finish_container(session: Session, container_id: int, *, now: datetime) -> None:
    """Bring a container to rest when all of its members are."""
    container = session.scalars(select(Scan).where(Scan.id == container_id).with_for_update()).one()
    members = session.execute(select(Scan.state, Scan.error_code).where(Scan.parent_id == container_id)).all()
    if container.state != states.UNPACKED or any(state not in states.FINAL for state, _ in members):
        return
    state = states.of_container([(row.state, row.error_code) for row in members])
    code = "file.members-refused" if state == states.REFUSED else None
    message = "压缩包内没有可接收的文件。请查看各文件的说明后重新打包。" if code else None
    _end(session, container, state, code=code, message=message, now=now)


def sweep(session: Session, *, now: datetime) -> int:
    """Enqueue a step for every scan that is on its way without an open job; return how many there were."""
    open_job = exists().where(
        Job.kind == STEP_JOB, Job.state.in_(("queued", "running")), Job.subject == cast(Scan.id, String)
    )
    forgotten = session.scalars(select(Scan).where(Scan.state.in_(states.MOVING), ~open_job)).all()
    for scan in forgotten:
        queue.enqueue(session, kind=STEP_JOB, subject=scan.id, queue=STEPS[scan.state].queue, now=now)
    return len(forgotten)


def _only_finish(workshop: Workshop, claimed: Claimed) -> None:
    with workshop.database.unit_of_work() as session:
        queue.finish(session, claimed, now=workshop.now())


def _audit(session: Session, scan: Scan, did: str, facts: dict[str, object], *, now: datetime) -> None:
    record(
        session, by=SYSTEM, did=did, object_kind="scan", object_id=scan.id, unit_id=scan.unit_id, facts=facts, now=now
    )
