"""What keeps a proposal from being filed without a person, in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archive_service.catalogue.schema import Edition
from ingest.recognise.phrases import Phrases
from ingest.recognise.values import OTHER, Candidate, FieldFound, Match, Said, Thresholds

#: Below this a key field was hardly legible.
_LEGIBLE = 0.6
_KEY_FIELDS = {
    "account_no": "户号",
    "application_no": "申请编号",
    "id_number": "身份证号",
    "credit_code": "统一社会信用代码",
}
_CHECKED = {
    "id_number": "身份证号",
    "agent_id_number": "经办人身份证号",
    "legal_rep_id_number": "法定代表人身份证号",
    "credit_code": "统一社会信用代码",
}


def doubts(
    candidates: Sequence[Candidate],
    fields: Mapping[str, FieldFound],
    match: Match,
    *,
    thresholds: Thresholds,
    said: Said,
    phrases: Phrases,
    edition: Edition,
) -> list[str]:
    """Return every reason for asking a person about a document; empty means that it may be filed."""
    return [
        *_about_type(candidates, thresholds, said, phrases),
        *_about_customer(candidates[0].code, match, said, edition),
        *match.doubts,
        *_about_match(match, thresholds),
        *_about_fields(fields),
    ]


def _about_type(candidates: Sequence[Candidate], thresholds: Thresholds, said: Said, phrases: Phrases) -> list[str]:
    best = candidates[0]
    if said.document_type:
        recognised = next((one for one in candidates if one.code != said.document_type), None)
        contradicts = (
            recognised is not None and recognised.confidence >= thresholds.type_confidence and recognised.code != OTHER
        )
        if not contradicts or recognised is None:
            return []
        return [
            f"{said.who_type}指定为“{phrases.name(said.document_type)}”，但看来是“{phrases.name(recognised.code)}”：{recognised.reason}"
        ]
    if best.code == OTHER:
        return [f"不能归入资料目录的任何一类：{best.reason}"]
    if best.confidence < thresholds.type_confidence:
        second = f"，也可能是“{phrases.name(candidates[1].code)}”" if len(candidates) > 1 else ""
        return [f"资料类型“{phrases.name(best.code)}”把握不足（{best.confidence:.0%}）{second}"]
    return []


def _about_customer(code: str, match: Match, said: Said, edition: Edition) -> list[str]:
    """Doubt a type that no case of such a customer has: more often the type was mistaken than the paper astray."""
    kind, household = edition.document_types.get(code), match.household
    if kind is None or household is None or said.document_type:
        return []
    cases = {(case.customer_category, case.business_type) for case in household.cases}
    asked = {(applies.category, business) for applies in kind.applies for business in applies.business_types}
    if asked & cases or not cases <= set(edition.combinations):
        return []
    category = edition.customer_categories.get(household.customer_category)
    whose = category.name_zh if category else household.customer_category
    return [f"{whose}的这项业务没有“{kind.name_zh}”这类资料，请核对资料类型和户号"]


def _about_match(match: Match, thresholds: Thresholds) -> list[str]:
    if match.household is None:
        return [] if match.doubts else ["没有找到所属的户，请指定户号"]
    if match.confidence < thresholds.match_confidence and not match.doubts:
        return [f"归入户号 {match.household.account_no} 把握不足（{match.confidence:.0%}）"]
    return []


def _about_fields(fields: Mapping[str, FieldFound]) -> list[str]:
    found = [
        f"{label} {fields[name].value} 的校验位不对，可能识别有误或纸面有误"
        for name, label in _CHECKED.items()
        if name in fields and fields[name].checked is False
    ]
    application = fields.get("application_no")
    if application and application.checked is False:
        found.append(f"申请编号“{application.value}”没有读全，请核对")
    return found + [
        f"{label} {fields[name].value} 不清楚（{fields[name].confidence:.0%}）"
        for name, label in _KEY_FIELDS.items()
        if name in fields and fields[name].confidence < _LEGIBLE and fields[name].checked is not False
    ]
