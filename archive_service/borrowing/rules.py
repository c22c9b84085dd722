"""What may be asked for, how long, renewed, recalled and found at a return; and what a refusal says: pure.

Source: docs/decisions/0039.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from archive_service.borrowing.matrix import Edition, Limits, Rule, Way
from archive_service.errors import Invalid, NotPermitted, Refused
from archive_service.households import states

#: Which day after a given one is so many working days later.
AddWorkdays = Callable[[date, int], date | None]
#: An item's id and the page in it, from 1.
PageKey = tuple[int, int]
LONGEST_WORDS = 500
#: Ways that open pages on the screen for a while.
ON_SCREEN = frozenset({Way.SCREEN, Way.PRINT})


class State(StrEnum):
    """Where one wish of a request stands."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    #: The pages were read and the time is over, or the papers are back.
    DONE = "done"


class Condition(StrEnum):
    """How a paper comes back."""

    SOUND = "sound"
    MISSING = "missing"
    DAMAGED = "damaged"
    ALTERED = "altered"
    LOST = "lost"


class Ending(StrEnum):
    """Why a reading is over."""

    TIME = "time"
    GIVEN_BACK = "given-back"
    RECALLED = "recalled"
    ROLE_LOST = "role-lost"
    DECIDED = "decided"


@dataclass(frozen=True)
class Reminder:
    """A letter about a paper that is due or overdue."""

    #: Days after the day on which it is due; -1 is the day before.
    days: int
    to_superior: bool


def check_purpose(matrix: Edition, purpose: str) -> str:
    """Return a purpose of the list. Raises Invalid."""
    if purpose not in matrix.purposes:
        raise Invalid("loan.purpose", "请从列表中选择借阅用途。", given=purpose[:24])
    return purpose


def check_words(words: str) -> str:
    """Return what a person wrote, trimmed. Raises Invalid when it says nothing or is too long."""
    said = words.strip().replace("\x00", "")
    if not 2 <= len(said) <= LONGEST_WORDS:
        raise Invalid("loan.words", f"请写明事由（2 到 {LONGEST_WORDS} 字），内容会留在借阅记录中。")
    return said


def way_of(word: str) -> Way:
    """Return the way that a word names. Raises Invalid."""
    if word not in set(Way):
        raise Invalid("loan.way", "请选择借阅方式：屏幕阅览、打印、证明副本或借出原件。", given=word[:10])
    return Way(word)


def check_days(limits: Limits, way: Way, days: int) -> int:
    """Return the days that are asked for. Raises Invalid for none, fewer than none or too many."""
    most = limits.most_paper_days if way is Way.PAPER else limits.most_screen_days
    if not 1 <= days <= most:
        unit = "个工作日" if way is Way.PAPER else "天"
        raise Invalid("loan.days", f"借期要在 1 到 {most} {unit}之间。请重新填写。", given=days, most=most)
    return days


def check_prints(limits: Limits, way: Way, prints: int) -> int:
    """Return how many pages may be printed. Raises Invalid."""
    if way is not Way.PRINT:
        return 0
    if not 1 <= prints <= limits.most_prints:
        raise Invalid("loan.prints", f"打印页数要在 1 到 {limits.most_prints} 之间。请重新填写。", given=prints)
    return prints


def check_amount(limits: Limits, *, wishes: int, pages: int) -> None:
    """Refuse an empty basket, or one that nobody can look through. Raises Invalid."""
    if not wishes or not pages:
        raise Invalid("loan.empty", "还没有选择要借的资料。请先选择整户、案件、资料或页。")
    if wishes > limits.most_wishes:
        raise Invalid(
            "loan.too-many", f"一次最多申请 {limits.most_wishes} 项，现有 {wishes} 项。请分几次申请。", wishes=wishes
        )
    if pages > limits.most_pages:
        raise Invalid(
            "loan.too-many", f"一次最多申请 {limits.most_pages} 页，现有 {pages} 页。请减少后再申请。", pages=pages
        )


