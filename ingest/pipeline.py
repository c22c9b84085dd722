"""From a received file to filed items: one step a job, one transaction a step.

    received ─check─► checked ─render─► rendered ─read─► read ─sort─► sorted ─file─► filed | needs_review

A step first prepares its results outside any transaction, then writes them, the scan's next state, the end of its job
and the next job in one commit. When the process dies before the commit, the step is simply done again: objects have
content-addressed names, and long steps keep what they finished page by page. A file that is no good ends refused; a
step that fails three times sets the scan aside for a person, and so does a person who cancels its job; whoever puts the
job back sends the scan on its way from the last step that left something.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String, cast, exists, select
from sqlalchemy.orm import Session

from archive_service.audit.record import SYSTEM, record
from archive_service.errors import Refused
from archive_service.jobs import queue
from archive_service.jobs.actions import CANCELLED
from archive_service.jobs.queue import Claimed
from archive_service.jobs.tables import Job
from ingest import check, file, read, render, sort, states
from ingest.errors import FileRefused
from ingest.names import display_name
from ingest.receive import STEP_JOB
from ingest.tables import Scan, ScanDocument, ScanPage
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


#: What the file of a cancelled job says.
STOPPED = "已由人员取消处理，文件和已识读的页完整保存。需要时请在后台任务中重试，从取消处继续。"
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
        apply = _refuse(e, workshop.now())
    claimed.check()
    workshop.passed(f"{step.name}.prepared")
    with workshop.database.unit_of_work() as session:
        now = workshop.now()
        queue.finish(session, claimed, now=now)
        current = _locked(session, scan_id)
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


def _refuse(error: FileRefused, now: datetime) -> Apply:
    def apply(session: Session, scan: Scan) -> str:
        scan.error_code, scan.error_message = error.code, error.message
        if error.code == "file.virus":
            facts: dict[str, object] = {"file": scan.file_name, "find": display_name(str(error.facts["find"]))}
            _audit(session, scan, "scan.virus-found", facts, now=now)
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
    container = _locked(session, container_id)
    members = session.execute(select(Scan.state, Scan.error_code).where(Scan.parent_id == container_id)).all()
    if container.state != states.UNPACKED or any(state not in states.FINAL for state, _ in members):
        return
    state = states.of_container([(row.state, row.error_code) for row in members])
    code = "file.members-refused" if state == states.REFUSED else None
    message = "压缩包内没有可接收的文件。请查看各文件的说明后重新打包。" if code else None
    _end(session, container, state, code=code, message=message, now=now)


def stop(session: Session, scan_id: int, *, now: datetime) -> None:
    """Set the scan of a cancelled job aside: what is finished of it stays, and the sweep leaves it alone."""
    scan = _locked(session, scan_id)
    if scan.state in STEPS:
        _end(session, scan, states.SET_ASIDE, code=CANCELLED, message=STOPPED, now=now)


def resume(session: Session, scan_id: int, *, now: datetime) -> Step:
    """Send a scan that was set aside on its way again; return the step that is next.

    Raises Refused when it is not set aside any more, or when the same bytes were received again meanwhile.
    """
    scan = _locked(session, scan_id)
    if scan.state != states.SET_ASIDE:
        raise Refused("job.superseded", "这份文件已经由别的任务继续处理，不用重试。请查看扫描件。", scan=scan.id)
    _check_alone(session, scan)
    scan.state = _reached(session, scan)
    scan.error_code, scan.error_message, scan.finished_at = None, None, None
    step = STEPS[scan.state]
    _audit(session, scan, "scan.resumed", {"step": step.name, "pages": scan.pages_done}, now=now)
    session.flush()
    if scan.parent_id is not None:
        _reopen(session, scan.parent_id)
    return step


def _reached(session: Session, scan: Scan) -> str:
    """Return the state to go on from: steps skip the pages that they have finished, so an early one costs little."""
    if session.scalar(select(exists().where(ScanDocument.scan_id == scan.id))):
        return states.SORTED
    if session.scalar(select(exists().where(ScanPage.scan_id == scan.id, ScanPage.lines_digest.is_not(None)))):
        return states.RENDERED
    if session.scalar(select(exists().where(ScanPage.scan_id == scan.id))):
        return states.CHECKED
    return states.RECEIVED


def _check_alone(session: Session, scan: Scan) -> None:
    again = select(Scan.id).where(
        Scan.digest == scan.digest,
        Scan.id != scan.id,
        Scan.duplicate_of.is_(None),
        Scan.state.not_in((states.REFUSED, states.SET_ASIDE)),
    )
    if session.scalar(again.limit(1)) is not None:
        raise file_again(scan.id)


def file_again(scan_id: int) -> Refused:
    """Return the refusal for a scan whose bytes were received again while it was set aside."""
    return Refused("job.file-again", "同样的文件后来又收到过，由那一份继续处理，不用重试。", scan=scan_id)


def _reopen(session: Session, container_id: int) -> None:
    """Let a container wait for its members again."""
    container = _locked(session, container_id)
    if container.state in states.FINAL:
        if container.state in (states.REFUSED, states.SET_ASIDE):
            _check_alone(session, container)
        container.state, container.finished_at = states.UNPACKED, None
        container.error_code, container.error_message = None, None
        session.flush()


def _locked(session: Session, scan_id: int) -> Scan:
    # Afresh: the session may have read the row before it could lock it.
    chosen = select(Scan).where(Scan.id == scan_id).with_for_update().execution_options(populate_existing=True)
    return session.scalars(chosen).one()


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
