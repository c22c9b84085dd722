"""Authenticity by comparison: values that make sense beside each other, and nothing that is there twice. 1-5 and 1-8.

The comparisons are data of the edition: one that differs fails the item, or is only pointed out in its evidence.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date

from archive_service.completeness.observations import Agreement, plain
from archive_service.properties.checks.outcome import Outcome, judged, paper
from archive_service.properties.facts import Compared, CrossCheck, Facts, PaperFacts

#: No paper of this archive is older than the country's electricity utilities.
_EARLIEST = date(1949, 10, 1)
#: Papers that a hint names one by one; the rest is counted.
_NAMED = 5


def plausible_values(facts: Facts) -> Outcome:
    """1-5: days are possible and in their order, and the papers of a case do not contradict each other."""
    wrong = [*_odd_days(facts), *_odd_values(facts)]
    told = f"核对 {len(facts.cases)} 个案件的环节日期和 {len(facts.papers)} 件资料的日期，都合理。"
    if facts.selection:
        return judged(wrong, told + "只有部分资料，没有交叉核对。")
    crossed = [one for one in facts.compared if one.rule in CROSS_CHECKS]
    failing, hints = _split(crossed, lambda one: _contradictions(facts, one))
    return judged([*wrong, *failing], told + _looked(facts, crossed) + _told(hints))


def _odd_days(facts: Facts) -> Iterable[str]:
    for case in facts.cases:
        days = [case.accepted_on, case.energised_on, *case.stages.values()]
        if any(day is not None and day > facts.today for day in days):
            yield f"案件 {case.application_no}：有将来的环节日期"
        if case.accepted_on and case.energised_on and case.energised_on < case.accepted_on:
            yield f"案件 {case.application_no}：送电早于受理"


def _odd_values(facts: Facts) -> Iterable[str]:
    for one in facts.papers:
        if one.document_date is not None and not _EARLIEST <= one.document_date <= facts.today:
            yield f"{paper(one.item_no)}：文件日期 {one.document_date} 不合理"
        if not 0 <= one.confidence <= 1:
            yield f"{paper(one.item_no)}：识别把握不在 0 到 1 之间"


def _contradictions(facts: Facts, wanted: Compared) -> list[str]:
    return [
        f"案件 {case.application_no}：{wanted.rule} {wanted.title}{_papers(one.papers)}"
        for case in facts.cases
        for one in case.cross_checks
        if one.rule == wanted.rule and one.differs
    ]


def _looked(facts: Facts, crossed: Sequence[Compared]) -> str:
    """Say how many of the comparisons could be made: what nobody could read is not found to agree."""
    if not crossed:
        return "本版项目表没有列出交叉核对。"
    rules = {one.rule for one in crossed}
    made = [one for case in facts.cases for one in case.cross_checks if one.rule in rules]
    untold = sum(one.status is Agreement.CANNOT_TELL for one in made)
    return f"交叉核对 {len(made)} 项，其中 {untold} 项没有可比的值{_excused(made)}。"


def _excused(made: Iterable[CrossCheck]) -> str:
    count = sum(one.status is Agreement.DIFFERS and one.excused for one in made)
    return f"，{count} 项经人员说明为误报" if count else ""


def no_duplicates(facts: Facts) -> Outcome:
    """1-8: no page was filed twice, no archive code is used twice, nor a title or number of the same kind of paper."""
    seen: dict[tuple[str, int], int] = {}
    wrong = []
    for one in facts.papers:
        for page in one.pages:
            first = seen.setdefault((page.original, page.original_page), one.item_no)
            if first != one.item_no:
                wrong.append(f"{paper(one.item_no)}第 {page.page_no} 页与{paper(first)}是同一页")
    codes = [one.archive_code for one in facts.cases if one.archive_code]
    if len(codes) != len(set(codes)):
        wrong.append("有重复的档号")
    alike = [one for one in facts.compared if one.rule in _ALIKE]
    failing, hints = _split(alike, lambda one: _repeated(facts.papers, one))
    return judged([*wrong, *failing], f"{len(seen)} 页各归一次，档号不重复。" + _told(hints))


def _same_title(one: PaperFacts) -> Sequence[object]:
    return one.document_date, plain(one.title)


def _same_number(one: PaperFacts) -> Sequence[object]:
    return one.document_type, plain(one.fields.get("document_no", ""))


#: What is compared, by rule; of papers of the same case. One with an empty value is like none.
_ALIKE: Mapping[str, Callable[[PaperFacts], Sequence[object]]] = {
    "same-title": _same_title,
    "same-number": _same_number,
}
CROSS_CHECKS = frozenset(f"XC{number:02d}" for number in range(1, 18))
#: The rules that an edition may weigh.
COMPARISONS = (*sorted(CROSS_CHECKS), *_ALIKE)


def _repeated(papers: Iterable[PaperFacts], wanted: Compared) -> list[str]:
    found: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for one in papers:
        value = _ALIKE[wanted.rule](one)
        if all(value):
            found[(one.application_no, *value)].append(one.item_no)
    return [f"{wanted.title}{_papers(numbers)}" for numbers in found.values() if len(numbers) > 1]


def _split(wanted: Iterable[Compared], find: Callable[[Compared], Collection[str]]) -> tuple[list[str], list[str]]:
    """Return what fails the item, and what is pointed out only."""
    failing: list[str] = []
    hints: list[str] = []
    for one in wanted:
        (failing if one.fails else hints).extend(find(one))
    return failing, hints


def _told(hints: Sequence[str]) -> str:
    if not hints:
        return ""
    more = f"，另有 {len(hints) - _NAMED} 处" if len(hints) > _NAMED else ""
    return f"提示 {len(hints)} 处，请人工核对：{'；'.join(hints[:_NAMED])}{more}。"


def _papers(numbers: Sequence[int]) -> str:
    if not numbers:
        return ""
    more = f"等 {len(numbers)} 件" if len(numbers) > _NAMED else ""
    return f"（{'、'.join(paper(one) for one in numbers[:_NAMED])}{more}）"
