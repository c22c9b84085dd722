"""Papers of one case in words: notice of missing papers, transfer list, contents list, file note, labels.

A paper says what the pages say to the same person; `printing` lays it out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from archive_service.catalogue.load import edition_by_code
from archive_service.completeness.todo import Owed, Task, to_complete
from archive_service.errors import NotFound, Refused
from archive_service.households import queries as households
from archive_service.households import states
from archive_service.households.views import CaseView, HouseholdView, ItemView
from archive_service.lifecycle import queries, rules
from archive_service.lifecycle.views import CaseLife, HandOverView, StepView
from archive_service.printing import Label, Paper, Section, Shape, Signature, label_sheets, pdf
from archive_service.web import i18n, labels, words
from archive_service.web.asking import Asking
from archive_service.web.i18n import N_
from archive_service.web.pages.household_items import ordered
from archive_service.web.render import day, moment

NOTICE, TRANSFER, CONTENTS, NOTE, BOX, SPINE = "notice", "transfer", "contents", "note", "box", "spine"
#: Every paper of a case with its name, in the order in which pages offer them.
TITLES = {
    NOTICE: N_("一次性告知书"),
    TRANSFER: N_("移交清单"),
    CONTENTS: N_("卷内目录"),
    NOTE: N_("卷内备考表"),
    BOX: N_("档案盒标签"),
    SPINE: N_("脊背标签"),
}
#: What the catalogue calls those that are papers of the case themselves.
TYPES = {NOTICE: "A23", TRANSFER: "X02", CONTENTS: "X01", NOTE: "X03"}
#: Papers about the volume itself do not stand on its contents list before it is filed.
_OF_THE_VOLUME = frozenset({"X01", "X02", "X03"})
#: Origin of what the utility itself owes.
_OURS = "utility"


@dataclass(frozen=True)
class Of:
    """A case with all that its papers say, and the language in which they say it."""

    file: HouseholdView
    case: CaseView
    life: CaseLife
    language: str
    today: date
    #: The hand-over asked for; none for the newest.
    round: int | None = None

    def say(self, message: str, **facts: Any) -> str:
        """Return a message in the language of the paper."""
        return i18n.say(message, self.language, **facts)

    @property
    def labels(self) -> labels.Labels:
        """Return the names of the catalogue in that language."""
        return labels.Labels(self.language)


def of_case(session: Any, visit: Asking, application_no: str, *, round_: int | None = None, language: str = "") -> Of:
    """Return what the papers of a case say to this person. Raises NotFound.

    What is stored only is closed also to who has it open: a print outlasts the minutes for which it was opened.
    """
    viewer = replace(visit.viewer, opened=frozenset())
    case = households.case(session, viewer, application_no)
    file = households.household(session, viewer, case.account_no, fields=False)
    life = queries.case_life(session, viewer, application_no)
    return Of(file, case, life, language or visit.language, visit.today, round_)


def made(of: Of, which: str, *, printed: str = "", made_at: datetime | None = None) -> bytes:
    """Return a paper as PDF. Raises NotFound for one that there is not, Refused where it has nothing to say yet."""
    if which not in TITLES:
        raise NotFound("paper.not-found", "没有这种单据。请从案件的打印页选择。")
    if which in (BOX, SPINE):
        if of.case.archive_code is None:
            raise Refused("paper.no-code", "案件归档后才有档号，现在还不能打印标签。请先归档。")
        label = Label(of.case.archive_code, of.file.account_name, label_lines(of))
        return label_sheets([label], Shape(which), title=of.say(TITLES[which]), made_at=made_at)
    sections, before, behind, signatures = _WRITERS[which](of)
    facts = _facts(of)
    if which == NOTICE:
        facts.append((of.say(N_("告知日期")), day(of.today)))
    return pdf(
        Paper(
            title=of.say(TITLES[which]),
            unit=of.file.unit_name,
            facts=facts,
            sections=sections,
            before=before,
            behind=behind,
            signatures=signatures,
            by_hand=by_hand(of.language),
            printed=printed,
            numbering=numbering(of.language),
            made_at=made_at,
        )
    )


def check_may_be_filed(of: Of, which: str) -> str:
    """Return the type that a paper is filed as. Raises NotFound, and Refused where it cannot be filed."""
    code = TYPES.get(which)
    if code is None:
        raise NotFound("paper.not-found", "没有这种单据。请从案件的打印页选择。")
    asked = [one for one in of.case.verdicts if one.document_type == code]
    if not asked:
        raise Refused("paper.not-asked", "资料目录没有要求这种业务归入这份单据，没有归档。需要时请打印。")
    if of.case.state in states.KEPT:
        raise Refused("paper.case-filed", "案件已归档，单据没有归入。请先启封，再生成并归档。")
    if which != NOTICE and any(one.case_id == of.case.id and one.document_type == code for one in of.file.items):
        raise Refused("paper.there", "案件里已有这份单据，没有重复归档。要换新的，请先撤回旧的一份。")
    return code


def label_lines(of: Of) -> list[str]:
    """Return the quiet lines of a label: account, kind of business, unit."""
    return [
        of.say(N_("户号 %(no)s"), no=of.file.account_no),
        of.labels.case_kind(of.case.customer_category, of.case.business_type),
        of.file.unit_name,
    ]


def by_hand(language: str) -> tuple[str, str]:
    """Return the names of what is written by hand."""
    return i18n.translate(N_("签字"), language), i18n.translate(N_("年月日"), language)


def numbering(language: str) -> str:
    """Return how pages are numbered."""
    return i18n.translate(N_("第 {page} 页，共 {pages} 页"), language)


def printed_by(visit: Asking) -> str:
    """Return who prints, and when, for the foot."""
    return visit.say(N_("%(who)s %(when)s 打印"), who=visit.viewer.actor.name, when=moment(visit.now))


_Written = tuple[Sequence[Section], Sequence[str], Sequence[str], Sequence[Signature]]


def _facts(of: Of) -> list[tuple[str, str]]:
    case, file = of.case, of.file
    found = [
        (of.say(N_("户名")), file.account_name),
        (of.say(N_("户号")), file.account_no),
        (of.say(N_("用电地址")), file.service_address),
        (of.say(N_("业务")), of.labels.case_kind(case.customer_category, case.business_type)),
        (of.say(N_("申请编号")), case.application_no),
        (of.say(N_("受理日期")), day(case.accepted_on)),
    ]
    return [(of.say(N_("档号")), case.archive_code), *found] if case.archive_code else found


def _notice(of: Of) -> _Written:
    edition = edition_by_code(of.case.edition) if of.case.edition else None
    owed = to_complete(edition, of.case.verdicts, today=of.today) if edition else ()
    # What the customer has to do with comes first; the papers about the volume are nobody's to bring.
    in_order = sorted(owed, key=lambda one: one.origin == _OURS)
    sections: list[Section] = []
    number = theirs = 0
    for one in in_order:
        tasks = [task for task in one.tasks if task.document_type not in _OF_THE_VOLUME]
        if tasks:
            sections.append(_owed(of, one, tasks, first=number + 1))
            number += len(tasks)
            theirs += 0 if one.origin == _OURS else len(tasks)
    if of.case.assessment_error:
        before = [of.case.assessment_error]
    elif theirs:
        before = [of.say(N_("您办理的业务还有下列 %(n)s 项资料要补齐，现一次性告知。请按要求补交或更正。"), n=theirs)]
    else:
        before = [of.say(N_("没有要您补的资料。"))]
    signatures = [Signature(of.say(N_("客户（签收）"))), Signature(of.say(N_("经办人（盖章）")))]
    return sections, before, [], signatures


def _owed(of: Of, one: Owed, tasks: Sequence[Task], *, first: int) -> Section:
    head = [of.say(word) for word in (N_("序号"), N_("资料代码"), N_("资料"), N_("要求"), N_("依据和原因"))]
    rows = [
        (str(at), task.document_type, of.labels.document_type(task.document_type), _act(of, task),
         task.reason.rstrip("。"))
        for at, task in enumerate(tasks, start=first)
    ]  # fmt: skip
    who = of.say(N_("由%(who)s办理"), who=of.say(words.ORIGIN.get(one.origin, one.origin)))
    if one.origin == _OURS:
        who += of.say(N_("，不需要您提供"))
    return Section(f"{of.labels.stage_head(one.stage)} · {who}", head, (2, 3, 9, 6, 14), rows, "")


def _act(of: Of, task: Task) -> str:
    act = of.say(words.GAP_ACT[task.act].word)
    if task.until:
        act = f"{act} {of.say(N_('补交期限 %(day)s'), day=day(task.until))}"
        act += f"（{of.say(N_('已逾期'))}）" if task.overdue else ""
    return act


def _transfer(of: Of) -> _Written:
    over = _hand_over(of)
    head = [of.say(word) for word in (N_("序号"), N_("件号"), N_("资料代码"), N_("资料"), N_("页数"))]
    rows = [
        (str(one.place), f"{of.file.account_no}-{one.item_no:03d}", one.document_type,
         of.labels.document_type(one.document_type), str(one.page_count))
        for one in over.papers
    ]  # fmt: skip
    total = of.say(N_("共 %(n)s 件，%(pages)s 页。"), n=len(rows), pages=sum(one.page_count for one in over.papers))
    section = Section(
        of.say(N_("第 %(n)s 次移交"), n=over.round), head, (2, 6, 4, 16, 3), rows, of.say(N_("这次移交没有资料。"))
    )
    behind = [total, *([of.say(N_("移交说明：%(note)s"), note=over.note)] if over.note else [])]
    giver = _confirmed(of, over.giver, over.given_at)
    if over.outcome is None:
        receiver = of.say(N_("尚未签收"))
        if over.due_on:
            receiver += " " + of.say(N_("（签收期限 %(day)s）"), day=day(over.due_on))
    else:
        receiver = _confirmed(of, over.receiver, over.answered_at)
        receiver += "" if over.outcome == "accepted" else f" · {of.say(N_('退回补正'))}"
    return [section], [], behind, [Signature(of.say(N_("移交人")), giver), Signature(of.say(N_("接收人")), receiver)]


def _hand_over(of: Of) -> HandOverView:
    found = [one for one in of.life.hand_overs if of.round in (None, one.round)]
    if not found:
        raise Refused("paper.no-hand-over", "这个案件没有这次移交，没有移交清单可打印。请先移交。")
    return found[0]


def _confirmed(of: Of, who: str | None, at: datetime | None) -> str:
    return of.say(N_("系统确认：%(who)s %(when)s"), who=who or of.say(N_("系统")), when=moment(at))


def _contents(of: Of) -> _Written:
    head = [
        of.say(word) for word in (N_("序号"), N_("件号"), N_("资料代码"), N_("题名"), N_("形成日期"), N_("页数"))
    ]  # fmt: skip
    items = {item.id: item for item in of.file.items}
    if of.life.places:
        rows = [_placed(of, one.place, one.document_type, items.get(one.item_id)) for one in of.life.places]
        papers = [items[one.item_id] for one in of.life.places if one.item_id in items]
    else:
        mine = [one for one in of.file.items if one.case_id == of.case.id and one.document_type not in _OF_THE_VOLUME]
        papers = ordered(mine, "catalogue")
        rows = [_placed(of, at, one.document_type, one) for at, one in enumerate(papers, start=1)]
    total = of.say(N_("共 %(n)s 件，%(pages)s 页。"), n=len(papers), pages=sum(len(one.pages) for one in papers))
    section = Section("", head, (2, 8, 4, 13, 5, 3), rows, of.say(N_("这个案件还没有归入资料。")))
    return [section], [], [total], [Signature(of.say(N_("立卷人")))]


def _placed(of: Of, place: int, document_type: str, item: ItemView | None) -> tuple[str, ...]:
    number = f"{of.case.archive_code}-{place:03d}" if of.case.archive_code else "—"
    name = of.labels.document_type(document_type)
    if item is None:
        gone = of.say(N_("启封后撤出，顺序号不再使用"))
        return str(place), number, document_type, f"{name}（{gone}）", "—", "—"
    if item.restricted:
        shut = of.say(N_("仅存储"))
        name = f"{name}（{shut}）"
    elif item.title and item.title not in (name, document_type):
        name = f"{name}：{item.title}"
    return str(place), number, document_type, name, day(item.document_date) or "—", str(len(item.pages))


def _note(of: Of) -> _Written:
    items = {item.id: item for item in of.file.items}
    places = of.life.places
    there = [items[one.item_id] for one in places if one.item_id in items]
    supplements = [one for one in places if one.filing_no > 1 and not one.withdrawn]
    empty = [one for one in places if one.withdrawn]
    head = [of.say(word) for word in (N_("顺序号"), N_("资料代码"), N_("资料"), N_("归入"))]
    of_place = [
        Section(
            heading, head, (3, 4, 14, 8),
            [(str(one.place), one.document_type, of.labels.document_type(one.document_type),
              of.say(N_("首次归档")) if one.filing_no == 1 else of.say(N_("第 %(n)s 次补充"), n=one.filing_no - 1))
             for one in listed],
            none,
        )
        for heading, listed, none in (
            (of.say(N_("补充件")), supplements, of.say(N_("没有补充件。"))),
            (of.say(N_("空位")), empty, of.say(N_("没有空位。"))),
        )
    ]  # fmt: skip
    steps = [one for one in of.life.steps if one.verb in (rules.FILE, rules.REOPEN, rules.CLOSE)]
    told = [of.say(word) for word in (N_("时间"), N_("事项"), N_("办理人"), N_("说明"))]
    trail = Section(
        of.say(N_("归档经过")),
        told,
        (6, 5, 5, 13),
        [_step(of, one) for one in steps],
        of.say(N_("这个案件还没有归档。")),
    )
    count = of.say(N_("本卷共 %(n)s 件，%(pages)s 页。"), n=len(there), pages=sum(len(one.pages) for one in there))
    signatures = [Signature(of.say(N_("立卷人"))), Signature(of.say(N_("检查人")))]
    return [*of_place, trail], [count], [], signatures


def _step(of: Of, step: StepView) -> tuple[str, ...]:
    return moment(step.at), of.say(words.STEP.get(step.verb, step.verb)), step.by or of.say(N_("系统")), step.note


_WRITERS: Mapping[str, Callable[[Of], _Written]] = {
    NOTICE: _notice,
    TRANSFER: _transfer,
    CONTENTS: _contents,
    NOTE: _note,
}