def check_letter(rule: Rule, letter_digest: str | None) -> None:
    """Refuse what asks for a letter and has none. Raises Invalid."""
    if rule.letter and letter_digest is None:
        raise Invalid("loan.letter", "这类申请须附公函或法律文书。请上传后再提交。", rule=rule.id)


def check_emergency(rule: Rule, way: Way, *, waiting: int) -> None:
    """Refuse reading before the approval where it is not for that, or while an earlier one waits for its approval."""
    if way is not Way.SCREEN or not rule.emergency:
        raise Refused("loan.emergency", "紧急查阅只用于在屏幕上阅览本公司的档案。请按一般程序申请。", rule=rule.id)
    if waiting:
        raise Refused("loan.emergency-waiting", "您上一次紧急查阅还没有补批，暂不能再用。请联系审批人先补批。")


def check_paper_at_hand(case_state: str | None, *, withdrawn: bool, account_no: str) -> None:
    """Refuse to lend paper that is not in the archive: not filed yet, being put in order again, or withdrawn."""
    if withdrawn:
        raise Refused("paper.withdrawn", f"户号 {account_no} 的这份资料已撤回，不能借出。请重新选择。")
    if case_state == states.REOPENED:
        raise Refused(
            "paper.reordering", f"户号 {account_no} 的案件已启封整理，暂不借出原件。请等重新归档，或申请屏幕阅览。"
        )
    if case_state is not None and case_state not in states.KEPT:
        raise Refused(
            "paper.not-filed", f"户号 {account_no} 的案件还没有归档，档案室没有原件。请问经办人，或申请屏幕阅览。"
        )


def check_not_held(*, held: bool, account_no: str) -> None:
    """Refuse to carry away paper on which a hold lasts; it may be read on a screen, which alters nothing."""
    if held:
        raise Refused(
            "paper.on-hold",
            f"户号 {account_no} 的这份资料已被冻结，原件不出库。请申请屏幕阅览，或等冻结解除后再借。",
        )


def check_waits(state: str) -> None:
    """Refuse to decide what is no longer waiting for a decision."""
    told = {
        State.APPROVED: "这项申请刚刚已被批准。请刷新页面查看。",
        State.DONE: "这项申请已经办结。请刷新页面查看。",
        State.REFUSED: "这项申请刚刚已被退回。请刷新页面查看。",
        State.WITHDRAWN: "申请人已撤回这项申请，不用再审批。请刷新页面查看。",
    }
    if state != State.ASKED:
        raise Refused("loan.decided", told[State(state)], state=state)


def check_not_own(asker_id: int, person_id: int | None) -> None:
    """Refuse that somebody decides what they asked for. Raises NotPermitted."""
    if asker_id == person_id:
        raise NotPermitted("loan.own", "不能审批自己的借阅申请。请交给另一位审批人。")


def ends_at(begins_at: datetime, *, hours: int) -> datetime:
    """Return the end of a reading, to the whole minute, never earlier than so many hours after its beginning."""
    end = begins_at + timedelta(hours=hours)
    whole = end.replace(second=0, microsecond=0)
    return whole if whole == end else whole + timedelta(minutes=1)


def is_overdue(due_on: date, today: date) -> bool:
    """Say whether a paper should have been back by now; on the due day itself it is not late."""
    return today > due_on


def due_on(today: date, days: int, add: AddWorkdays) -> date:
    """Return the day by which a paper is to be back: so many working days after it went out."""
    found = add(today, days)
    assert found is not None, "without pauses every count ends"
    return found


def check_may_borrow(limits: Limits, *, overdue: int, files: int) -> None:
    """Refuse paper to somebody who has papers overdue, or would hold those of too many files."""
    if overdue:
        raise Refused(
            "paper.overdue", f"借阅人有 {overdue} 笔借出逾期未还，暂不能再借原件。请先归还。", overdue=overdue
        )
    if files > limits.files_at_once:
        raise Refused(
            "paper.many-files",
            f"同时最多借出 {limits.files_at_once} 户的原件。请先归还一部分。",
            most=limits.files_at_once,
        )


