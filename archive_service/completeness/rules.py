"""Say per requirement of the catalogue what a case has, lacks, or has in doubt, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from archive_service.catalogue.schema import Ask, Excuse, Requirement
from archive_service.completeness.conditions import Facts, UnknownFact
from archive_service.completeness.marks import MarkVerdict


class Status(StrEnum):
    """How a requirement stands; deferred, waived and inherited are decided by people, elsewhere."""

    PRESENT = "present"
    MISSING = "missing"
    DEFERRED = "deferred"
    WAIVED = "waived"
    NOT_APPLICABLE = "not_applicable"
    DOUBTFUL = "doubtful"
    INHERITED = "inherited"


@dataclass(frozen=True, slots=True)
class HeldItem:
    """A filed item as the rules see it."""

    id: int
    #: Catalogue code, or OTHER.
    document_type: str
    #: How sure the type is, 0 to 1.
    confidence: float = 1.0
    #: Normalised values by field name.
    fields: Mapping[str, str] = field(default_factory=dict)
    #: Why the item cannot be relied on, as sentences without full stop; empty: it can.
    doubts: tuple[str, ...] = ()
    #: Page of the item on which a field was read, from 1.
    pages: Mapping[str, int] = field(default_factory=dict)
    #: What a person calls it; its type's code if empty.
    title: str = ""
    #: The signatures and seals that the catalogue asks for on it; empty where nobody looked or none is asked for.
    marks: tuple[MarkVerdict, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one requirement stands."""

    document_type: str
    requirement: Ask
    #: Flags any of which makes it due, joined by a slash; none if it depends on none.
    condition: str | None
    status: Status
    #: Ids of the items that the verdict rests on, ascending.
    evidence: tuple[int, ...]
    reason: str
    #: Whether the case must have it.
    due: bool


@dataclass(frozen=True, slots=True)
class Assessment:
    """How a case stands: one verdict per requirement in catalogue order, and the counts of those that are due."""

    verdicts: tuple[Verdict, ...]
    complete: bool
    due_count: int
    satisfied_count: int
    missing_count: int
    doubtful_count: int
    #: Ids of held items that the catalogue has no use for in such a case, ascending.
    extra: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Held:
    """The held items of one type, sound ones apart from doubtful ones."""

    sound: tuple[HeldItem, ...] = ()
    doubtful: tuple[HeldItem, ...] = ()
    ids: tuple[int, ...] = ()


_NOTHING = _Held()


def assess(requirements: Sequence[Requirement], facts: Facts, held: Sequence[HeldItem]) -> Assessment:
    """Say how each of `requirements` stands in a case with `facts` that holds `held`.

    `requirements` come in catalogue order, as `Edition.requirements` returns them, and the verdicts follow it. The
    order of `held` does not matter, and one more item never adds a gap. A case is complete when nothing that is due
    is missing or doubtful. Raises UnknownFact if a requirement depends on a fact we do not have: missing data must
    not read as "not required".
    """
    by_type = _by_type(held)
    verdicts = tuple(_verdict(each, facts, by_type) for each in requirements)
    counts = dict.fromkeys(Status, 0)
    for verdict in verdicts:
        counts[verdict.status] += verdict.due
    rested_on = {number for verdict in verdicts for number in verdict.evidence}
    return Assessment(
        verdicts=verdicts,
        complete=not counts[Status.MISSING] and not counts[Status.DOUBTFUL],
        due_count=sum(verdict.due for verdict in verdicts),
        satisfied_count=counts[Status.PRESENT],
        missing_count=counts[Status.MISSING],
        doubtful_count=counts[Status.DOUBTFUL],
        extra=_ids(each for each in held if each.id not in rested_on),
    )


def _by_type(held: Iterable[HeldItem]) -> dict[str, _Held]:
    by_type: dict[str, _Held] = {}
    for item in sorted(held, key=lambda each: each.id):
        before = by_type.get(item.document_type, _NOTHING)
        if item.doubts:
            by_type[item.document_type] = _Held(before.sound, (*before.doubtful, item), (*before.ids, item.id))
        else:
            by_type[item.document_type] = _Held((*before.sound, item), before.doubtful, (*before.ids, item.id))
    return by_type


def _verdict(wanted: Requirement, facts: Facts, held: Mapping[str, _Held]) -> Verdict:
    own = held.get(wanted.document_type, _NOTHING)
    if wanted.requirement is Ask.OPTIONAL:
        return _optional(wanted, own)
    if wanted.requirement is Ask.CONDITIONAL and not _holds(wanted, facts):
        return _not_asked(wanted, own)
    return _asked(wanted, own, facts, held)


