"""An assessment as the JSON that programs rely on and as lines for a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archive_service.catalogue.schema import Edition
from archive_service.completeness.observations import Agreement, CaseFacts, Observation, Seen
from archive_service.completeness.rules import Assessment, Status, Verdict

STATUS_ZH = {
    Status.PRESENT: "已归档",
    Status.MISSING: "缺少",
    Status.DEFERRED: "容缺待补",
    Status.WAIVED: "免收",
    Status.NOT_APPLICABLE: "不适用",
    Status.DOUBTFUL: "存疑",
    Status.INHERITED: "沿用原档",
}
AGREEMENT_ZH = {Agreement.AGREES: "一致", Agreement.DIFFERS: "不一致", Agreement.CANNOT_TELL: "无法判断"}


def as_json(
    case: CaseFacts, *, catalogue: str, assessment: Assessment, observations: Sequence[Observation]
) -> dict[str, Any]:
    """Return the case's completeness as others rely on it; `catalogue` is the code of the edition it was judged by."""
    return {
        "application_no": case.application_no,
        "account_no": case.account_no,
        "customer_category": case.category,
        "business_type": case.business_type,
        "catalogue": catalogue,
        "complete": assessment.complete,
        "items": [_verdict(each) for each in assessment.verdicts],
        "consistency": [_observation(each) for each in observations],
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "document_type": verdict.document_type,
        "requirement": verdict.requirement.value,
        "condition": verdict.condition,
        "status": verdict.status.value,
        "evidence": [str(item) for item in verdict.evidence],
        "reason": verdict.reason,
    }


def _observation(observation: Observation) -> dict[str, Any]:
    return {
        "rule": observation.rule,
        "status": observation.status.value,
        "evidence": [_seen(each) for each in observation.evidence],
        "message": observation.message,
    }


def _seen(seen: Seen) -> dict[str, Any]:
    # Item ids are text in what others read, as in the answer of `ingest`.
    return {**seen._asdict(), "item": None if seen.item is None else str(seen.item)}


def as_text(
    case: CaseFacts, *, edition: Edition, assessment: Assessment, observations: Sequence[Observation]
) -> list[str]:
    """Return lines for a person: the sum, then by stage what is due or came, then what does not agree."""
    lines = [_heading(case, edition, assessment)]
    for stage in edition.stages.values():
        told = [each for each in assessment.verdicts if _told(each) and _stage(edition, each) == stage.code]
        if told:
            lines += ["", f"【{stage.name_zh}】", *(_line(edition, each) for each in told)]
    if assessment.extra:
        lines += ["", f"目录之外还有 {len(assessment.extra)} 件。"]
    if observations:
        lines += ["", "【资料之间是否一致】"]
        lines += [f"  {each.rule} {AGREEMENT_ZH[each.status]}：{each.message}" for each in observations]
    return lines


def _heading(case: CaseFacts, edition: Edition, assessment: Assessment) -> str:
    category = edition.customer_categories[case.category].name_zh
    business = edition.business_types[case.business_type].name_zh
    result = "资料齐全" if assessment.complete else "资料不齐全"
    return (
        f"户号 {case.account_no} 申请编号 {case.application_no} {category} {business}"
        f"（目录 {edition.code} 版）：{result}。"
        f"应收 {assessment.due_count}，已收 {assessment.satisfied_count}，"
        f"缺少 {assessment.missing_count}，存疑 {assessment.doubtful_count}"
        + (f"，容缺 {assessment.deferred_count}。" if assessment.deferred_count else "。")
    )


def _told(verdict: Verdict) -> bool:
    return verdict.due or bool(verdict.evidence)


def _stage(edition: Edition, verdict: Verdict) -> str:
    return edition.document_types[verdict.document_type].stage


def _line(edition: Edition, verdict: Verdict) -> str:
    name = edition.document_types[verdict.document_type].name_zh
    return f"  {STATUS_ZH[verdict.status]} {verdict.document_type} {name}：{verdict.reason}"
