"""Writes of samples: draw one, which freezes it, fill in the sheet of a case, close the sample."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service.audit.record import record
from archive_service.errors import Invalid, NotFound, Refused
from archive_service.households.counted import CaseCount, CaseHit
from archive_service.households.queries.figures import FigureFilters, narrowed
from archive_service.households.tables import CaseFile, HouseholdFile
from archive_service.inspection import drawing, rules
from archive_service.inspection.drawing import Framed, Method
from archive_service.inspection.tables import Sample, SampleCase
from archive_service.people.queries import unit_by_code, units_below
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer


def frame_of(session: Session, viewer: Viewer, filters: FigureFilters) -> list[Framed]:
    """Return the cases that the filters let through, by id; unit, category and business type make the stratum.

    A case weighs one, and more for each rule that it breaks and when papers are missing or it was filed late.
    """
    top = unit_by_code(session, filters.centre or "")
    if top is None or not viewer.may(Right.INSPECT, top.id):
        raise NotFound("people.unit-not-found", "没有这个单位，或者您无权检查。请核对单位代码。")
    hits = select(func.count()).where(CaseHit.case_id == CaseCount.case_id).scalar_subquery()
    units = units_below(session, top.id) & viewer.units(Right.INSPECT)
    wanted = (select(CaseCount, hits).where(CaseCount.unit_id.in_(units), *narrowed(CaseCount, filters))).order_by(
        CaseCount.case_id
    )
    return [
        Framed(
            one.case_id,
            f"{one.unit_id}/{one.customer_category}/{one.business_type}",
            1 + 3 * found + 2 * (1 - one.complete_cases) + one.late,
        )
        for one, found in session.execute(wanted)
    ]


def draw_sample(
    session: Session,
    viewer: Viewer,
    *,
    name: str,
    filters: FigureFilters,
    method: str,
    size: int | None,
    confidence: float = 95,
    error_rate: float = 5,
    margin: float = 3,
    seed: str,
    now: datetime,
) -> Sample:
    """Draw a sample and freeze it; without `size` the size follows from the three shares, in percent.

    Raises NotFound for a unit in which the viewer may not inspect, Invalid for a size or method that cannot be, Refused
    where there is no case to draw.
    """
    viewer.require(Right.INSPECT)
    label, kind, seed = _label(name), _method(method), seed.strip()[:40]
    frame = frame_of(session, viewer, filters)
    if not frame:
        raise Refused("sample.empty", "所选范围内没有案件。请放宽单位、类别、业务或月份后再抽样。")
    wanted = size or drawing.size_for(len(frame), confidence=confidence, error_rate=error_rate, margin=margin)
    if not 1 <= wanted <= drawing.MOST or not seed:
        raise Invalid("sample.too-large", f"样本量要在 1 到 {drawing.MOST} 之间，并要有随机种子。请调整后再抽样。")
    drawn = drawing.draw(frame, wanted, method=kind, seed=seed)
    top = unit_by_code(session, filters.centre or "")
    assert top is not None
    said = {
        "category": filters.category, "business": filters.business, "since": filters.since, "until": filters.until,
        "asked": size, "confidence": confidence, "error_rate": error_rate, "margin": margin,
    }  # fmt: skip
    sample = Sample(
        name=label, unit_id=top.id, method=kind.value, frame=said, frame_size=len(frame),
        frame_digest=drawing.digest_of(one.id for one in frame), size=len(drawn), seed=seed,
        drawn_by=viewer.person_id, drawn_at=now,
    )  # fmt: skip
    session.add(sample)
    session.flush()
    states = _as_they_stand(session, drawn)
    session.add_all(
        SampleCase(sample_id=sample.id, place=place, case_id=key, drawn_as=states[key], remark="", sheet={})
        for place, key in enumerate(drawn, start=1)
    )
    facts = {"name": label, "method": kind.value, "seed": seed, "size": len(drawn), "frame": len(frame),
             "frame_digest": sample.frame_digest}  # fmt: skip
    _tell(session, viewer, sample, "sample.drawn", facts, now=now)
    return sample


def lock_sample(session: Session, sample_id: int) -> None:
    """Keep others from a sample and its sheets until the transaction ends; one that is not there keeps nobody."""
    session.scalar(select(Sample.id).where(Sample.id == sample_id).with_for_update())


def inspect_case(
    session: Session,
    viewer: Viewer,
    *,
    sample_id: int,
    place: int,
    verdict: str,
    sheet: Mapping[str, str],
    remark: str,
    now: datetime,
) -> SampleCase:
    """Write down what an auditor saw of a case of a sample; the last word stands, the trail keeps all."""
    sample = _open_sample(session, viewer, sample_id)
    row = session.scalar(
        select(SampleCase).where(SampleCase.sample_id == sample.id, SampleCase.place == place).with_for_update()
    )
    if row is None:
        raise NotFound("sample.case-not-found", "样本中没有这一件。请从样本清单里选择。")
    row.sheet = rules.check_sheet(sheet)
    row.verdict = rules.check_verdict(verdict, row.sheet).value
    row.remark = remark.replace("\x00", "").strip()[:500]
    row.inspected_by, row.inspected_at = viewer.person_id, now
    session.flush()
    facts = {"place": place, "case": row.case_id, "verdict": row.verdict, "sheet": dict(row.sheet)}
    _tell(session, viewer, sample, "sample.case-inspected", facts, now=now)
    return row


def close_sample(session: Session, viewer: Viewer, *, sample_id: int, now: datetime) -> Sample:
    """Close a sample; its sheets stay as they are. Raises Refused while cases are not inspected."""
    sample = _open_sample(session, viewer, sample_id)
    left = select(func.count()).where(SampleCase.sample_id == sample.id, SampleCase.verdict.is_(None))
    if count := session.scalar(left):
        raise Refused("sample.unfinished", f"还有 {count} 件没有检查结论，不能结束。请先检查完。", left=count)
    sample.closed_at = now
    session.flush()
    _tell(session, viewer, sample, "sample.closed", {}, now=now)
    return sample


def _open_sample(session: Session, viewer: Viewer, sample_id: int) -> Sample:
    sample = session.scalar(select(Sample).where(Sample.id == sample_id).with_for_update())
    if sample is None or not viewer.may(Right.RECORD_READ, sample.unit_id):
        raise NotFound("sample.not-found", "没有这个样本，或者您无权查看。请从样本清单里选择。")
    viewer.require(Right.INSPECT, sample.unit_id)
    if sample.closed_at is not None:
        raise Refused("sample.closed", "这个样本已经结束检查，不能再改。如需复查，请另抽样本。")
    return sample


def _as_they_stand(session: Session, ids: list[int]) -> dict[int, dict[str, Any]]:
    wanted = select(CaseFile, HouseholdFile).join(HouseholdFile, HouseholdFile.id == CaseFile.household_id)
    rows = session.execute(wanted.where(CaseFile.id.in_(ids))).all()
    broken: dict[int, list[str]] = {}
    for case_id, rule in session.execute(
        select(CaseHit.case_id, CaseHit.rule).where(CaseHit.case_id.in_(ids)).order_by(CaseHit.rule)
    ):
        broken.setdefault(case_id, []).append(rule)
    return {
        case.id: {
            "revision": head.revision, "state": case.state, "due": case.due_count, "satisfied": case.satisfied_count,
            "missing": case.missing_count, "doubtful": case.doubtful_count, "rules": broken.get(case.id, []),
        }
        for case, head in rows
    }  # fmt: skip


def _label(name: str) -> str:
    said = name.replace("\x00", "").strip()
    if not 2 <= len(said) <= 120:
        raise Invalid("sample.name", "样本名称要在 2 到 120 字之间。请改正后再抽样。")
    return said


def _method(word: str) -> Method:
    if word not in set(Method):
        raise Invalid("sample.method", "请选择抽样方法：随机、分层或按风险。", given=word[:20])
    return Method(word)


def _tell(
    session: Session, viewer: Viewer, sample: Sample, did: str, facts: Mapping[str, Any], *, now: datetime
) -> None:
    record(
        session, by=viewer.actor, did=did, object_kind="sample", object_id=sample.id, unit_id=sample.unit_id,
        facts=facts, now=now,
    )  # fmt: skip