def _holds(wanted: Requirement, facts: Facts) -> bool:
    try:
        return facts.any_holds(wanted.when_any)
    except UnknownFact as e:
        fact = str(e.facts["fact"])
        name = wanted.when_zh[wanted.when_any.index(fact)]
        message = (
            f"不知道“{name}（{fact}）”是否成立，无法判断是否应收“{wanted.name_zh}（{wanted.document_type}）”。"
            "请在业务系统补充办理条件后重新导入。"
        )
        raise UnknownFact(e.code, message, fact=fact, document_type=wanted.document_type) from None


def _optional(wanted: Requirement, own: _Held) -> Verdict:
    if own.sound:
        return _say(wanted, Status.PRESENT, own.ids, f"选收；已归档 {len(own.sound)} 份{_too_many(wanted, own)}。")
    if own.doubtful:
        return _say(wanted, Status.DOUBTFUL, own.ids, f"选收；收到 {len(own.doubtful)} 份，但存疑：{_doubts(own)}。")
    return _say(wanted, Status.NOT_APPLICABLE, (), "选收，未收到。")


def _not_asked(wanted: Requirement, own: _Held) -> Verdict:
    reason = f"没有“{'、'.join(wanted.when_zh)}”的情形，不需要。"
    if own.ids:
        reason += f"但已收到 {len(own.ids)} 份：若确有此情形，请更正办理条件。"
    return _say(wanted, Status.NOT_APPLICABLE, own.ids, reason)


def _asked(wanted: Requirement, own: _Held, facts: Facts, held: Mapping[str, _Held]) -> Verdict:
    why = _why(wanted, facts)
    need = wanted.count_min
    if own.sound and len(own.sound) >= need:
        reason = f"{why}；已归档 {len(own.sound)} 份{_too_many(wanted, own)}。"
        return _say(wanted, Status.PRESENT, own.ids, reason, due=True)
    excused = _excused(wanted, facts, held)
    if excused and excused[1]:
        return _say(wanted, Status.NOT_APPLICABLE, excused[2], f"{why}；已由{excused[0]}代替。")
    if own.doubtful and len(own.ids) >= need:
        reason = f"{why}；收到 {len(own.ids)} 份，但存疑：{_doubts(own)}。请核对。"
        return _say(wanted, Status.DOUBTFUL, own.ids, reason, due=True)
    if excused:
        return _say(
            wanted, Status.DOUBTFUL, excused[2], f"{why}；可由{excused[0]}代替，但其中有存疑的。请核对。", due=True
        )
    if need == 0:
        return _say(wanted, Status.NOT_APPLICABLE, (), f"{why}，有则归档；未收到。")
    lack = f"应有 {need} 份，只有 {len(own.ids)} 份" if own.ids else "未收到"
    return _say(wanted, Status.MISSING, own.ids, f"{why}；{lack}。", due=True)


def _excused(wanted: Requirement, facts: Facts, held: Mapping[str, _Held]) -> tuple[str, bool, tuple[int, ...]] | None:
    """Return what stands in for the paper, whether all of it is sound, and its items; None if nothing does."""
    best = None
    for excuse in wanted.excused_by:
        stand_ins = [held.get(paper, _NOTHING) for paper in excuse.papers]
        if not _counts(excuse, facts) or not all(each.ids for each in stand_ins):
            continue
        sound = all(each.sound for each in stand_ins)
        if best is None or (sound and not best[1]):
            items = _ids(item for each in stand_ins for item in (each.sound or each.doubtful))
            best = (f"“{excuse.group_zh}”的另一种证明（{'、'.join(excuse.papers)}）", sound, items)
    return best


def _counts(excuse: Excuse, facts: Facts) -> bool:
    # Not known is no excuse: the paper stays due.
    return not excuse.when_any or any(facts.conditions.get(code) for code in excuse.when_any)


def _why(wanted: Requirement, facts: Facts) -> str:
    if wanted.requirement is Ask.REQUIRED:
        return "必收"
    held = [
        name + (f"（{facts.derived[code]}）" if code in facts.derived else "")
        for code, name in zip(wanted.when_any, wanted.when_zh, strict=True)
        if facts.conditions.get(code)
    ]
    return f"因“{'、'.join(held)}”应收"


def _doubts(own: _Held) -> str:
    seen = dict.fromkeys(doubt.rstrip("。；;") for item in own.doubtful for doubt in item.doubts)
    return "；".join(seen)


def _too_many(wanted: Requirement, own: _Held) -> str:
    if wanted.count_max is None or len(own.ids) <= wanted.count_max:
        return ""
    return f"，多于通常的 {wanted.count_max} 份，请核对是否重复"


def _ids(items: Iterable[HeldItem]) -> tuple[int, ...]:
    return tuple(sorted({item.id for item in items}))


def _say(wanted: Requirement, status: Status, evidence: tuple[int, ...], reason: str, *, due: bool = False) -> Verdict:
    return Verdict(
        document_type=wanted.document_type,
        requirement=wanted.requirement,
        condition=wanted.condition,
        status=status,
        evidence=evidence,
        reason=reason + wanted.because,
        due=due,
    )
