"""Say per requirement of the catalogue what a case has, lacks, or has in doubt, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from archive_service.catalogue.schema import Ask, Excuse, Requirement
from archive_service.completeness import rounds
from archive_service.completeness.conditions import Facts, UnknownFact
from archive_service.completeness.held import HeldItem, doubts_of
from archive_service.completeness.inherit import Inherited, inherited
from archive_service.completeness.rulings import NOTHING_MORE, Background, Kind
from archive_service.completeness.verdicts import Assessment, Status, Verdict

__all__ = ["Assessment", "Background", "HeldItem", "Status", "Verdict", "assess"]


@dataclass(frozen=True, slots=True)
class _Held:
    """The held items of one type, sound ones apart from doubtful ones."""

    sound: tuple[HeldItem, ...] = ()
    #: With all their doubts.
    doubtful: tuple[HeldItem, ...] = ()
    ids: tuple[int, ...] = ()


_NOTHING = _Held()
#: Verdicts on requirements of which nothing is there, by their identity: they are the same in all cases.
_UNASKED: dict[int, tuple[Requirement, Verdict]] = {}
_LACKED: dict[int, tuple[Requirement, Verdict]] = {}
_MOST_KEPT = 50_000
_NONE = dict.fromkeys(Status, 0)
_GAPS = (Status.MISSING, Status.DOUBTFUL, Status.DEFERRED)
_SATISFIED = (Status.PRESENT, Status.INHERITED, Status.WAIVED)


def assess(
    requirements: Sequence[Requirement],
    facts: Facts,
    held: Sequence[HeldItem],
    background: Background = NOTHING_MORE,
    known: Mapping[str, Verdict] | None = None,
) -> Assessment:
    """Say how each of `requirements` stands in a case with `facts` that holds `held`, against its `background`.

    `requirements` come in catalogue order, as `Edition.requirements` returns them, and the verdicts follow it. The
    order of `held` does not matter, and one more item adds a gap only where it is a later round that failed. A case is
    complete when nothing that is due is missing, deferred or doubtful. Raises UnknownFact if a requirement depends on
    a fact we do not have: missing data must not read as "not required".

    `known` are verdicts, by document type, that another edition came to on the same facts, papers and background where
    it asks in the same way: they are taken as they are.
    """
    by_type = _by_type(held, {each.document_type: each for each in requirements}, background.days)
    verdicts = tuple(
        _of_edition(known[each.document_type], each)
        if known and each.document_type in known
        else _verdict(each, facts, by_type, background)
        for each in requirements
    )
    counts = _NONE.copy()
    due = [verdict.status for verdict in verdicts if verdict.due]
    for status in due:
        counts[status] += 1
    rested_on = {number for verdict in verdicts for number in verdict.evidence}
    return Assessment(
        verdicts=verdicts,
        complete=not any(counts[gap] for gap in _GAPS),
        due_count=len(due),
        satisfied_count=sum(counts[each] for each in _SATISFIED),
        missing_count=counts[Status.MISSING],
        doubtful_count=counts[Status.DOUBTFUL],
        extra=_ids(each for each in held if each.id not in rested_on),
        deferred_count=counts[Status.DEFERRED],
    )


def _of_edition(known: Verdict, wanted: Requirement) -> Verdict:
    return known if known.basis == wanted.because else replace(known, basis=wanted.because)


def _by_type(held: Iterable[HeldItem], wanted: Mapping[str, Requirement], days: Mapping[str, date]) -> dict[str, _Held]:
    by_type: dict[str, _Held] = {}
    for item in sorted(held, key=lambda each: each.id):
        before = by_type.get(item.document_type, _NOTHING)
        doubts = doubts_of(item, wanted.get(item.document_type), days)
        if doubts:
            doubted = item if doubts == item.doubts else replace(item, doubts=doubts)
            by_type[item.document_type] = _Held(before.sound, (*before.doubtful, doubted), (*before.ids, item.id))
        else:
            by_type[item.document_type] = _Held((*before.sound, item), before.doubtful, (*before.ids, item.id))
    return by_type


def _verdict(wanted: Requirement, facts: Facts, held: Mapping[str, _Held], background: Background) -> Verdict:
    own = held.get(wanted.document_type, _NOTHING)
    if wanted.requirement is Ask.OPTIONAL:
        return _optional(wanted, own)
    if wanted.requirement is Ask.CONDITIONAL and not _holds(wanted, facts):
        return _not_asked(wanted, own)
    return _ruled(wanted, own, facts, held, background)


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


def _same(kept: dict[int, tuple[Requirement, Verdict]], wanted: Requirement, say: Callable[[], Verdict]) -> Verdict:
    """Return the verdict that is the same in all cases, saying it the first time."""
    known = kept.get(id(wanted))
    # An edition may be edited while the program runs; its requirements are then others.
    if known is None or known[0] is not wanted:
        if len(kept) >= _MOST_KEPT:
            kept.clear()
        known = kept[id(wanted)] = wanted, say()
    return known[1]


def _optional(wanted: Requirement, own: _Held) -> Verdict:
    if not own.ids:
        return _same(_UNASKED, wanted, lambda: _say(wanted, Status.NOT_APPLICABLE, (), "选收，未收到。"))
    if own.sound:
        return _say(wanted, Status.PRESENT, own.ids, f"选收；已归档 {len(own.sound)} 份{_too_many(wanted, own)}。")
    said = f"选收；收到 {len(own.doubtful)} 份，但存疑：{_doubts(own)}。"
    return _say(wanted, Status.DOUBTFUL, own.ids, said, places=_places(own))


def _not_asked(wanted: Requirement, own: _Held) -> Verdict:
    if not own.ids:
        return _same(_UNASKED, wanted, lambda: _say(wanted, Status.NOT_APPLICABLE, (), _no_such(wanted)))
    more = f"但已收到 {len(own.ids)} 份：若确有此情形，请更正办理条件。"
    return _say(wanted, Status.NOT_APPLICABLE, own.ids, _no_such(wanted) + more)


def _no_such(wanted: Requirement) -> str:
    return f"没有“{'、'.join(wanted.when_zh)}”的情形，不需要。"


def _ruled(wanted: Requirement, own: _Held, facts: Facts, held: Mapping[str, _Held], background: Background) -> Verdict:
    """Ask of the papers; where they leave a gap, let a decision of people stand for it."""
    if not own.ids and _plainly_due(wanted, background):
        return _same(_LACKED, wanted, lambda: _asked(wanted, own, facts, held, background))
    found = _asked(wanted, own, facts, held, background)
    ruling = background.rulings.get(wanted.document_type)
    if ruling is None or found.status not in _GAPS:
        return found
    why = _why(wanted, facts)
    by = f"（{ruling.approver}批准：{ruling.reason}）"
    match ruling.kind:
        case Kind.WAIVED:
            return _say(wanted, Status.WAIVED, own.ids, f"{why}；经批准免收{by}。", due=True)
        case Kind.NOT_APPLICABLE:
            return _say(wanted, Status.NOT_APPLICABLE, own.ids, f"{why}；经批准本案不适用{by}。")
        case Kind.DEFERRED:
            last = ruling.until.isoformat() if ruling.until else "未定日期"
            said = f"{found.said.removesuffix('。').removesuffix('。请核对')}；容缺至 {last}{by}，补齐前不能归档。"
            return _say(wanted, Status.DEFERRED, found.evidence, said, due=True, until=ruling.until)


def _plainly_due(wanted: Requirement, background: Background) -> bool:
    """Say whether nothing but a paper of its own type can meet a requirement."""
    if wanted.requirement is not Ask.REQUIRED or wanted.excused_by:
        return False
    return wanted.document_type not in background.rulings and not (wanted.inheritable and background.earlier)


def _asked(wanted: Requirement, own: _Held, facts: Facts, held: Mapping[str, _Held], background: Background) -> Verdict:
    why = _why(wanted, facts)
    need = wanted.count_min
    unpassed = _unpassed(wanted, own, why)
    if own.sound and len(own.sound) >= need:
        if unpassed is not None:
            return unpassed
        reason = f"{why}；已归档 {len(own.sound)} 份{_too_many(wanted, own)}。"
        return _say(wanted, Status.PRESENT, own.ids, reason, due=True)
    excused = _excused(wanted, facts, held)
    if excused and excused[1]:
        return _say(wanted, Status.NOT_APPLICABLE, excused[2], f"{why}；已由{excused[0]}代替。")
    earlier = inherited(wanted, background) if wanted.inheritable else None
    if earlier and earlier.sound:
        return _inherited(wanted, Status.INHERITED, earlier, f"{why}；沿用原档：{earlier.why}。")
    if own.doubtful and len(own.ids) >= need:
        reason = f"{why}；收到 {len(own.ids)} 份，但存疑：{_doubts(own)}。请核对。"
        return unpassed or _say(wanted, Status.DOUBTFUL, own.ids, reason, due=True, places=_places(own))
    if excused:
        return _say(
            wanted, Status.DOUBTFUL, excused[2], f"{why}；可由{excused[0]}代替，但其中有存疑的。请核对。", due=True
        )
    if earlier and not own.ids:
        return _inherited(
            wanted, Status.DOUBTFUL, earlier, f"{why}；原档有一份，但不能直接沿用：{earlier.why}。请核对。"
        )
    if need == 0:
        return _say(wanted, Status.NOT_APPLICABLE, (), f"{why}，有则归档；未收到。")
    lack = f"应有 {need} 份，只有 {len(own.ids)} 份" if own.ids else "未收到"
    return _say(wanted, Status.MISSING, own.ids, f"{why}；{lack}。", due=True)


def _inherited(wanted: Requirement, status: Status, earlier: Inherited, said: str) -> Verdict:
    return _say(wanted, status, (earlier.item.id,), said, due=True)


def _unpassed(wanted: Requirement, own: _Held, why: str) -> Verdict | None:
    """Return the verdict on rounds of which the last did not pass; None where it did, or where there are no rounds."""
    if wanted.result_field is None or not own.ids:
        return None
    every = rounds.in_order([*own.sound, *own.doubtful])
    last, count = every[-1], len(every)
    result = last.fields.get(wanted.result_field, "")
    outcome = rounds.passed(result)
    if outcome is False:
        said = f"{why}；第 {count} 轮结论为“{result}”，缺少合格的下一轮。"
        page = last.pages.get(wanted.result_field)
        places = {last.id: page} if page else None
        return _say(wanted, Status.MISSING, own.ids, said, due=True, places=places)
    if count > 1 and outcome is None:
        return _say(
            wanted, Status.DOUBTFUL, own.ids, f"{why}；共 {count} 轮，没有读到最后一轮的结论。请核对。", due=True
        )
    if count > 1 and last in own.doubtful:
        said = f"{why}；共 {count} 轮，最后一轮存疑：{'；'.join(last.doubts)}。请核对。"
        return _say(wanted, Status.DOUBTFUL, own.ids, said, due=True, places=_places(own))
    return None


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


def _places(own: _Held) -> dict[int, int] | None:
    return {item.id: item.doubt_page for item in own.doubtful if item.doubt_page} or None


def _too_many(wanted: Requirement, own: _Held) -> str:
    if wanted.count_max is None or len(own.ids) <= wanted.count_max:
        return ""
    return f"，多于通常的 {wanted.count_max} 份，请核对是否重复"


def _ids(items: Iterable[HeldItem]) -> tuple[int, ...]:
    return tuple(sorted({item.id for item in items}))


def _say(
    wanted: Requirement,
    status: Status,
    evidence: tuple[int, ...],
    said: str,
    *,
    due: bool = False,
    until: date | None = None,
    places: Mapping[int, int] | None = None,
) -> Verdict:
    return Verdict(
        document_type=wanted.document_type,
        requirement=wanted.requirement,
        condition=wanted.condition,
        status=status,
        evidence=evidence,
        said=said,
        basis=wanted.because,
        due=due,
        until=until,
        places=places,
    )
