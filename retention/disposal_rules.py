"""What may be done with a review list, by whom and when: pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from archive_service.errors import Invalid, NotPermitted, Refused


class State(StrEnum):
    """How far a list is."""

    OPEN = "open"
    PROPOSED = "proposed"
    APPROVED = "approved"
    PLANNED = "planned"
    EXECUTING = "executing"
    DONE = "done"
    DROPPED = "dropped"


class Opinion(StrEnum):
    """What is thought right for an item whose retention is over."""

    DESTROY = "destroy"
    EXTEND = "extend"
    PERMANENT = "permanent"


#: Years by which an item can be kept longer at once.
MOST_YEARS = 50
#: The audit trail of an archive in use has entries at least so often; a longer silence since the approval means that
#: the clock was moved.
SILENCE = timedelta(days=14)
#: So much may the clocks of two machines differ.
_SKEW = timedelta(minutes=10)
_SHORTEST, _LONGEST = 4, 200


@dataclass(frozen=True)
class Planned:
    """An item that a plan destroys."""

    item_id: int
    code: str
    content_hash: str


@dataclass(frozen=True)
class PageBytes:
    """What a page of an item is made of, for `content_hash`."""

    page_no: int
    original: str
    original_page: int
    image: str


def content_hash(pages: Iterable[PageBytes]) -> str:
    """Return the sha256 over what an item holds: pages in their order, with the originals and images that they name."""
    lines = [f"{one.page_no} {one.original} {one.original_page} {one.image}" for one in pages]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def plan_digest(number: str, items: Iterable[Planned]) -> str:
    """Return the sha256 of a plan: the register number, and code and content of each item that it destroys."""
    told = [[one.item_id, one.code, one.content_hash] for one in sorted(items, key=lambda one: one.item_id)]
    text = json.dumps([number, told], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def check_state(state: str, *wanted: State) -> None:
    """Refuse what a list in this state does not allow."""
    if state not in wanted:
        raise Refused(
            "disposal.state",
            "这份鉴定清单不在这一步，没有改动。请刷新页面查看它到了哪一步。",
            state=state,
        )


def check_opinion(opinion: str, years: int | None, reason: str) -> tuple[Opinion, int | None, str]:
    """Return an opinion that can be kept. Raises Invalid; to keep something longer or for good needs a reason."""
    if opinion not in set(Opinion):
        raise Invalid("disposal.opinion", "请选择销毁、延长保管或永久保管。")
    said, chosen = " ".join(reason.split()), Opinion(opinion)
    if chosen is not Opinion.DESTROY and not _SHORTEST <= len(said) <= _LONGEST:
        raise Invalid("disposal.reason", f"请写明理由，{_SHORTEST} 至 {_LONGEST} 个字。")
    if len(said) > _LONGEST:
        raise Invalid("disposal.reason", f"理由最多 {_LONGEST} 个字。请写短一些。")
    if chosen is not Opinion.EXTEND:
        return chosen, None, said
    if years is None or not 1 <= years <= MOST_YEARS:
        raise Invalid("disposal.years", f"请填写延长的年数，1 至 {MOST_YEARS}。")
    return chosen, years, said


def check_all_said(unsaid: int) -> None:
    """Refuse to propose a list on which an item has no opinion."""
    if unsaid:
        raise Refused("disposal.unsaid", f"还有 {unsaid} 件没有鉴定意见。请逐件给出意见后再提交。", unsaid=unsaid)


def check_approver(person_id: int | None, *, others: Collection[int | None]) -> None:
    """Refuse an approver who made, judged or proposed the list. `others` are they. Raises NotPermitted."""
    if person_id is None:
        raise NotPermitted("disposal.person", "审批和监销必须由登录的人员本人办理。请登录后办理。")
    if person_id in others:
        raise NotPermitted("disposal.own-list", "您参与了这份清单的鉴定，不能再审批。请由另一位负责人审批。")


def check_witness(
    person_id: int | None, *, approver: int | None, requesters: Collection[int | None], first: int | None
) -> None:
    """Refuse a witness who approved, proposed or asked for the execution, or who has witnessed already.

    Raises NotPermitted.
    """
    if person_id is None:
        raise NotPermitted("disposal.person", "审批和监销必须由登录的人员本人办理。请登录后办理。")
    if person_id == approver:
        raise NotPermitted("disposal.witness-approved", "您审批了这份清单，不能监销。请另选一位监销人。")
    if person_id in requesters:
        raise NotPermitted("disposal.witness-asked", "您提出了鉴定或申请了执行，不能监销。请另选一位监销人。")
    if person_id == first:
        raise NotPermitted("disposal.witness-twice", "您已经监销签字。第二位监销人必须是另一个人。")


def check_moment(now: datetime, *, last: datetime) -> None:
    """Refuse to act at a moment before the last thing that is on record."""
    if now < last - _SKEW:
        raise Refused(
            "disposal.clock-back",
            "系统时间早于最近的审计记录，时钟可能被改过，没有办理。请先校准系统时钟。",
            now=now.isoformat(),
            last=last.isoformat(),
        )


def silent_since(at: Callable[[int], datetime], first: int, last: int, *, until: datetime) -> datetime | None:
    """Return the moment behind which nothing was on record for longer than an archive is silent, or none.

    `at` gives the moment of each entry of the trail, of which `first` is the approval; looks at few of them, halving.
    """
    if until - at(last) > SILENCE:
        return at(last)
    spans = [(first, last)]
    while spans:
        low, high = spans.pop()
        if at(high) - at(low) <= SILENCE:
            continue
        if high - low <= 1:
            return at(low)
        middle = (low + high) // 2
        spans += [(low, middle), (middle, high)]
    return None


def check_waited(today: date, *, from_day: date | None, silent: datetime | None) -> None:
    """Refuse an execution before the waiting period is over, or one that only a moved clock lets seem over."""
    if from_day is None or today < from_day:
        raise Refused(
            "disposal.waiting",
            f"等待期未满，{from_day} 起才能执行。请到期后再申请执行。",
            from_day=str(from_day),
        )
    if silent is not None:
        raise Refused(
            "disposal.clock-forward",
            f"{silent:%Y-%m-%d} 之后有两周以上没有任何审计记录，时钟可能被拨快过，没有执行。"
            "请校准时钟；确认无误后退回清单重新审批，等待期重新计算。",
            silent_since=silent.isoformat(),
        )


def check_plan(shown: str, planned: str) -> None:
    """Refuse to sign for another plan than the one that stands."""
    if shown != planned:
        raise Refused(
            "disposal.other-plan",
            "您看到的执行计划已经变了，没有签字。请重新打印计划，核对后再签。",
            plan=planned,
        )


def kept_until(due_on: date, years: int) -> date:
    """Return the day on which an item that is kept `years` longer is due again, the last of all behind it."""
    if due_on.year + years > date.max.year:
        return date.max
    try:
        return due_on.replace(year=due_on.year + years)
    except ValueError:
        # The 29th of February.
        return date(due_on.year + years, 3, 1)
