"""What a wish names, found in the records: pages of one household file, with how guarded they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.borrowing import matrix, rules
from archive_service.borrowing.matrix import Limits, Way
from archive_service.borrowing.rules import PageKey
from archive_service.errors import Invalid, NotFound
from archive_service.holds.queries import holding
from archive_service.households.tables import CaseFile, HouseholdFile, Item, Page
from archive_service.restricted.queries import lasting, refusal, restricted


@dataclass(frozen=True)
class Wish:
    """One line of a basket: a whole file, or a case, or papers of it by number, or pages of one paper."""

    account_no: str
    #: screen, print, copy or paper.
    way: str
    #: Working days for paper, 24 hours each otherwise.
    days: int
    application_no: str | None = None
    item_nos: Sequence[int] = ()
    #: From 1; only with one paper.
    pages: Sequence[int] = ()
    #: Pages to print, for the way that prints.
    prints: int = 0
    unmasked: bool = False


@dataclass(frozen=True)
class Found:
    """A wish with the pages that it means."""

    household_id: int
    account_no: str
    unit_id: int
    way: Way
    days: int
    prints: int
    unmasked: bool
    pages: tuple[PageKey, ...]
    #: Of the most guarded paper among them.
    sensitivity: str


def find(session: Session, wish: Wish, limits: Limits) -> Found:
    """Return what a wish means. Raises NotFound, Invalid for what cannot be asked, Refused for paper not at hand.

    Whoever may borrow may ask for any file whose account number they know: another unit's head decides about it.
    """
    way = rules.way_of(wish.way)
    head = session.scalar(select(HouseholdFile).where(HouseholdFile.account_no == wish.account_no))
    if head is None:
        raise NotFound("household.not-found", "没有这个户档案，或者您无权查看。请核对户号后再试。")
    rows = _papers(session, head, wish)
    if wish.pages and (way is Way.PAPER or len(wish.item_nos) != 1):
        raise Invalid("loan.paper-pages", "原件按份借出，单页只能在一份资料中选择。请改选整份资料或屏幕阅览。")
    held = holding(session, [item.id for item, _ in rows]) if way is Way.PAPER else {}
    for item, state in rows if way is Way.PAPER else ():
        rules.check_not_held(held=item.id in held, account_no=head.account_no)
        rules.check_paper_at_hand(state, withdrawn=item.state != "filed", account_no=head.account_no)
    return Found(
        household_id=head.id,
        account_no=head.account_no,
        unit_id=head.unit_id,
        way=way,
        days=rules.check_days(limits, way, wish.days),
        prints=rules.check_prints(limits, way, wish.prints),
        unmasked=wish.unmasked or way is Way.PAPER,
        pages=_pages(session, [item.id for item, _ in rows], wish),
        sensitivity=matrix.most_guarded({item.sensitivity for item, _ in rows}),
    )


def _papers(session: Session, head: HouseholdFile, wish: Wish) -> list[tuple[Item, str | None]]:
    wanted = (
        select(Item, CaseFile.state)
        .outerjoin(CaseFile, CaseFile.id == Item.case_id)
        .where(Item.household_id == head.id)
        .order_by(Item.item_no)
    )
    if wish.application_no is not None:
        wanted = wanted.where(CaseFile.application_no == wish.application_no)
    numbers = set(wish.item_nos)
    # A whole file is asked for without the papers that are stored only; naming one of those is refused.
    whole = wanted.where(Item.state == "filed", ~lasting(Item.id))
    wanted = wanted.where(Item.item_no.in_(numbers)) if numbers else whole
    rows: list[tuple[Item, str | None]] = [(item, state) for item, state in session.execute(wanted)]
    if not rows or len(rows) < len(numbers) or any(item.state != "filed" for item, _ in rows):
        raise NotFound("loan.papers-not-found", "有资料不在这个户的档案里，或已撤回。请刷新页面后重新选择。")
    if restricted(session, [item.id for item, _ in rows]):
        raise refusal()
    return rows


def _pages(session: Session, item_ids: Sequence[int], wish: Wish) -> tuple[PageKey, ...]:
    wanted = select(Page.item_id, Page.page_no).where(Page.item_id.in_(item_ids)).order_by(Page.item_id, Page.page_no)
    chosen = set(wish.pages)
    if chosen:
        wanted = wanted.where(Page.page_no.in_(chosen))
    found = tuple((item, page) for item, page in session.execute(wanted))
    if len(found) < len(chosen):
        raise NotFound("item.page-not-found", "这份文件没有这一页。请核对页码后再试。")
    return found
