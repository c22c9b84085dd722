"""Which case of its household a document belongs to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from ingest.recognise.papers import Paper
from ingest.recognise.values import KnownCase, KnownHousehold, Match, Said

#: Papers of a case come in until a year after energisation.
_LATE = timedelta(days=366)


def choose_case(match: Match, paper: Paper, code: str, said: Said, common: Callable[[int], str | None]) -> None:
    """Choose the case within the household: by application number, by what was said, by what fits."""
    household = match.household
    if household is None:
        return
    spoken = said.application_no
    if spoken and spoken not in (case.application_no for case in household.cases):
        match.doubts.append(f"{said.who}指定的申请编号 {spoken} 不属于户号 {household.account_no}")
    for number, why in ((said.application_no, f"{said.who}指定"), (paper.value("application_no"), "纸面")):
        case = next((one for one in household.cases if number and one.application_no == number), None)
        if case:
            match.case = case
            match.reasons.append(f"{why}申请编号 {case.application_no}")
            break
    printed = paper.value("application_no")
    if (
        printed
        and (match.case is None or match.case.application_no != printed)
        and not any("申请编号" in d for d in match.doubts)
    ):
        whose = (
            "属于该户的另一业务"
            if any(one.application_no == printed for one in household.cases)
            else "未登记在该户名下"
        )
        match.doubts.append(f"纸面申请编号 {printed} {whose}")
        match.confidence = min(match.confidence, 0.85)
    if match.case is None:
        _fit_case(match, household, paper, code, common(household.id))


def _fit_case(match: Match, household: KnownHousehold, paper: Paper, code: str, common: str | None) -> None:
    day = paper.value("document_date")
    fitting = [
        (_fit(case, code, day) + (1.5 if case.application_no == common else 0), case) for case in household.cases
    ]
    if not fitting:
        match.doubts.append(f"户号 {household.account_no} 没有登记的业务")
        return
    fitting.sort(key=lambda entry: -entry[0])
    match.case = fitting[0][1]
    if len(fitting) == 1:
        match.reasons.append(f"该户只有一个业务 {match.case.application_no}")
    elif fitting[0][0] - fitting[1][0] >= 1:
        match.reasons.append(f"资料类型和日期与业务 {match.case.application_no} 相符")
        match.confidence = min(match.confidence, 0.95)
    else:
        match.confidence = min(match.confidence, 0.7)
        match.doubts.append(f"该户有 {len(fitting)} 个业务，不能确定属于哪一个")


def _fit(case: KnownCase, code: str, day: str | None) -> float:
    score = 1.0 if code in case.expected else 0.0
    if day and case.accepted_on:
        begun = day >= case.accepted_on.isoformat()
        ended = case.energised_on is not None and day > (case.energised_on + _LATE).isoformat()
        score += 1.0 if begun and not ended else -0.5
    return score
