"""Examining a subject, entering the run with its evidence, answering what a person has to, keeping its report."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit.record import record
from archive_service.errors import NotFound, Refused
from archive_service.households.tables import CaseFile, HouseholdFile
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from archive_service.properties import queries
from archive_service.properties.batch_facts import BatchFacts
from archive_service.properties.checks.outcome import Result
from archive_service.properties.facts import Facts, PackageFacts
from archive_service.properties.gather import Outside, Subject, fingerprint, gather
from archive_service.properties.judge import Judged, check_answer, judge, judge_batch, state_of
from archive_service.properties.reading import Looked
from archive_service.properties.scheme import Moment, Scheme
from archive_service.properties.tables import PropertyResult, PropertyRun
from archive_service.storage.record import record_object
from archive_service.storage.store import Stored

#: Codes that a refusal names; the rest is counted.
_NAMED = 8


@dataclass(frozen=True)
class Examined:
    """What came of looking at a subject; nothing of it is on record yet."""

    subject: Subject
    moment: Moment
    scheme: Scheme
    facts: Facts
    judged: tuple[Judged, ...]

    @property
    def state(self) -> str:
        """Say how the run stands: open, passed or failed."""
        return state_of([one.result for one in self.judged])

    @property
    def failed(self) -> list[str]:
        """Return the codes of the items that failed."""
        return failed_of(self.judged)


@dataclass(frozen=True)
class ExaminedBatch:
    """What came of looking at a batch; nothing of it is on record yet."""

    scheme: Scheme
    facts: BatchFacts
    judged: tuple[Judged, ...]

    @property
    def failed(self) -> list[str]:
        """Return the codes of the items that failed."""
        return failed_of(self.judged)


def failed_of(judged: Sequence[Judged]) -> list[str]:
    """Return the codes of the items that failed, in their order."""
    return [one.code for one in judged if one.result is Result.FAILED]


def subject_of(session: Session, viewer: Viewer, application_no: str) -> Subject:
    """Return a case that the viewer may have checked. Raises NotFound, NotPermitted."""
    found = session.execute(
        select(CaseFile.id, HouseholdFile.id, HouseholdFile.unit_id)
        .join(HouseholdFile, HouseholdFile.id == CaseFile.household_id)
        .where(CaseFile.application_no == application_no)
    ).first()
    if found is None or not viewer.may(Right.RECORD_READ, found[2]):
        raise NotFound("case.not-found", "没有这个业务，或者您无权查看。请核对申请编号后再试。")
    require(viewer, found[2])
    return Subject(household_id=found[1], case_id=found[0])


def require(viewer: Viewer, unit_id: int) -> None:
    """Raise NotPermitted unless the viewer takes cases in, or inspects, in a unit."""
    if not viewer.may(Right.INSPECT, unit_id):
        viewer.require(Right.CASE_RECEIVE, unit_id)


def examine(
    session: Session,
    subject: Subject,
    moment: Moment,
    *,
    looked: Looked,
    outside: Outside,
    today: date,
    ask_people: bool = False,
    package: PackageFacts | None = None,
) -> Examined:
    """Look at a subject by the edition in force, changing nothing."""
    scheme = queries.in_force(session, today)
    facts = gather(
        session, subject, scheme=scheme, moment=moment, outside=outside, read=looked.objects,
        scanner=looked.scanner, today=today, package=package,
    )  # fmt: skip
    given = queries.answers(
        session,
        household_id=subject.household_id,
        case_id=subject.case_id,
        moment=moment,
        fingerprint=fingerprint(facts),
    )
    return Examined(subject, moment, scheme, facts, judge(scheme, moment, facts, ask_people=ask_people, answers=given))


def examine_batch(scheme: Scheme, facts: BatchFacts) -> ExaminedBatch:
    """Look at a batch that is to be filed, changing nothing."""
    return ExaminedBatch(scheme, facts, judge_batch(scheme, facts))


def enter(
    session: Session, viewer: Viewer, found: Examined, *, now: datetime, package_id: int | None = None
) -> PropertyRun:
    """Put a run and all its evidence on record."""
    head = session.get_one(HouseholdFile, found.subject.household_id)
    made = PropertyRun(
        moment=found.moment.value,
        household_id=head.id,
        case_id=found.subject.case_id,
        package_id=package_id,
        unit_id=head.unit_id,
        edition=found.scheme.edition,
        fingerprint=fingerprint(found.facts),
        papers=len(found.facts.papers),
        pages=sum(len(one.pages) for one in found.facts.papers),
    )
    about = {
        "account_no": head.account_no,
        "application_no": found.facts.cases[0].application_no if found.subject.case_id and found.facts.cases else None,
    }
    return _entered(session, viewer, made, found.judged, about, now=now)


def enter_batch(session: Session, viewer: Viewer, found: ExaminedBatch, *, unit_id: int, now: datetime) -> PropertyRun:
    """Put a run over a batch and all its evidence on record."""
    kept = found.facts.kept
    made = PropertyRun(
        moment=Moment.FILING.value,
        batch_id=found.facts.number,
        unit_id=unit_id,
        edition=found.scheme.edition,
        fingerprint=batch_fingerprint(found.facts),
        papers=len(kept),
        pages=sum(len(one.pages) for one in kept),
    )
    return _entered(session, viewer, made, found.judged, {"batch": found.facts.number}, now=now)


def _entered(
    session: Session,
    viewer: Viewer,
    made: PropertyRun,
    judged: Sequence[Judged],
    about: Mapping[str, Any],
    *,
    now: datetime,
) -> PropertyRun:
    results = [one.result.value for one in judged]
    made.state = state_of(results)
    made.asked_by, made.begun_at = viewer.person_id, now
    made.finished_at = None if made.state == "open" else now
    session.add(made)
    session.flush()
    session.add_all(_row(made.id, place, one) for place, one in enumerate(judged, start=1))
    session.flush()
    facts = {
        **about,
        "moment": made.moment,
        "edition": made.edition,
        "state": made.state,
        "counts": {one: results.count(one) for one in sorted(set(results))},
        "failed": failed_of(judged),
        "fingerprint": made.fingerprint,
    }
    note(session, viewer, made, "properties.checked", facts, now=now)
    return made


def batch_fingerprint(facts: BatchFacts) -> str:
    """Return the sha256 over what was checked of a batch: numbers and contents of its files."""
    said = [f"{one.scan_id} {one.digest}" for one in facts.files]
    return hashlib.sha256("\n".join([f"batch {facts.number}", *said]).encode()).hexdigest()


def answer(
    session: Session, viewer: Viewer, run_id: int, code: str, *, result: str, evidence: str, now: datetime
) -> PropertyRun:
    """Say what a person saw of a manual item that is open; with the last one the run ends.

    Raises NotFound, NotPermitted, Refused for an item that waits for nobody, Invalid without a result or what was seen.
    """
    row = queries.row_for_update(session, viewer, run_id)
    require(viewer, row.unit_id)
    item = session.scalar(select(PropertyResult).where(PropertyResult.run_id == run_id, PropertyResult.code == code))
    if item is None:
        raise NotFound("properties.no-item", "这次检测没有这个项目。请刷新页面后再选。")
    if item.result != Result.OPEN.value or row.report_digest is not None:
        raise Refused("properties.answered", "这个项目已有结论，不能再改。如有变化，请重新检测。", item=code)
    item.result, item.evidence = check_answer(result, evidence)
    item.answered_by, item.answered_at = viewer.person_id, now
    session.flush()
    results = session.scalars(select(PropertyResult.result).where(PropertyResult.run_id == run_id)).all()
    row.state = state_of(results)
    if row.state != "open" and row.finished_at is None:
        row.finished_at = now
    session.flush()
    note(
        session, viewer, row, "properties.answered", {"code": code, "result": item.result, "state": row.state}, now=now
    )
    return row


def keep_report(session: Session, viewer: Viewer, run_id: int, report: Stored, data: Stored, *, now: datetime) -> bool:
    """Put the report of a run on record, which the store holds already; say whether it is the first."""
    row = session.scalar(select(PropertyRun).where(PropertyRun.id == run_id).with_for_update())
    assert row is not None
    record_object(session, report, role="report", media_type="application/pdf", now=now)
    record_object(session, data, role="report", media_type="application/json", now=now)
    if row.report_digest is not None or row.state == "open":
        return False
    row.report_digest, row.data_digest = report.digest, data.digest
    session.flush()
    note(session, viewer, row, "properties.reported", {"sha256": report.digest, "data_sha256": data.digest}, now=now)
    return True


def hand_over(
    session: Session, viewer: Viewer, run_id: int, which: Literal["report", "data"], *, now: datetime
) -> tuple[str, str]:
    """Put on record that somebody takes the report along; return its digest and the name of the file.

    Raises Refused where there is none.
    """
    row = queries.row_for_update(session, viewer, run_id)
    digest = row.report_digest if which == "report" else row.data_digest
    if digest is None:
        raise Refused("properties.no-report", "检测报告还没有写好：有人工项目没有填写，或者稍候片刻。")
    note(session, viewer, row, "properties.downloaded", {"what": which, "sha256": digest}, now=now)
    return digest, f"四性检测报告-{row.id}.{'pdf' if which == 'report' else 'json'}"


def refusal(state: str, codes: Collection[str], *, consequence: str) -> Refused:
    """Return the refusal of what a run that is not passed keeps from happening; `consequence` is a sentence."""
    if state == "failed":
        named = "、".join(list(codes)[:_NAMED])
        message = f"四性检测有 {len(codes)} 项不合格（{named}）。{consequence}"
        return Refused("properties.failed", message, codes=list(codes))
    return Refused("properties.open", f"四性检测还有人工项目没有填写。{consequence}")


def note(
    session: Session, viewer: Viewer, row: PropertyRun, did: str, facts: Mapping[str, Any], *, now: datetime
) -> None:
    """Put on record what was done with a run."""
    record(
        session,
        by=viewer.actor,
        did=did,
        object_kind="property-check",
        object_id=row.id,
        unit_id=row.unit_id,
        facts=facts,
        now=now,
    )


def _row(run_id: int, place: int, one: Judged) -> PropertyResult:
    return PropertyResult(
        run_id=run_id,
        place=place,
        code=one.code,
        property=one.item.property.value,
        mode=one.item.mode.value,
        title_zh=one.item.title_zh,
        title_en=one.item.title_en,
        result=one.result.value,
        evidence=one.evidence,
        answered_by=one.answered.by if one.answered else None,
        answered_at=one.answered.at if one.answered else None,
    )
