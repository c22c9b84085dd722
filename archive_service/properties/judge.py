"""Running the items of a moment over the facts: pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from archive_service.errors import Invalid
from archive_service.properties.batch_facts import BatchFacts
from archive_service.properties.checks import CHECKS, OF_PACKAGES
from archive_service.properties.checks.batches import BATCH_CHECKS, checked
from archive_service.properties.checks.outcome import Outcome, Result
from archive_service.properties.facts import Facts
from archive_service.properties.scheme import CheckItem, Mode, Moment, Scheme

#: Answers that a person may give to a manual item.
ANSWERS = (Result.PASSED, Result.FAILED, Result.NOT_APPLICABLE)
_LONGEST = 300
_NO_PACKAGE = "本环节没有信息包，制作或接收信息包时检测。"


@dataclass(frozen=True)
class Answered:
    """What a person saw of a manual item."""

    result: str
    evidence: str
    by: int | None
    at: datetime


@dataclass(frozen=True)
class Judged:
    """An item with what came of it."""

    item: CheckItem
    code: str
    result: Result
    evidence: str
    answered: Answered | None = None


def judge(
    scheme: Scheme,
    moment: Moment,
    facts: Facts,
    *,
    ask_people: bool = False,
    answers: Mapping[str, Answered] | None = None,
) -> tuple[Judged, ...]:
    """Return every item of a moment with its result, in the order of the scheme.

    Manual items wait for a person where the scheme demands it at this moment, or for all with `ask_people`; `answers`
    are those that people gave of the same content before, by code.
    """
    given = answers or {}
    return tuple(_one(item, moment, facts, ask_people, given.get(item.codes[moment])) for item in scheme.at(moment))


def judge_batch(scheme: Scheme, facts: BatchFacts) -> tuple[Judged, ...]:
    """Return every item of the moment of filing for a batch; what is about cases, or asks people, does not apply."""
    return tuple(_of_batch(item, facts) for item in scheme.at(Moment.FILING))


def _of_batch(item: CheckItem, facts: BatchFacts) -> Judged:
    code = item.codes[Moment.FILING]
    if item.check is not None and item.check in BATCH_CHECKS:
        outcome = checked(item.check, facts)
    elif item.mode is Mode.NOT_APPLICABLE:
        outcome = Outcome(Result.NOT_APPLICABLE, item.reason_zh or "")
    elif item.mode is Mode.MANUAL:
        outcome = Outcome(Result.NOT_APPLICABLE, "人工项目在案件归档时填写，批次不填。")
    elif item.check in OF_PACKAGES:
        outcome = Outcome(Result.NOT_APPLICABLE, _NO_PACKAGE)
    else:
        outcome = Outcome(Result.NOT_APPLICABLE, "这一项看的是户、案件和资料，在案件归档时检测。")
    return Judged(item, code, outcome.result, outcome.evidence)


def _one(item: CheckItem, moment: Moment, facts: Facts, ask_people: bool, given: Answered | None) -> Judged:
    code = item.codes[moment]
    if item.mode is Mode.MANUAL and given is not None:
        return Judged(item, code, Result(given.result), given.evidence, given)
    outcome = _outcome(item, moment, facts, ask_people)
    return Judged(item, code, outcome.result, outcome.evidence)


def _outcome(item: CheckItem, moment: Moment, facts: Facts, ask_people: bool) -> Outcome:
    if item.mode is Mode.NOT_APPLICABLE:
        return Outcome(Result.NOT_APPLICABLE, item.reason_zh or "")
    if item.mode is Mode.MANUAL:
        if ask_people or moment in item.demanded:
            return Outcome(Result.OPEN, item.guide_zh or "")
        return Outcome(Result.NOT_CHECKED, "人工项目，本环节没有要求填写。")
    assert item.check is not None
    if item.check in OF_PACKAGES and moment is not Moment.TRANSFER and facts.package is None:
        return Outcome(Result.NOT_APPLICABLE, _NO_PACKAGE)
    return CHECKS[item.check](facts)


def state_of(results: Sequence[str]) -> str:
    """Return how a run stands: failed with one failed item, else open while a person is awaited, else passed."""
    if Result.FAILED in results:
        return "failed"
    return "open" if Result.OPEN in results else "passed"


def check_answer(result: str, evidence: str) -> tuple[str, str]:
    """Return an answer and what was seen, trimmed. Raises Invalid where either is none."""
    if result not in {one.value for one in ANSWERS}:
        raise Invalid("properties.answer", "请选择检测结论：合格、不合格或不适用。", given=result[:20])
    said = evidence.replace("\x00", "").strip()
    if not 2 <= len(said) <= _LONGEST:
        raise Invalid("properties.evidence", f"请写明看到了什么（2 到 {_LONGEST} 字），内容会写进检测报告。")
    return result, said