def check_count(expected: int, counted: int, note: str) -> None:
    """Refuse to hand out what was counted otherwise than the records say, unless somebody wrote why."""
    if counted < 1 or (counted != expected and len(note.strip()) < 2):
        raise Refused(
            "paper.count",
            f"应有 {expected} 页，点得 {counted} 页。请双方重新清点；确有出入的，写明情况后再借出。",
            expected=expected,
            counted=counted,
        )


def renewed_until(
    limits: Limits, due: date, today: date, *, renewals: int, recalled: bool, waiting: int, days: int, add: AddWorkdays
) -> date:
    """Return the day until which a loan is renewed: again as long, after the day on which it was due.

    Raises Refused when it is overdue, recalled, renewed as often as may be, or somebody waits for the paper.
    """
    if is_overdue(due, today):
        raise Refused(
            "paper.renew-overdue", f"已于 {due.isoformat()} 到期，不能续借。请先归还。", due_on=due.isoformat()
        )
    if recalled:
        raise Refused("paper.renew-recalled", "档案室已催还，不能续借。请按期归还。")
    if waiting:
        raise Refused("paper.renew-queue", f"还有 {waiting} 人在等这份资料，不能续借。请按期归还。", waiting=waiting)
    if renewals >= limits.renewals:
        raise Refused("paper.renew-limit", f"最多续借 {limits.renewals} 次。请归还后再申请。", renewals=renewals)
    return due_on(due, min(days, limits.paper_days), add)


def recalled_until(limits: Limits, due: date, today: date, add: AddWorkdays) -> date:
    """Return the day by which a recalled paper is to be back; a recall never gives more time."""
    return min(due, due_on(today, limits.recall_days, add))


def check_condition(word: str, *, pages_out: int, pages_back: int, note: str) -> Condition:
    """Return how a paper came back. Raises Invalid where the words and the count say different things."""
    if word not in set(Condition) - {Condition.LOST}:
        raise Invalid("paper.condition", "请选择验收情况：完好、缺页、损坏或涂改。", given=word[:10])
    found = Condition(word)
    if not 0 <= pages_back <= max(pages_out, 1) * 2 or (found is Condition.SOUND and pages_back != pages_out):
        raise Invalid(
            "paper.return-count",
            f"借出 {pages_out} 页，归还 {pages_back} 页，与验收情况不符。请重新清点。",
            pages_out=pages_out,
            pages_back=pages_back,
        )
    if found is not Condition.SOUND and len(note.strip()) < 2:
        raise Invalid("paper.return-note", "缺页、损坏或涂改的，请写明是哪一页、什么情况。")
    return found


def reminder(due: date, today: date) -> Reminder | None:
    """Return the letter of a day: the day before, 1 and 3 days after, then every week and to the superior as well."""
    days = (today - due).days
    if days in (-1, 1, 3):
        return Reminder(days, to_superior=False)
    return Reminder(days, to_superior=True) if days > 3 and (days - 3) % 7 == 0 else None


def chosen_pages(asked: Sequence[PageKey], approved: Collection[PageKey] | None) -> list[PageKey]:
    """Return the pages that are approved of those asked for; none given means all.

    Raises Invalid for pages that nobody asked for, or none at all.
    """
    if approved is None:
        return list(asked)
    if not approved or set(approved) - set(asked):
        raise Invalid("loan.pages", "批准的页要在申请的页之内，至少一页。请重新勾选；都不同意的，请退回申请。")
    return [one for one in asked if one in approved]


def pages_mark(pages: Collection[PageKey]) -> str:
    """Return the sha256 over which pages these are, in whatever order, for the trail."""
    return hashlib.sha256("\n".join(f"{item} {page}" for item, page in sorted(pages)).encode()).hexdigest()
